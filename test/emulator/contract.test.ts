/** The contract of the register bus, kept by the Pico's firmware: the image that is flashed, in virtual time. */
import {
  after,
  type Duration,
  earliest,
  type Instant,
  ManualClock,
  milliseconds,
  seconds,
} from '../../src/base/time.ts';
import type { PicoLine } from '../../src/emulator/pico-board.ts';
import type { BoardFixture } from '../contract/board-fixture.ts';
import { tapOf } from '../contract/mock-fixtures.ts';
import { registerBusContract } from '../contract/register-bus.ts';
import { TapPlug } from '../contract/tap-plug.ts';
import { PicoBus } from './pico-bus.ts';

const seed = Number(process.env['SEED'] ?? 1);
/** A full receive queue on the slower line takes 0.3 s. */
const QUIET = milliseconds(500);

async function fixture(line: PicoLine): Promise<BoardFixture> {
  const clock = new ManualClock();
  const plug = new TapPlug();
  const tap = tapOf(plug);
  const bus = new PicoBus({ plug, line, seed });
  const pass = (isDone: () => boolean, within: Duration): boolean => {
    const end = after(clock.now(), within);
    for (;;) {
      plug.poll(clock.now());
      bus.poll(clock.now());
      if (isDone()) return true;
      const next = earliest(bus.nextDeadline(), plug.nextDeadline());
      if (next === undefined || next > end) {
        clock.moveTo(end);
        return false;
      }
      clock.moveTo(next as Instant);
    }
  };
  if (!pass(() => bus.isOpen, seconds(5))) throw new Error('no session with the emulated Pico');
  return {
    bus,
    // Frames come at the line's rate: flood.test.ts overflows the queue.
    cable: {
      get left() {
        return tap.left;
      },
      inject: (frame) => tap.inject(frame),
      canOverflow: false,
    },
    until: async (isDone) => pass(isDone, seconds(30)),
    settle: async () => void pass(() => false, QUIET),
    close: async () => {},
  };
}

registerBusContract('emulator:pico over USB', () => fixture('usb'), { openWithin: 20_000 });
registerBusContract('emulator:pico over UART0', () => fixture('uart'), { openWithin: 20_000 });
