/** The LAN8720 module as a whole: clock, power, link, loopback, half duplex, and a real cable behind it. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import type { Instant } from '../../../src/base/time.ts';
import { Cable } from '../../../src/cable/cable.ts';
import { Lan8720 } from '../../../src/emulator/lan8720/lan8720.ts';
import { PIN } from '../../../src/emulator/pins.ts';
import { asLine, lineFrame, Witness } from '../../cable/station.ts';
import { FakePins } from './fake-pins.ts';
import { DOWN, HALF, PhyLab, UP } from './phy-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const random = new Random(seed);
const noise = (length: number): Uint8Array => asLine(random.fill(new Uint8Array(length)));
const DIBIT = 200;
const ONE = 120e3;
const RESTART = 2e6;
const SILENCE = 0x1_ffff;

describe('REF_CLK', () => {
  test('is 50 MHz, and its coming and going is told', () => {
    const lab = new PhyLab();
    const seen: number[] = [];
    lab.phy.onReferenceChange = () => seen.push(lab.phy.referenceHz);
    expect(lab.phy.referenceHz).toBe(50e6);
    lab.phy.setReference(false);
    lab.phy.setReferenceWire(false);
    lab.phy.setReference(true);
    lab.phy.setReferenceWire(true);
    lab.phy.setPower(false);
    lab.phy.setPower(true);
    expect(seen).toEqual([0, 50e6, 0, 50e6]);
  });

  test('when it is missing at the module, nothing moves: no frame either way, no answer on MDIO', () => {
    const lab = new PhyLab();
    lab.phy.setReference(false);
    expect(lab.phy.next).toBe(Number.POSITIVE_INFINITY);
    const { length } = lab.pins.heard;
    lab.hear(lineFrame(46));
    lab.pins.send(lineFrame(46));
    lab.pins.pass(ONE);
    expect(lab.pins.heard).toHaveLength(length);
    expect(lab.plug.taken).toEqual([]);
    expect(lab.management.read(1, 2)).toBe(SILENCE);
    expect(lab.drops).toEqual([{ reason: 'phy:no-reference', bytes: lineFrame(46) }]);
  });

  test('when its wire is off, only the chip has none: the PHY answers', () => {
    const lab = new PhyLab();
    lab.phy.setReferenceWire(false);
    expect(lab.phy.referenceHz).toBe(0);
    expect(lab.management.read(1, 2)).toBe(0x0007);
  });

  test('comes back: the link is negotiated again, and frames pass as before', () => {
    const lab = new PhyLab();
    lab.hear(lineFrame(46));
    lab.hear(lineFrame(46));
    lab.pins.pass(20e3);
    lab.phy.setReference(false);
    const { length } = lab.pins.heard;
    lab.pins.pass(12_345_678.9);
    expect(lab.pins.heard).toHaveLength(length);
    lab.phy.setReference(true);
    const restart = lab.pins.now;
    expect(lab.pins.heard.at(-1)).toMatchObject({ crsDv: false, rxd: 0 });
    expect(lab.reasons).toEqual(['phy:no-reference', 'phy:no-reference']);
    expect(lab.phy.mode).toBeUndefined();
    lab.pins.pass(RESTART);
    const frame = noise(60);
    lab.pins.send(frame);
    lab.hear(frame);
    lab.pins.pass(ONE);
    expect(lab.plug.taken).toEqual([frame]);
    expect(lab.pins.frames().at(-1)?.octets).toEqual(frame);
    // The PHY counts its ten clocks from the first.
    expect(((lab.pins.heard.at(-1)?.at ?? 0) - restart - 14) % DIBIT).toBeCloseTo(0, 3);
  });

  test('goes in the middle of a transmission: the rest of it is no frame', () => {
    const lab = new PhyLab();
    lab.pins.set(PIN.txEn, true);
    lab.pins.pass(10e3);
    lab.phy.setReference(false);
    lab.pins.pass(10e3);
    lab.pins.set(PIN.txEn, false);
    lab.phy.setReference(true);
    lab.pins.pass(RESTART);
    expect(lab.plug.taken).toEqual([]);
    const frame = noise(60);
    lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([frame]);
  });
});

describe('power', () => {
  test('off: the partner loses the link; on: registers as at the start, and a new link', () => {
    const lab = new PhyLab();
    lab.management.write(1, 4, 0x0061);
    lab.phy.setPower(false);
    expect(lab.plug.station).toBeUndefined();
    expect(lab.management.read(1, 2)).toBe(SILENCE);
    expect(lab.phy.mode).toBeUndefined();
    lab.phy.setPower(true);
    expect(lab.plug.station).toBe(lab.phy);
    lab.pins.pass(RESTART);
    expect(lab.management.read(1, 4)).toBe(0x01e1);
    expect(lab.phy.mode).toEqual({ speed: 10, duplex: 'full' });
  });
});

test('of a transmission that began before power went nobody is told', () => {
  const lab = new PhyLab();
  lab.plug.isFree = false;
  lab.pins.send(lineFrame(46));
  lab.phy.setPower(false);
  lab.phy.setPower(true);
  lab.plug.end({ kind: 'sent', deferred: false });
  expect(lab.phy.counters.transmitted).toBe(0);
});

describe('the link', () => {
  test('comes when the partner comes, and goes with it', () => {
    const lab = new PhyLab({ line: DOWN });
    expect(lab.phy.mode).toBeUndefined();
    lab.plug.become(UP);
    lab.pins.pass(RESTART);
    expect(lab.phy.mode).toEqual({ speed: 10, duplex: 'full' });
    lab.plug.become(DOWN);
    expect(lab.phy.mode).toBeUndefined();
  });

  test('on a cable that runs at 100 Mb/s is one of 10 when ANAR offers no more', () => {
    const lab = new PhyLab({ line: { up: true, speed: 100, duplex: 'full' } });
    expect(lab.phy.mode).toEqual({ speed: 100, duplex: 'full' });
    lab.management.write(1, 4, 0x0061);
    lab.management.write(1, 0, 0x1200);
    lab.pins.pass(RESTART);
    expect(lab.phy.mode).toEqual({ speed: 10, duplex: 'full' });
    const frame = noise(60);
    lab.pins.send(frame);
    lab.hear(frame);
    lab.pins.pass(ONE);
    expect(lab.plug.taken).toEqual([frame]);
    expect(lab.pins.frames()[0]?.octets).toEqual(frame);
  });
});

describe('0.14 Loopback', () => {
  test.for([
    ['0x4100', 'full', DOWN],
    ['0x4000', 'half', DOWN],
    ['0x4100', 'full', UP],
  ] as const)(
    `BMCR %s, %s duplex: what is sent comes back meanwhile, and nothing goes to the cable (SEED=${seed})`,
    ([control, , line]) => {
      const lab = new PhyLab({ line, phase: 4 });
      lab.management.write(1, 0, Number(control));
      const start = lab.pins.now;
      const frames = [noise(60), noise(1_514), noise(60)];
      for (const frame of frames) lab.pins.send(frame);
      const heard = lab.pins.frames();
      expect(heard.map(({ octets }) => octets)).toEqual(frames);
      expect(lab.plug.taken).toEqual([]);
      expect(lab.drops).toEqual([]);
      // While TX_EN is still up: a MAC in half duplex must not take it for a collision.
      expect((heard[0]?.rise ?? 0) - start).toBeLessThanOrEqual(DIBIT);
      expect((heard[0]?.fall ?? 0) - start).toBeLessThan((4 * (frames[0]?.length ?? 0) + 6) * DIBIT);
    },
  );

  test.for([
    [0, 0],
    [1, 0],
    [12, 0],
    [4, 16],
  ] as const)(
    'with a lead of %i, and a preamble of which %i di-bits are lost on the line only',
    ([lead, lostPreamble]) => {
      const lab = new PhyLab({ lead, lostPreamble });
      lab.management.write(1, 0, 0x4100);
      const frame = noise(60);
      lab.pins.send(frame);
      expect(lab.pins.frames()[0]?.octets).toEqual(frame);
    },
  );

  test('at 100 Mb/s nothing comes back', () => {
    const lab = new PhyLab();
    lab.management.write(1, 0, 0x6100);
    lab.pins.send(lineFrame(46));
    expect(lab.pins.frames()).toEqual([]);
    expect(lab.reasons).toEqual(['phy:speed']);
  });

  test('of a jabber ends when the PHY stops it', () => {
    const lab = new PhyLab();
    lab.management.write(1, 0, 0x4100);
    lab.pins.set(PIN.txEn, true);
    lab.pins.pass(50e6);
    const [heard] = lab.pins.frames();
    expect((heard?.fall ?? 0) - (heard?.rise ?? 0)).toBeCloseTo(45e6 + 4 * DIBIT + 14, 3);
    lab.pins.set(PIN.txEn, false);
    lab.pins.pass(ONE);
    expect(lab.pins.frames()).toHaveLength(1);
  });

  test('ends with its bit: then frames pass again', () => {
    const lab = new PhyLab();
    lab.management.write(1, 0, 0x4100);
    lab.pins.send(lineFrame(46));
    lab.management.write(1, 0, 0x3200);
    lab.pins.pass(RESTART);
    const frame = noise(60);
    lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([frame]);
  });
});

describe('half duplex', () => {
  test.for([0, 1, 40, 256])(
    'another station is heard from di-bit %i on: the frame is lost, a fragment is traced',
    (at) => {
      const lab = new PhyLab({ line: HALF });
      lab.phy.collide(at);
      const frame = noise(60);
      lab.pins.runUntil(Math.ceil(lab.pins.now / DIBIT) * DIBIT);
      const start = lab.pins.now;
      // The MAC stops 20 di-bits later, within an octet.
      lab.pins.send(frame, Math.min(at + 21, 4 * frame.length));
      const [heard] = lab.pins.frames();
      expect(((heard?.rise ?? 0) - start) / DIBIT).toBeGreaterThanOrEqual(at);
      expect(((heard?.rise ?? 0) - start) / DIBIT).toBeLessThanOrEqual(at + 1);
      expect(lab.plug.taken).toEqual([]);
      expect(lab.drops).toEqual([{ reason: 'phy:collision', bytes: frame.subarray(0, (at + 21) >> 2) }]);
      // And only this one.
      lab.pins.pass(ONE);
      lab.pins.send(frame);
      expect(lab.plug.taken).toEqual([frame]);
    },
  );

  test('can be told within the transmission', () => {
    const lab = new PhyLab({ line: HALF });
    lab.pins.set(PIN.txEn, true);
    lab.pins.pass(10 * DIBIT);
    lab.phy.collide(50);
    lab.pins.pass(100 * DIBIT);
    lab.pins.set(PIN.txEn, false);
    lab.pins.pass(DIBIT);
    expect(lab.reasons).toEqual(['phy:collision']);
    const [heard] = lab.pins.frames();
    expect(heard?.dibits).toBe(48);
  });

  test('a MAC that does not wait for the end of a frame collides with it', () => {
    const lab = new PhyLab({ line: HALF });
    lab.hear(lineFrame(46));
    lab.pins.pass(20e3);
    lab.pins.send(lineFrame(46));
    expect(lab.reasons).toEqual(['phy:collision']);
  });

  test('a frame that begins within a transmission collides with it; in full duplex both pass', () => {
    for (const [line, passed] of [
      [HALF, 0],
      [UP, 1],
    ] as const) {
      const lab = new PhyLab({ line });
      lab.pins.set(PIN.txEn, true);
      lab.pins.pass(10e3);
      lab.hear(lineFrame(46));
      lab.pins.pass(10e3);
      lab.pins.set(PIN.txEn, false);
      lab.pins.pass(ONE);
      expect(lab.plug.taken).toHaveLength(passed);
      expect(lab.pins.frames()[0]?.octets).toEqual(lineFrame(46));
    }
  });

  test.for([
    [HALF, true, true],
    [HALF, false, false],
    [UP, true, false],
  ] as const)('CRS_DV follows the own transmission only if asked to (%o, %s)', ([line, ownCarrier, follows]) => {
    const lab = new PhyLab({ line, ownCarrier });
    lab.pins.send(lineFrame(46));
    expect(lab.pins.frames()).toHaveLength(follows ? 1 : 0);
    expect(lab.plug.taken).toEqual([lineFrame(46)]);
    expect(lab.pins.heard.at(-1)?.crsDv ?? false).toBe(false);
  });
});

describe('on a simulated cable of 10 Mb/s', () => {
  test(`frames pass both ways at once, at line rate (SEED=${seed})`, () => {
    const cable = new Cable({ speed: 10 });
    const pins = new FakePins();
    const phy = new Lan8720({ pins, plug: cable.a, negotiation: 1e6 });
    const other = new Witness(cable.b);
    pins.add(phy);
    pins.add({
      get next() {
        return (cable.nextDeadline() ?? Number.POSITIVE_INFINITY) * 1_000;
      },
      // A time that goes from µs to ns and back may have become a little less.
      run: (now) => cable.poll(Math.max(cable.nextDeadline() ?? 0, now / 1_000) as Instant),
    });
    pins.pass(RESTART);
    expect(phy.mode).toEqual({ speed: 10, duplex: 'full' });
    const there = Array.from({ length: 10 }, () => noise(60 + random.below(400)));
    const back = Array.from({ length: 10 }, () => noise(60 + random.below(400)));
    other.queue.push(...back.slice(1));
    cable.b.transmit(back[0] as Uint8Array, (pins.now / 1_000) as Instant);
    for (const frame of there) pins.send(frame);
    pins.pass(20e6);
    expect(other.received.map(({ octets }) => octets)).toEqual(there);
    expect(pins.frames().map(({ octets }) => octets)).toEqual(back);
    expect(phy.counters).toMatchObject({ transmitted: 10, received: 10, transmitDropped: 0, receiveDropped: 0 });
    expect(phy.shortestGap).toBe(96);
    cable.cut();
    pins.pass(1e6);
    expect(phy.mode).toBeUndefined();
    cable.mend();
    pins.pass(RESTART);
    expect(phy.mode).toEqual({ speed: 10, duplex: 'full' });
  });
});
