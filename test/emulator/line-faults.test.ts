/** What a board does with a line, a clock and a PHY that are not as they should be: the kept image against the module's model. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type Duration, milliseconds, seconds } from '../../src/base/time.ts';
import { board, BOARD_REGISTERS as R, RX_FLAGS } from '../../src/bridge/registers.ts';
import { PIN } from '../../src/emulator/pins.ts';
import { frameIn, rawFrame } from '../contract/tap-plug.ts';
import { PicoLab } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const MAX_FRAME = 1_600;
/** What is offered in auto-negotiation. */
const ANAR = 4;
const SENT = board.mask('TX_STATUS', 'sent');
const ABORTED = board.mask('TX_STATUS', 'aborted');

const noise = (length: number): Uint8Array => new Random(seed).fill(new Uint8Array(length));
const frame = (octets: number): Uint8Array => rawFrame(noise(octets - 4));
/** A whole frame in the number of octets that go over the line. */
const onLine = (octets: number): Uint8Array => frame(octets - 8);

let lab: PicoLab;
beforeEach(() => {
  lab = new PicoLab('usb', seed);
  lab.start();
});
const counter = (name: 'TX_ERRORS' | 'RX_ERRORS' | 'RX_FRAMES' | 'RX_DROPPED'): number => lab.read(R[name].address);
const isSending = (): boolean => lab.bus.board.machine.pins.output(PIN.txEn) === true;
function worksBothWays(): void {
  lab.events = [];
  lab.plug.taken.length = 0;
  const whole = frame(64);
  lab.plug.inject(whole);
  expect(lab.outcomeOf(whole)).toBe(SENT);
  lab.until(() => lab.received.length === 1 && lab.plug.taken.length === 1);
  expect(lab.received[0]).toMatchObject({ bytes: whole, flags: 0 });
  expect(lab.plug.taken).toEqual([whole]);
}

describe('length', () => {
  test(`${MAX_FRAME} octets from preamble to FCS are sent and received whole`, () => {
    const longest = onLine(MAX_FRAME);
    lab.plug.inject(longest);
    expect(lab.outcomeOf(longest)).toBe(SENT);
    lab.until(() => lab.received.length === 1 && lab.plug.taken.length === 1);
    expect(lab.plug.taken).toEqual([longest]);
    expect(lab.received[0]).toMatchObject({ bytes: longest, flags: 0 });
    expect(counter('RX_ERRORS')).toBe(0);
  });

  test('one octet more is jabber: it is not sent, and counted', () => {
    lab.send(onLine(MAX_FRAME + 1));
    expect(counter('TX_ERRORS')).toBe(1);
    lab.pass(() => false, milliseconds(3));
    expect(lab.plug.taken).toEqual([]);
    expect(lab.outcomes).toEqual([]);
    worksBothWays();
  });

  test.for([MAX_FRAME + 1, 3_000])(
    '%i octets from the line are cut and say so, the rest is skipped, and the next frame is whole',
    (octets) => {
      const long = onLine(octets);
      lab.plug.inject(long);
      lab.plug.inject(frame(64));
      lab.until(() => lab.received.length === 2);
      expect(lab.received[0]).toMatchObject({ bytes: long.subarray(0, MAX_FRAME), flags: RX_FLAGS.truncated });
      expect(lab.received[1]).toMatchObject({ bytes: frame(64), flags: 0 });
      expect(counter('RX_ERRORS')).toBe(1);
    },
  );

  test('a carrier that ends within an octet is told as that, with all octets before it', () => {
    lab.plug.inject(frame(64), false);
    lab.until(() => lab.received.length === 1);
    expect(lab.received[0]).toMatchObject({ bytes: frame(64), flags: RX_FLAGS.alignment });
    worksBothWays();
  });
});

describe('a carrier without data', () => {
  test.for([
    ['00', 3, 0b00],
    ['00', 400, 0b00],
    ['10', 3, 0b10],
    ['10', 400, 0b10],
  ] as const)('RXD %s for %i di-bits is no frame, and the next one is received', ([, dibits, rxd]) => {
    lab.bus.board.phy.falseCarrier(dibits, rxd);
    lab.pass(() => false, milliseconds(1));
    expect(lab.received).toEqual([]);
    worksBothWays();
  });
});

describe('a processor that is kept busy', () => {
  test(`frames that the ring has lost are whole ones, each is counted, and the link stays up (SEED=${seed})`, () => {
    const COUNT = 700;
    // On the other serial line, garbage: a sync byte at every second place wants a CRC each.
    const garbage = new Uint8Array(64).map((_, at) => (at % 2 === 0 ? 0xa5 : 0));
    const { uart } = lab.bus.board;
    lab.plug.begin(COUNT, (number) => new Random(seed + number).fill(new Uint8Array(60)));
    lab.until(() => {
      while (uart.room >= garbage.length) uart.write(garbage);
      return lab.plug.sent === COUNT;
    }, seconds(1));
    lab.pass(() => false, milliseconds(300));
    for (const { bytes, flags } of lab.received) {
      expect(flags).toBe(0);
      expect(bytes).toEqual(rawFrame(frameIn(bytes)));
    }
    expect(lab.received).toHaveLength(counter('RX_FRAMES'));
    expect(counter('RX_ERRORS')).toBeGreaterThan(COUNT / 20);
    expect(counter('RX_FRAMES') + counter('RX_DROPPED') + counter('RX_ERRORS')).toBe(COUNT);
    expect(lab.sessions).toBe(1);
    worksBothWays();
  });
});

