import { describe, expect, test } from 'vitest';
import { put32, u32 } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { type Instant, microseconds, milliseconds, START, seconds } from '../../src/base/time.ts';
import { Cable } from '../../src/cable/cable.ts';
import { ImpairedPlug, type Impairments } from '../../src/cable/impairments.ts';
import { lineFrame, run, Witness } from './station.ts';

const seed = Number(process.env['SEED'] ?? 1);
const FRAMES = 20_000;

/** Sends numbered frames of 126 octets back to back through an impaired cable. */
function send(impairments: Impairments, frames = FRAMES) {
  const cable = new Cable({ speed: 100, delay: microseconds(0) });
  const plug = new ImpairedPlug(cable.b, new Random(seed), impairments);
  const [sender, receiver] = [new Witness(cable.a), new Witness(plug)];
  cable.poll(START);
  for (let n = 0; n < frames; n++) {
    const frame = lineFrame(100);
    put32(frame, 22, n);
    sender.queue.push(frame);
  }
  sender.plug.transmit(sender.queue.shift() as Uint8Array, START);
  run([cable, plug], seconds(60));
  return {
    received: receiver.received,
    numbers: receiver.received.map(({ octets }) => u32(octets, 22)),
    counters: plug.counters,
  };
}

/** Within four standard deviations of a binomial: one seed in 16,000 fails. */
const about = (n: number, p: number) => {
  const spread = 4 * Math.sqrt(n * p * (1 - p));
  return { from: n * p - spread, to: n * p + spread };
};
const expectAbout = (value: number, n: number, p: number): void => {
  expect(value).toBeGreaterThan(about(n, p).from);
  expect(value).toBeLessThan(about(n, p).to);
};

describe(`an impaired plug (SEED=${seed})`, () => {
  test('without impairments passes everything, in order and at its time', () => {
    const { received, numbers } = send({}, 100);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(received[99]?.at).toBeCloseTo((100 * 126 * 8 + 99 * 96) / 100, 6);
  });

  test('loses its share and counts it', () => {
    const { numbers, counters } = send({ loss: 0.1 });
    expectAbout(counters.lost, FRAMES, 0.1);
    expect(numbers).toHaveLength(FRAMES - counters.lost);
  });

  test('doubles its share, one right behind the other', () => {
    const { numbers, counters } = send({ duplication: 0.05 });
    expectAbout(counters.duplicated, FRAMES, 0.05);
    const doubles = numbers.filter((n, i) => n === numbers[i - 1]);
    expect(doubles).toHaveLength(counters.duplicated);
    expect(numbers).toHaveLength(FRAMES + counters.duplicated);
  });

  test('holds its share back so that later frames overtake it, by the delay that is asked for', () => {
    const { received, numbers, counters } = send({ reordering: 0.02, reorderDelay: microseconds(500) });
    expectAbout(counters.reordered, FRAMES, 0.02);
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
    const line = (126 * 8 + 96) / 100;
    const late = received.filter(({ octets, at }) => at - (u32(octets, 22) * line + 10.08) > 499.9);
    expect(late).toHaveLength(counters.reordered);
    expect(numbers.some((n, i) => n < (numbers[i - 1] ?? 0))).toBe(true);
  });

  test('turns bits over at the rate that is asked for, each bit by itself, and says how many', () => {
    const { received, counters } = send({ bitErrors: 1e-4 });
    let bits = 0;
    let damaged = 0;
    const perOctet = new Array<number>(8).fill(0);
    received.forEach(({ octets }, n) => {
      const right = lineFrame(100);
      put32(right, 22, n);
      let wrong = 0;
      octets.forEach((octet, i) => {
        for (let bit = 0; bit < 8; bit++) {
          if ((((octet ^ (right[i] as number)) >> bit) & 1) === 0) continue;
          wrong++;
          perOctet[bit] = (perOctet[bit] as number) + 1;
        }
      });
      bits += wrong;
      if (wrong > 0) damaged++;
    });
    expectAbout(bits, FRAMES * 126 * 8, 1e-4);
    expectAbout(damaged, FRAMES, 1 - (1 - 1e-4) ** (126 * 8));
    for (const count of perOctet) expectAbout(count, FRAMES * 126, 1e-4);
    expect(counters).toMatchObject({ bits, damaged });
  });

  test('a bit error rate of 1 turns every bit over', () => {
    const { received } = send({ bitErrors: 1 }, 2);
    expect(received[1]?.octets.slice(0, 8)).toEqual(Uint8Array.of(0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0x2a));
  });

  test('jitter delays within its bound and keeps the order', () => {
    const { received, numbers } = send({ jitter: milliseconds(2) });
    expect(numbers).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
    const line = (126 * 8 + 96) / 100;
    const delays = received.map(({ at }, n) => at - (n * line + 10.08));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(-1e-6);
    expect(Math.max(...delays)).toBeLessThan(2000);
    expect(Math.max(...delays)).toBeGreaterThan(1900);
  });

  test('holds no more than its capacity: what goes over is lost and counted', () => {
    const { numbers, counters } = send({ reordering: 1, reorderDelay: seconds(1), capacity: 1024 }, 20);
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(counters.full).toBe(12);
  });

  test('the same seed does the same', () => {
    const options = { loss: 0.1, duplication: 0.1, reordering: 0.1, bitErrors: 1e-4, jitter: milliseconds(1) };
    expect(send(options, 500)).toEqual(send(options, 500));
  });

  test('what the station sends passes, and so does the state of the line', () => {
    const cable = new Cable({ speed: 10 });
    const plug = new ImpairedPlug(cable.b, new Random(seed), { loss: 1 });
    const [other, station] = [new Witness(cable.a), new Witness(plug)];
    cable.poll(START);
    plug.transmit(lineFrame(46), START);
    run([cable, plug], milliseconds(1));
    cable.cut();
    cable.poll(1000 as Instant);
    expect(other.received).toHaveLength(1);
    expect(station.ended).toMatchObject([{ outcome: { kind: 'sent' } }]);
    expect(station.states).toEqual([{ up: false, speed: 10, duplex: 'full' }]);
  });

  test.for([
    ['loss', { loss: 1.5 }],
    ['bitErrors', { bitErrors: -1 }],
    ['reordering', { reordering: Number.NaN }],
  ] as const)('refuses a %s that is no probability', ([name, impairments]) => {
    expect(() => new ImpairedPlug(new Cable().a, new Random(seed), impairments)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(name) }),
    );
  });
});
