/** The Pico as an engine: its time against its owner's, and what comes to it from the cable meanwhile. */
import { describe, expect, test } from 'vitest';
import { LanError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { after, type Duration, type Instant, microseconds, milliseconds, START } from '../../src/base/time.ts';
import { board as fields, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import type { LineState, Plug, Station } from '../../src/cable/plug.ts';
import { PicoBoard, type PicoBoardOptions } from '../../src/emulator/pico-board.ts';
import { PIN } from '../../src/emulator/pins.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { frameIn, rawFrame } from '../contract/tap-plug.ts';
import { PicoBus, picoImage } from './pico-bus.ts';
import { LineRate } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const ON = fields.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex');
const CLK_SYS_DIV = 0x4000_8040;

/** A cable's end in the test's hand. */
class Hand implements Plug {
  readonly state: LineState = { up: true, speed: 10, duplex: 'full' };
  station: Station | undefined;
  attach(station: Station | undefined): void {
    this.station = station;
  }
  transmit(): void {}
}

interface Bench {
  readonly hand: Hand;
  readonly board: PicoBoard;
  readonly events: TraceEvent[];
  /** Executed so far. */
  instructions: number;
}

/** A Pico from its power-on. */
function powered(options: Partial<PicoBoardOptions> = {}): Bench {
  const hand = new Hand();
  const events: TraceEvent[] = [];
  const board = new PicoBoard({ image: picoImage(), plug: hand, trace: (event) => events.push(event), ...options });
  const it: Bench = { hand, board, events, instructions: 0 };
  const { core } = board.machine.chip;
  const execute = core.executeInstruction.bind(core);
  core.executeInstruction = () => {
    it.instructions++;
    return execute();
  };
  return it;
}
const frame = (length: number): Uint8Array => rawFrame(new Random(seed).fill(new Uint8Array(length)).fill(0xff, 0, 6));

describe('an image', () => {
  test('whose boot2 the ROM would not start is refused with IMAGE_WRONG', () => {
    const image = picoImage();
    const bytes = image.bytes.slice();
    bytes[17] = (bytes[17] as number) ^ 1;
    const start = (): PicoBoard => new PicoBoard({ image: { ...image, bytes }, plug: new Hand() });
    expect(start).toThrow(LanError);
    expect(start).toThrow(expect.objectContaining({ code: 'IMAGE_WRONG' }));
  });
});

describe('a board without a budget', () => {
  test('is exactly where the time is, after every poll', () => {
    const { board } = powered();
    const random = new Random(seed);
    let now = START;
    for (let i = 0; i < 2_000; i++) {
      now = after(now, random.below(200) as Duration);
      board.poll(now);
      expect(Math.abs(board.machine.now - now * 1_000)).toBeLessThan(500);
    }
  });

  test('hears a frame that came while nobody polled it at the time at which it came', () => {
    const { board, hand } = powered();
    board.poll(milliseconds(200) as number as Instant);
    const rises: number[] = [];
    const { pins } = board.machine;
    const drive = pins.drive.bind(pins);
    pins.drive = (pin, level) => {
      if (pin === PIN.crsDv && level && rises.at(-1) !== pins.now) rises.push(pins.now / 1_000);
      drive(pin, level);
    };
    const octets = frame(60);
    for (const at of [200_300, 200_700.5]) hand.station?.receive(octets, true, at as Instant);
    expect(board.nextDeadline()).toBe(START);
    board.poll(202_000 as Instant);
    const carriers = rises.filter((at, i) => i === 0 || at - (rises[i - 1] as number) > 40);
    expect(carriers).toHaveLength(2);
    expect(carriers[0]).toBeCloseTo(200_300, 0);
    expect(carriers[1]).toBeCloseTo(200_700.5, 0);
  });

  test('keeps 256 frames that nobody fetches, and counts and traces what comes beyond', () => {
    const { board, hand, events } = powered();
    board.poll(milliseconds(200) as number as Instant);
    const octets = frame(60);
    for (let i = 0; i < 300; i++) hand.station?.receive(octets, true, (200_000 + i) as Instant);
    expect(board.lostFrames).toBe(44);
    expect(events.filter((event) => event.kind === 'drop' && event.reason === 'emulator:late')).toHaveLength(44);
    board.poll(201_000 as Instant);
    expect(board.phy.counters.received + board.phy.counters.receiveDropped).toBeGreaterThan(0);
    expect(board.lostFrames).toBe(44);
  });

  test.for([
    ['stands still', 0],
    ['has 183 Hz', 1],
  ] as const)('whose clk_sys %s does not hold the time: each deadline lies ahead', ([, has]) => {
    const { board } = powered();
    board.poll(milliseconds(200) as number as Instant);
    if (has === 0) board.phy.setReference(false);
    else board.machine.chip.writeUint32(CLK_SYS_DIV, 0);
    let now = 200_000 as Instant;
    for (let i = 0; i < 1_000; i++) {
      const next = board.nextDeadline();
      if (next === undefined) return;
      expect(next).toBeGreaterThan(now);
      now = next;
      board.poll(now);
    }
    expect(now).toBeGreaterThanOrEqual(220_000);
  });
});

describe('a board with a budget', () => {
  const BUDGET = 150;

  test('executes no more than that in a poll, however many frames came since the last', () => {
    const it = powered({ budget: BUDGET });
    let now = START;
    for (let i = 0; i < 20_000; i++) {
      now = after(now, microseconds(50));
      if (i > 19_000) for (let n = 0; n < 5; n++) it.hand.station?.receive(frame(60), true, (now + n) as Instant);
      const before = it.instructions;
      it.board.poll(now);
      expect(it.instructions - before).toBeLessThanOrEqual(BUDGET);
      // It wants to go on at once, unless it has come to the present.
      if (it.instructions - before === BUDGET) expect(it.board.nextDeadline()).toBe(START);
    }
    // It has lost time for good.
    expect(it.board.machine.now).toBeLessThan(now * 1_000 - 1e6);
  });

  test(`that cannot keep up has slower clocks: 20 frames of the cable come whole, and what the PHY drops has its owner's time (SEED=${seed})`, () => {
    const events: TraceEvent[] = [];
    const plug = new LineRate();
    // An instruction takes two cycles: a fifth of the time that passes.
    const bus = new PicoBus({ plug, seed, budget: 250, trace: (event) => events.push(event) });
    const received: Uint8Array[] = [];
    bus.attach({
      onOpen: () => bus.write(R.CONTROL.address, ON),
      onEvent: (event) => {
        if (event.kind === 'received') received.push(frameIn(event.bytes).slice());
      },
      onLost: () => {},
    });
    let now = START;
    const pass = (time: Duration): void => {
      for (const end = after(now, time); now < end; ) {
        now = after(now, microseconds(50));
        plug.poll(now);
        bus.poll(now);
      }
    };
    const { board } = bus;
    for (let i = 0; i < 3_000 && !(bus.isOpen && board.phy.mode !== undefined); i++) pass(milliseconds(1));
    expect(bus.isOpen).toBe(true);
    pass(milliseconds(100));
    const slip = now * 1_000 - board.machine.now;
    expect(slip).toBeGreaterThan(5e6);
    const make = (number: number): Uint8Array => new Random(seed + number).fill(new Uint8Array(60 + 50 * number));
    const sent: Uint8Array[] = [];
    for (let number = 0; number < 20; number++) {
      const octets = make(number).fill(0xff, 0, 6);
      sent.push(octets);
      plug.begin(1, () => octets);
      pass(milliseconds(20));
    }
    pass(milliseconds(200));
    expect(received).toEqual(sent);
    expect(board.lostFrames + board.phy.counters.receiveDropped).toBe(0);
    // The board's own clock is far behind, the trace is not.
    board.phy.registers.write(0, 0x4000, board.machine.now);
    plug.begin(1, () => sent[0] as Uint8Array);
    pass(milliseconds(2));
    const drop = events.find((event) => event.kind === 'drop' && event.reason.startsWith('phy:'));
    expect(drop?.at).toBeGreaterThan(now - 4_000);
    expect(drop?.at).toBeLessThanOrEqual(now);
  });
});
