/** The line side of the kept image: byte-exact both ways, at every phase of the PHY, and what half duplex asks of a board. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { after, type Duration, type Instant, milliseconds, seconds } from '../../src/base/time.ts';
import { board, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import type { LineState } from '../../src/cable/plug.ts';
import type { Lan8720Options } from '../../src/emulator/lan8720/lan8720.ts';
import { rawFrame } from '../contract/tap-plug.ts';
import { PicoBus } from './pico-bus.ts';
import { LineRate } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const FULL = board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex');
const HALF = board.mask('CONTROL', 'rxEnable', 'txEnable');

class HalfDuplex extends LineRate {
  override readonly state: LineState = { up: true, speed: 10, duplex: 'half' };
}

class Bench {
  readonly plug: LineRate;
  readonly bus: PicoBus;
  readonly received: Uint8Array[] = [];
  readonly outcomes: number[] = [];
  #now = 0 as Instant;

  constructor(phy: Partial<Lan8720Options>, control: number) {
    this.plug = control === HALF ? new HalfDuplex() : new LineRate();
    this.bus = new PicoBus({ plug: this.plug, line: 'usb', seed, phy: { negotiation: 1e6, ...phy } });
    this.bus.attach({
      onOpen: () => {},
      onLost: () => {},
      onEvent: (event) => {
        if (event.kind === 'received') this.received.push(event.bytes.slice());
        if (event.kind === 'transmitted') this.outcomes.push(event.status);
      },
    });
    this.until(() => this.bus.isOpen && this.bus.board.phy.mode !== undefined);
    this.pass(milliseconds(60));
    this.bus.write(R.CONTROL.address, control);
    this.pass(milliseconds(2));
  }
  until(isDone: () => boolean, within: Duration = seconds(2)): void {
    for (const end = after(this.#now, within); !isDone(); ) {
      if (this.#now > end) throw new Error(`not in time: ${isDone}`);
      this.pass(20 as Duration);
    }
  }
  pass(time: Duration): void {
    for (const end = after(this.#now, time); this.#now < end; ) {
      this.plug.poll(this.#now);
      this.bus.poll(this.#now);
      const next = Math.min(this.bus.nextDeadline() ?? end, this.plug.nextDeadline() ?? end, end);
      this.#now = Math.max(next, this.#now) as Instant;
    }
  }
  send(octets: Uint8Array): void {
    this.bus.writeBlock(0x4000, octets);
    this.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: octets.length, buffer: 0 }));
  }
}

const frames = (count: number, octets: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Random(seed + i).fill(new Uint8Array(octets - 4)));

test.for([
  ...Array.from({ length: 10 }, (_, phase): [string, Partial<Lan8720Options>] => [`phase ${phase}`, { phase }]),
  ['no lead of 00', { lead: 0 }],
  ['a lead of 20 di-bits', { lead: 20 }],
  ['a carrier that ends with the data', { toggles: 0 }],
  ['a carrier that toggles for 5 nibbles', { toggles: 5 }],
  ['gaps of 12 di-bits', { gap: 12 }],
  ['gaps of 3 di-bits', { gap: 3 }],
] as const)('frames of 64 and 1,518 octets go and come byte by byte with %s', ([, phy]) => {
  const bench = new Bench(phy, FULL);
  const all = [...frames(4, 64), ...frames(1, 1_518)];
  bench.plug.begin(all.length, (number) => all[number] as Uint8Array);
  bench.until(() => bench.received.length === all.length);
  expect(bench.received).toEqual(all.map((frame) => rawFrame(frame)));
  for (const frame of all) {
    const sent = bench.plug.taken.length;
    bench.send(rawFrame(frame));
    bench.until(() => bench.plug.taken.length > sent && bench.outcomes.length > sent);
  }
  expect(bench.plug.taken).toEqual(all.map((frame) => rawFrame(frame)));
  expect(new Set(bench.outcomes)).toEqual(new Set([board.mask('TX_STATUS', 'sent')]));
});

test.for([1, 2, 3, 27, 29, 30])('%i di-bits of lost preamble: the octets still begin where the SFD ends', (lost) => {
  const bench = new Bench({ lostPreamble: lost }, FULL);
  const [frame] = frames(1, 64) as [Uint8Array];
  bench.plug.begin(1, () => frame);
  bench.until(() => bench.received.length === 1);
  expect(bench.received[0]).toEqual(rawFrame(frame).subarray(lost >> 2));
});

describe('in half duplex', () => {
  test('a collision is told with its bit, jammed, and not received', () => {
    const bench = new Bench({}, HALF);
    bench.bus.board.phy.collide(100);
    bench.send(rawFrame(frames(1, 1_000)[0] as Uint8Array));
    bench.until(() => bench.outcomes.length === 1);
    const status = bench.outcomes[0] as number;
    expect(status & board.mask('TX_STATUS', 'collision')).not.toBe(0);
    expect(status & board.mask('TX_STATUS', 'bit')).toBeGreaterThanOrEqual(200);
    expect(status & board.mask('TX_STATUS', 'bit')).toBeLessThan(204);
    // The next attempt is whole: nothing of the first one was left anywhere.
    const again = rawFrame(frames(1, 64)[0] as Uint8Array);
    bench.send(again);
    bench.until(() => bench.outcomes.length === 2);
    bench.pass(milliseconds(1));
    expect(bench.plug.taken).toEqual([again]);
  });
  test('a busy line is waited for, and the frame tells that it did', () => {
    const bench = new Bench({}, HALF);
    bench.plug.begin(4, () => frames(1, 1_518)[0] as Uint8Array);
    bench.pass(milliseconds(1.5));
    const out = rawFrame(frames(1, 64)[0] as Uint8Array);
    bench.send(out);
    bench.until(() => bench.outcomes.length === 1);
    expect((bench.outcomes[0] as number) & board.mask('TX_STATUS', 'deferred')).not.toBe(0);
  });
});
