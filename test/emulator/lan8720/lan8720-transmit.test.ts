/** The LAN8720 model's transmit side: TX_EN and TXD to the cable. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { PIN } from '../../../src/emulator/pins.ts';
import { asLine, lineFrame } from '../../cable/station.ts';
import { PhyLab, UP } from './phy-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const random = new Random(seed);
const noise = (length: number): Uint8Array => asLine(random.fill(new Uint8Array(length)));
const PHASES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a frame on TXD goes to the cable', () => {
  test.for(PHASES)(`at phase %i, wherever the MAC's own ten clocks begin (SEED=${seed})`, (phase) => {
    const lab = new PhyLab({ phase });
    const frames = PHASES.map(() => noise(60 + random.below(40)));
    for (const frame of frames) {
      lab.pins.send(frame);
      lab.pins.pass(20);
    }
    expect(lab.plug.taken).toEqual(frames);
    expect(lab.phy.counters).toMatchObject({ transmitted: 10, transmitDropped: 0, oddDibits: 0 });
  });

  test('of 1,518 octets, as of 64', () => {
    const lab = new PhyLab();
    const frames = [noise(1_514), noise(60), noise(1_514)];
    for (const frame of frames) lab.pins.send(frame);
    expect(lab.plug.taken).toEqual(frames);
  });

  test('with what stood on TXD before the edge, when it changes with the edge', () => {
    const lab = new PhyLab({ phase: 3 });
    // The PHY's edges are 60 ns behind whole multiples of 200 ns; here the MAC changes its pins exactly there, and once 4 ns before.
    lab.pins.runUntil(Math.ceil(lab.pins.now / 200) * 200 + 60);
    const frame = noise(60);
    lab.pins.send(frame);
    lab.pins.pass(196);
    lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([frame, frame]);
  });

  test.for([
    [0, 0x03],
    [-3, 0x03],
    [-4, 0x00],
    [-10, 0x00],
  ] as const)('with a setup time of 4 ns: a change %i ns from the edge gives 0x0%i', ([offset, octet]) => {
    const lab = new PhyLab();
    const edge = Math.ceil(lab.pins.now / 200) * 200 + 200;
    lab.pins.runUntil(edge - 100);
    for (const pin of [PIN.txd0, PIN.txd1, PIN.txEn]) lab.pins.set(pin, true);
    lab.pins.runUntil(edge + offset);
    for (const pin of [PIN.txd0, PIN.txd1]) lab.pins.set(pin, false);
    lab.pins.runUntil(edge + 700);
    lab.pins.set(PIN.txEn, false);
    lab.pins.pass(1_000);
    expect(lab.plug.taken).toEqual([new Uint8Array([octet])]);
  });

  test('when the MAC keeps TX_EN up for single di-bits behind the last octet: they are counted and lost', () => {
    const lab = new PhyLab();
    const frame = lineFrame(46);
    lab.pins.send(frame, 4 * frame.length + 3);
    lab.pins.send(frame, 4 * frame.length + 1);
    expect(lab.plug.taken).toEqual([frame, frame]);
    expect(lab.phy.counters.oddDibits).toBe(4);
  });

  test('but not when it was shorter than one octet, nor when TX_EN was up between two samples only', () => {
    const lab = new PhyLab();
    lab.pins.send(new Uint8Array([0x55]), 3);
    expect(lab.phy.drops['phy:short']).toBe(1);
    lab.pins.runUntil(Math.ceil(lab.pins.now / 200) * 200 + 20);
    lab.pins.set(PIN.txEn, true);
    lab.pins.pass(100);
    lab.pins.set(PIN.txEn, false);
    lab.pins.pass(1_000);
    expect(lab.phy.drops['phy:short']).toBe(1);
    expect(lab.plug.taken).toEqual([]);
  });

  test('after the one before has ended: the plug takes one at a time', () => {
    const lab = new PhyLab();
    lab.plug.isFree = false;
    const frames = [noise(60), noise(60), noise(60)];
    for (const frame of frames) lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([frames[0]]);
    lab.plug.end({ kind: 'sent', deferred: false });
    expect(lab.plug.taken).toEqual([frames[0], frames[1]]);
    lab.plug.end({ kind: 'sent', deferred: false });
    lab.plug.end({ kind: 'sent', deferred: false });
    expect(lab.plug.taken).toEqual(frames);
    expect(lab.phy.counters.transmitted).toBe(3);
  });

  test('up to 32 wait; one more is dropped, counted and traced', () => {
    const lab = new PhyLab();
    lab.plug.isFree = false;
    const frames = Array.from({ length: 35 }, () => noise(60));
    for (const frame of frames) lab.pins.send(frame);
    expect(lab.drops).toEqual(frames.slice(33).map((bytes) => ({ reason: 'phy:transmit-queue-full', bytes })));
    for (let i = 0; i < 33; i++) lab.plug.end({ kind: 'sent', deferred: false });
    expect(lab.plug.taken).toEqual(frames.slice(0, 33));
    expect(lab.phy.counters).toMatchObject({ transmitted: 33, transmitDropped: 2 });
  });
});

describe('the gap between two transmissions is measured', () => {
  test.for([
    [48, 96],
    [47, 94],
    [12, 24],
    [1, 2],
  ] as const)('of %i di-bits: %i bit times (const interPacketGap)', ([dibits, bits]) => {
    const lab = new PhyLab({ phase: 7 });
    const frame = lineFrame(46);
    lab.pins.send(frame, 4 * frame.length, 60);
    expect(lab.phy.shortestGap).toBe(Number.POSITIVE_INFINITY);
    lab.pins.send(frame, 4 * frame.length, dibits);
    lab.pins.send(frame, 4 * frame.length, 100);
    expect(lab.phy.shortestGap).toBe(bits);
  });
});

describe('jabber', () => {
  test('is stopped after 45 ms, seen in BMSR once, and over when TX_EN falls (1.1 Jabber detect)', () => {
    const lab = new PhyLab();
    lab.pins.set(PIN.txEn, true);
    lab.pins.pass(44.9e6);
    expect(lab.phy.counters.jabbers).toBe(0);
    lab.pins.pass(0.2e6);
    expect(lab.phy.counters.jabbers).toBe(1);
    expect(lab.management.read(1, 1) & 2).toBe(2);
    expect(lab.management.read(1, 1) & 2).toBe(0);
    lab.pins.set(PIN.txEn, false);
    lab.pins.pass(1_000);
    expect(lab.plug.taken).toEqual([]);
    expect(lab.reasons).toEqual(['phy:jabber']);
    const frame = lineFrame(46);
    lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([frame]);
  });
});

describe('nothing goes to the cable', () => {
  const frame = lineFrame(46);
  test.for([
    ['without a link', { line: { ...UP, up: false } }, undefined, 'phy:no-link'],
    ['at 100 Mb/s', { line: { ...UP, speed: 100 } }, undefined, 'phy:speed'],
    ['while the PHY is isolated (0.10 Isolate)', {}, 0x3400, 'phy:isolated'],
    ['while the PHY is powered down (0.11 Power down)', {}, 0x3800, 'phy:no-link'],
    ['while the PHY is in reset (0.15 Reset)', {}, 0x8000, 'phy:no-link'],
  ] as const)('%s: the frame is dropped, counted and traced', ([, options, control, reason]) => {
    const lab = new PhyLab(options);
    if (control !== undefined) lab.management.write(1, 0, control);
    lab.pins.send(frame);
    expect(lab.plug.taken).toEqual([]);
    expect(lab.drops).toEqual([{ reason, bytes: frame }]);
    expect(lab.phy.drops[reason]).toBe(1);
    expect(lab.phy.counters.transmitDropped).toBe(1);
  });

  test('when the link goes in the middle of the frame, or while it waits', () => {
    const lab = new PhyLab();
    lab.plug.isFree = false;
    lab.pins.send(frame);
    lab.pins.send(frame);
    lab.plug.become({ ...UP, up: false });
    expect(lab.reasons).toEqual(['phy:no-link']);
    lab.plug.end({ kind: 'no-link' });
    expect(lab.reasons).toEqual(['phy:no-link', 'phy:no-link']);
    expect(lab.plug.taken).toEqual([frame]);
    expect(lab.phy.counters).toMatchObject({ transmitted: 0, transmitDropped: 2 });
  });
});
