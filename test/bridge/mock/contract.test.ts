import { after, type Duration, ManualClock, milliseconds, seconds } from '../../../src/base/time.ts';
import { MockBoard } from '../../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../../src/bridge/mock/mock-bus.ts';
import { Cable } from '../../../src/cable/cable.ts';
import { asLine, Witness } from '../../cable/station.ts';
import type { BoardFixture } from '../../contract/board-fixture.ts';
import { registerBusContract } from '../../contract/register-bus.ts';
import { frameIn } from '../../contract/tap-plug.ts';

/** Long enough for 300 full frames at line rate. */
const QUIET = milliseconds(60);

/** The bus right under its client, the board on a cable at line rate, another station at the other end. */
function mockOnCable(speed: 10 | 100): BoardFixture {
  const clock = new ManualClock();
  const cable = new Cable({ speed });
  const peer = new Witness(cable.a);
  const bus = new MockBus(new MockBoard(cable.b));
  let isSending = false;
  peer.transmitted = (_, now) => {
    const next = peer.queue.shift();
    isSending = next !== undefined;
    if (next !== undefined) cable.a.transmit(next, now);
  };
  const pass = async (isDone: () => boolean, within: Duration): Promise<boolean> => {
    for (const end = after(clock.now(), within); clock.now() < end; clock.advance(milliseconds(1))) {
      cable.poll(clock.now());
      bus.poll(clock.now());
      if (isDone()) return true;
    }
    return false;
  };
  return {
    bus,
    cable: {
      get left() {
        return peer.received.map(({ octets }) => frameIn(octets));
      },
      inject: (frame) => {
        peer.queue.push(asLine(frame));
        if (!isSending) peer.transmitted({ kind: 'sent', deferred: false }, clock.now());
      },
      // One frame at a time and in its time: the bus takes each before the queue is full.
      canOverflow: false,
    },
    until: (isDone) => pass(isDone, seconds(30)),
    settle: async () => void (await pass(() => false, ((QUIET * 100) / speed) as Duration)),
    close: async () => {},
  };
}

registerBusContract('the mock on a cable of 100 Mb/s', async () => mockOnCable(100));
registerBusContract('the mock on a cable of 10 Mb/s', async () => mockOnCable(10));
