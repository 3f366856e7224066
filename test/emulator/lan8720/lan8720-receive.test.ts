/** The LAN8720 model's receive side: the cable to CRS_DV and RXD. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { asLine, lineFrame } from '../../cable/station.ts';
import { PhyLab, UP } from './phy-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const random = new Random(seed);
const noise = (length: number): Uint8Array => asLine(random.fill(new Uint8Array(length)));
const DIBIT = 200;
/** Long enough for a frame of 64 octets and its gap. */
const ONE = 120e3;

describe('a frame from the cable is driven onto the pins', () => {
  test.for([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    `at phase %i: RXD changes once in ten REF_CLKs, CRS_DV rises whenever it does (SEED=${seed})`,
    (phase) => {
      const lab = new PhyLab({ phase });
      for (let i = 0; i < 5; i++) {
        lab.pins.pass(random.below(1_000) / 7);
        const frame = noise(60);
        const at = lab.pins.now;
        const from = lab.pins.heard.length;
        lab.hear(frame);
        lab.pins.pass(ONE);
        const heard = lab.pins.frames().at(-1);
        expect(heard?.octets).toEqual(frame);
        expect(heard?.rise).toBe(at);
        // On the PHY's grid, and valid behind REF_CLK's edge.
        const edges = lab.pins.heard.slice(from + 1).map((each) => (each.at - 14 - phase * 20) % DIBIT);
        expect(Math.max(...edges)).toBeLessThan(0.01);
      }
      expect(lab.phy.counters).toMatchObject({ received: 5, receiveDropped: 0 });
    },
  );

  test.for([0, 1, 2, 3, 4, 5])('and CRS_DV toggles on the last %i nibbles while the FIFO drains', (toggles) => {
    const lab = new PhyLab({ toggles, lead: 0 });
    const frame = noise(60);
    lab.hear(frame);
    lab.pins.pass(ONE);
    const [heard] = lab.pins.frames();
    expect(heard?.octets).toEqual(frame);
    expect(heard?.falls).toBe(toggles + 1);
    const first = lab.pins.heard.find(({ crsDv }, i) => !crsDv && lab.pins.heard[i - 1]?.crsDv);
    // Low first on a nibble's first di-bit, and for the last time behind the frame.
    const data = lab.pins.heard.find(({ rxd }) => rxd !== 0)?.at ?? 0;
    expect((first?.at ?? 0) - data).toBeCloseTo((4 * frame.length - 2 * toggles) * DIBIT, 3);
    expect((heard?.fall ?? 0) - data).toBeCloseTo(4 * frame.length * DIBIT, 3);
  });

  test.for([0, 1, 5, 20])('behind %i di-bits of 00, before data are decoded', (lead) => {
    const lab = new PhyLab({ lead });
    lab.pins.runUntil(Math.ceil(lab.pins.now / DIBIT) * DIBIT);
    lab.hear(lineFrame(46));
    lab.pins.pass(ONE);
    const [heard] = lab.pins.frames();
    const data = lab.pins.heard.find(({ rxd }) => rxd !== 0)?.at ?? 0;
    expect(data - (heard?.rise ?? 0)).toBeCloseTo(lead * DIBIT + 14, 3);
    expect(heard?.octets).toEqual(lineFrame(46));
  });

  test.for([1, 8, 15, 28])('without the first %i di-bits of its preamble', (lostPreamble) => {
    const lab = new PhyLab({ lostPreamble });
    const frame = noise(60);
    lab.hear(frame);
    lab.pins.pass(ONE);
    const [heard] = lab.pins.frames();
    expect(heard?.dibits).toBe(4 * frame.length - lostPreamble);
    if (lostPreamble % 4 === 0) expect(heard?.octets).toEqual(frame.subarray(lostPreamble / 4));
  });

  test.for([1, 2, 3])('with %i di-bits behind its last octet when the carrier ended within one', (extra) => {
    const lab = new PhyLab({ extra, toggles: 0 });
    const frame = noise(60);
    lab.hear(frame, false);
    lab.pins.pass(ONE);
    expect(lab.pins.frames()[0]).toMatchObject({ octets: frame, dibits: 4 * frame.length + extra });
  });

  test.for([
    [47, 64],
    [12, 64],
    [3, 64],
    [47, 1_518],
  ] as const)(`in bursts with a gap of %i di-bits, frames of %i octets (SEED=${seed})`, ([gap, length]) => {
    const lab = new PhyLab({ gap, toggles: 3 });
    const frames = Array.from({ length: 20 }, () => noise(length - 4));
    for (const frame of frames) lab.hear(frame);
    lab.pins.pass(21 * (4 * length + 100) * DIBIT);
    const heard = lab.pins.frames();
    expect(heard.map(({ octets }) => octets)).toEqual(frames);
    heard.slice(1).forEach(({ rise }, i) => {
      expect((rise - (heard[i]?.fall ?? 0)) / DIBIT).toBeCloseTo(gap, 3);
    });
  });

  test('so that a line at full rate stays at full rate, whatever the lead', () => {
    for (const lead of [0, 4, 20]) {
      const lab = new PhyLab({ lead });
      const frame = lineFrame(46);
      // 8 octets of preamble and 12 of gap: 14,880 frames a second (const interPacketGap).
      for (let i = 0; i < 200; i++) {
        lab.hear(frame);
        lab.pins.pass((frame.length + 12) * 4 * DIBIT);
      }
      expect(lab.phy.counters.received).toBeGreaterThanOrEqual(199);
      expect(lab.phy.counters.receiveDropped).toBe(0);
    }
  });
});

describe('the receive queue', () => {
  test('holds 64 frames; one more is dropped, counted and traced', () => {
    const lab = new PhyLab();
    const frames = Array.from({ length: 66 }, () => noise(60));
    for (const frame of frames) lab.hear(frame);
    expect(lab.drops).toEqual(frames.slice(64).map((bytes) => ({ reason: 'phy:receive-queue-full', bytes })));
    lab.pins.pass(64 * ONE);
    expect(lab.pins.frames().map(({ octets }) => octets)).toEqual(frames.slice(0, 64));
    expect(lab.phy.counters).toMatchObject({ received: 64, receiveDropped: 2 });
  });

  test('is emptied when the link goes; the frame on the pins is cut off', () => {
    const lab = new PhyLab();
    for (let i = 0; i < 3; i++) lab.hear(lineFrame(46));
    lab.pins.pass(20e3);
    lab.plug.become({ ...UP, up: false });
    expect(lab.reasons).toEqual(['phy:no-link', 'phy:no-link', 'phy:no-link']);
    lab.pins.pass(10 * ONE);
    expect(lab.pins.frames()).toHaveLength(1);
    expect(lab.pins.heard.at(-1)).toMatchObject({ crsDv: false, rxd: 0 });
    lab.plug.become(UP);
    lab.pins.pass(2e6);
    lab.hear(lineFrame(46));
    lab.pins.pass(ONE);
    expect(lab.pins.frames()[1]?.octets).toEqual(lineFrame(46));
  });

  test('asks for nothing while it is empty', () => {
    const lab = new PhyLab();
    expect(lab.phy.next).toBe(Number.POSITIVE_INFINITY);
    lab.hear(lineFrame(46));
    expect(lab.phy.next).toBeLessThan(lab.pins.now + 2 * DIBIT);
    lab.pins.pass(ONE);
    expect(lab.phy.next).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a false carrier', () => {
  test.for([
    [1, 0b00],
    [30, 0b00],
    [300, 0b10],
  ] as const)('of %i di-bits raises CRS_DV with RXD %i', ([dibits, rxd]) => {
    const lab = new PhyLab();
    lab.pins.runUntil(Math.ceil(lab.pins.now / DIBIT) * DIBIT);
    lab.phy.falseCarrier(dibits, rxd);
    lab.pins.pass(ONE);
    const [heard] = lab.pins.frames();
    expect(((heard?.fall ?? 0) - (heard?.rise ?? 0) - 14) / DIBIT).toBeCloseTo(dibits, 3);
    expect(lab.pins.heard.every((each) => each.rxd === 0 || each.rxd === rxd)).toBe(true);
    expect(heard?.dibits).toBe(0);
  });

  test('does not hurt the frame behind it', () => {
    const lab = new PhyLab();
    lab.phy.falseCarrier(20);
    lab.hear(lineFrame(46));
    lab.pins.pass(2 * ONE);
    expect(lab.pins.frames().map(({ dibits }) => dibits)).toEqual([0, 4 * lineFrame(46).length]);
    expect(lab.phy.counters.received).toBe(1);
  });
});

describe('nothing comes from the cable', () => {
  test.for([
    ['at 100 Mb/s', { line: { ...UP, speed: 100 } }, undefined, 'phy:speed'],
    ['while the PHY is isolated (0.10 Isolate)', {}, 0x3400, 'phy:isolated'],
    ['while the PHY is powered down (0.11 Power down)', {}, 0x3800, 'phy:no-link'],
    ['in loopback (0.14 Loopback)', {}, 0x4100, 'phy:loopback'],
  ] as const)('%s: the frame is dropped, counted and traced', ([, options, control, reason]) => {
    const lab = new PhyLab(options);
    if (control !== undefined) lab.management.write(1, 0, control);
    lab.hear(lineFrame(46));
    lab.pins.pass(ONE);
    expect(lab.pins.frames()).toEqual([]);
    expect(lab.drops).toEqual([{ reason, bytes: lineFrame(46) }]);
    expect(lab.phy.counters.receiveDropped).toBe(1);
  });
});