describe('REF_CLK', () => {
  test.for([
    ['oscillator', 'setReference'],
    ['wire', 'setReferenceWire'],
  ] as const)(
    'its %s fails while frames go both ways, and comes back: the session goes on, and frames do',
    ([, fail]) => {
      const { phy, machine } = lab.bus.board;
      let began = 0;
      machine.pins.onOutput(PIN.txEn, (level, now) => {
        if (level === true) began = now;
      });
      const longest = frame(1_518);
      /** µs on the line. */
      const lasts = longest.length * 0.8;
      // In the middle of a frame, and so late that the state machine comes to its end on whatever clock there is.
      for (const left of [lasts / 2, 2]) {
        began = 0;
        lab.plug.begin(20, () => noise(1_514));
        lab.send(longest);
        lab.until(() => began > 0);
        lab.pass(() => false, (began / 1_000 + lasts - left - machine.now / 1_000) as Duration);
        expect(isSending()).toBe(true);
        lab.events = [];
        phy[fail](false);
        lab.until(() => lab.outcomes.length === 1, milliseconds(5));
        expect(lab.outcomes).toEqual([ABORTED]);
        expect(isSending()).toBe(false);
        expect(lab.status('refClock')).toBe(false);
        expect(lab.status('linkUp')).toBe(false);
        expect(lab.outcomeOf(frame(64))).toBe(board.mask('TX_STATUS', 'noLink'));
        lab.plug.begin(0, noise);
        lab.pass(() => false, milliseconds(150));
        phy[fail](true);
        lab.until(() => lab.status('refClock') && lab.status('linkUp'), milliseconds(400));
        lab.pass(() => false, milliseconds(60)); // what the PHY has still to say
        worksBothWays();
      }
      expect(lab.sessions).toBe(1);
    },
  );
});

describe('the PHY', () => {
  test('loses its power, with the clock, and is found and told to offer 10 Mb/s again', () => {
    const { phy } = lab.bus.board;
    phy.setPower(false);
    lab.until(() => !lab.status('refClock'), milliseconds(50));
    lab.pass(() => false, milliseconds(200));
    phy.setPower(true);
    lab.until(() => lab.status('linkUp'), milliseconds(500));
    expect(phy.mode).toEqual({ speed: 10, duplex: 'full' });
    expect(phy.registers.read(ANAR)).toBe(0x0061);
    expect(lab.status('fullDuplex')).toBe(true);
    worksBothWays();
    expect(lab.sessions).toBe(1);
  });

  test('turns frames round when BMCR says so, cable or not, and negotiates when it no longer does', () => {
    const LOOPBACK_10_FULL = 0x4100;
    const mdio = (register: number, data: number): void =>
      lab.bus.write(R.MDIO.address, board.pack('MDIO', { phy: 1, register, write: 1, data }));
    mdio(0, LOOPBACK_10_FULL);
    lab.pass(() => false, milliseconds(1));
    const whole = frame(1_518);
    expect(lab.outcomeOf(whole)).toBe(SENT);
    lab.until(() => lab.received.length === 1);
    expect(lab.received[0]).toMatchObject({ bytes: whole, flags: 0 });
    expect(lab.plug.taken).toEqual([]);
    mdio(0, 0x1200);
    lab.until(() => !lab.status('linkUp') || lab.bus.board.phy.mode !== undefined);
    lab.lineIsUp();
    worksBothWays();
  });

  test('and a look at its state keeps the processor for less than 500 µs, for less than 3 ms where there is none', () => {
    const { machine, phy } = lab.bus.board;
    const rises: number[] = [];
    machine.pins.onOutput(PIN.mdc, (level, now) => level === true && rises.push(now));
    /** µs: the longest time in which MDC moved without a pause. */
    const longest = (): number => {
      let [begin, last, most] = [rises[0] ?? 0, rises[0] ?? 0, 0];
      for (const at of rises) {
        if (at - last > 50_000) begin = at;
        last = at;
        most = Math.max(most, at - begin);
      }
      rises.length = 0;
      return most / 1e3;
    };
    lab.pass(() => false, milliseconds(210));
    expect(rises.length).toBeGreaterThan(4 * 65);
    const usual = longest();
    phy.setPower(false);
    lab.pass(() => false, milliseconds(210));
    const scan = longest();
    expect({ usual, scan, isRight: usual < 500 && scan < 3_000 && scan > usual }).toMatchObject({ isRight: true });
  });
});
