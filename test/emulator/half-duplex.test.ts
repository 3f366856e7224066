/** Carrier sense, collisions and jam on the board (clause 4.2.3.2): the kept image, measured at its pins. Untried on silicon (hw/WIRING.md, 8). */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { milliseconds } from '../../src/base/time.ts';
import { board } from '../../src/bridge/registers.ts';
import type { Lan8720Options } from '../../src/emulator/lan8720/lan8720.ts';
import { PIN } from '../../src/emulator/pins.ts';
import { rawFrame } from '../contract/tap-plug.ts';
import { PicoLab } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const SENT = board.mask('TX_STATUS', 'sent');
const COLLISION = board.mask('TX_STATUS', 'collision');
const DEFERRED = board.mask('TX_STATUS', 'deferred');
/** ns of a bit, and of a di-bit. */
const BIT = 100;
const DIBIT = 200;
/** Bits: preamble and SFD, jamSize, interPacketGap (clause 4.4.2). */
const HEAD = 64;
const JAM = 32;
const GAP = 96;

const frame = (octets: number): Uint8Array => rawFrame(new Random(seed).fill(new Uint8Array(octets - 4)));

class HalfDuplex extends PicoLab {
  /** ns: when TX_EN rose and fell, and when CRS_DV did. */
  readonly sent: { readonly from: number; to: number }[] = [];
  readonly carrier: { readonly from: number; to: number }[] = [];

  constructor(phy: Partial<Lan8720Options> = {}) {
    super('usb', seed, { duplex: 'half', phy });
    const { pins } = this.bus.board.machine;
    const note = (list: { readonly from: number; to: number }[], level: boolean, now: number): void => {
      const last = list.at(-1);
      if (level) list.push({ from: now, to: Number.POSITIVE_INFINITY });
      else if (last !== undefined && last.to === Number.POSITIVE_INFINITY) last.to = now;
    };
    pins.onOutput(PIN.txEn, (level, now) => note(this.sent, level === true, now));
    const drive = pins.drive.bind(pins);
    let crsDv = false;
    pins.drive = (pin, level) => {
      if (pin === PIN.crsDv && level !== crsDv) note(this.carrier, level, pins.now);
      if (pin === PIN.crsDv) crsDv = level;
      drive(pin, level);
    };
    this.start();
  }
  get bits(): number[] {
    return this.sent.map(({ from, to }) => Math.round((1_000 * (to - from)) / BIT) / 1_000);
  }
}
const bitOf = (outcome: number): number => board.get('TX_STATUS', 'bit', outcome);

describe('a collision', () => {
  test.for([32, 33, 100, 255, 1_000])('at di-bit %i is told with its bit, and jammed with 32 more', (at) => {
    const lab = new HalfDuplex();
    lab.bus.board.phy.collide(at);
    const outcome = lab.outcomeOf(frame(1_000));
    expect(outcome & (SENT | COLLISION)).toBe(COLLISION);
    const bit = bitOf(outcome);
    // The carrier rises between two looks, and passes the two flip-flops of the pin.
    expect(bit).toBeGreaterThanOrEqual(2 * at);
    expect(bit).toBeLessThanOrEqual(2 * at + 4);
    expect(lab.bits).toEqual([bit + 2 + JAM]);
    lab.pass(() => false, milliseconds(1));
    expect(lab.received).toEqual([]);
    // The next attempt is whole: nothing of the first one was left anywhere.
    const again = frame(64);
    expect(lab.outcomeOf(again)).toBe(SENT);
    lab.pass(() => false, milliseconds(1));
    expect(lab.plug.taken).toEqual([again]);
  });

  test.for([0, 7, 31])('at di-bit %i, in the preamble: preamble and SFD are sent whole, then the jam', (at) => {
    const lab = new HalfDuplex();
    lab.bus.board.phy.collide(at);
    const outcome = lab.outcomeOf(frame(64));
    expect(outcome & (SENT | COLLISION)).toBe(COLLISION);
    expect(bitOf(outcome)).toBe(HEAD);
    expect(lab.bits).toEqual([HEAD + 2 + JAM]);
  });

  test('no frame is sent in full duplex as if there were one', () => {
    const lab = new PicoLab('usb', seed);
    lab.start();
    lab.plug.begin(4, () => new Uint8Array(1_514));
    lab.pass(() => false, milliseconds(1.5));
    expect(lab.outcomeOf(frame(1_000))).toBe(SENT);
  });
});

describe('deference', () => {
  test.for([0, 2, 5])(
    'TX_EN rises not before 96 bit times after a carrier that toggles for %i nibbles, and soon after',
    (toggles) => {
      const lab = new HalfDuplex({ toggles });
      lab.plug.begin(1, () => new Uint8Array(1_514));
      lab.until(() => lab.carrier.length === 1);
      const outcome = lab.outcomeOf(frame(64));
      expect(outcome).toBe(SENT | DEFERRED);
      const silentFrom = lab.carrier.at(-1)?.to ?? 0;
      const gap = ((lab.sent[0]?.from ?? 0) - silentFrom) / BIT;
      expect(gap).toBeGreaterThanOrEqual(GAP);
      expect(gap).toBeLessThan(GAP + 20);
    },
  );

  test('a carrier in the first two thirds of the gap begins it anew, one in the last third does not (clause 4.2.3.2.1)', () => {
    for (const [pause, isAnew] of [
      [40, true],
      [80, false],
    ] as const) {
      const lab = new HalfDuplex({ gap: pause / 2, lead: 0, toggles: 0 });
      lab.plug.inject(frame(1_000)); // time enough for the frame to be sent to wait for its end
      lab.plug.inject(frame(200));
      lab.until(() => lab.carrier.length === 1);
      lab.send(frame(64));
      lab.until(() => lab.outcomes.length === 1);
      const [first, second] = lab.carrier as [{ to: number }, { from: number; to: number }];
      expect((second.from - first.to) / DIBIT).toBeCloseTo(pause / 2, 0);
      const began = lab.sent[0]?.from ?? 0;
      if (isAnew) expect(began).toBeGreaterThan(second.to);
      else expect(began).toBeLessThan(second.to);
    }
  });

  test('a line that stays busy for 150 ms is broken: the frame is given up, and the next one goes when it is free', () => {
    const lab = new HalfDuplex();
    lab.bus.board.phy.falseCarrier(160e6 / DIBIT);
    const began = lab.bus.board.machine.now;
    const outcome = lab.outcomeOf(frame(64));
    expect(outcome).toBe(board.mask('TX_STATUS', 'aborted'));
    expect(lab.bus.board.machine.now - began).toBeGreaterThan(150e6);
    expect(lab.sent).toEqual([]);
    expect(lab.outcomeOf(frame(64))).toBe(SENT | DEFERRED);
  });

  test('frames of our own keep 96 bit times between them, too', () => {
    const lab = new HalfDuplex();
    for (let buffer = 0; buffer < 8; buffer++) lab.send(frame(64), buffer);
    lab.until(() => lab.outcomes.length === 8);
    const gaps = lab.sent.slice(1).map(({ from }, i) => (from - (lab.sent[i]?.to ?? 0)) / BIT);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(GAP);
    expect(lab.bus.board.phy.shortestGap).toBeGreaterThanOrEqual(GAP);
  });
});

test('a PHY that shows carrier for our own frames: each ends as a collision at bit 64, and nothing of it is received', () => {
  const lab = new HalfDuplex({ ownCarrier: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = lab.outcomeOf(frame(64));
    expect(outcome & (SENT | COLLISION)).toBe(COLLISION);
    expect(bitOf(outcome)).toBe(HEAD);
  }
  lab.pass(() => false, milliseconds(1));
  expect(lab.received).toEqual([]);
  // What is on the cable is the beginning of each, and its jam.
  expect(lab.plug.taken.map(({ length }) => length)).toEqual([12, 12, 12]);
});
