/** The mock board as fixtures: in process, behind the link in memory, behind the link on a stream. */
import type { Duplex } from 'node:stream';
import { Random } from '../../src/base/random.ts';
import { after, type Clock, type Duration, earliest, ManualClock, milliseconds, seconds } from '../../src/base/time.ts';
import { BoardLink } from '../../src/bridge/link/board-link.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import type { RegisterBus } from '../../src/bridge/register-bus.ts';
import type { LinkBus } from '../../src/bridge/transports/link-bus.ts';
import type { BoardFixture, CableTap } from './board-fixture.ts';
import type { LineOptions } from './faulty-pipe.ts';
import { LinkLine } from './link-line.ts';
import { frameIn, rawFrame, TapPlug } from './tap-plug.ts';

const LONG = seconds(30);
const QUIET = milliseconds(50);

export const tapOf = (plug: TapPlug): CableTap => ({
  get left() {
    return plug.left.map(frameIn);
  },
  inject: (frame) => plug.inject(rawFrame(frame)),
  canOverflow: true,
});

export function mockInProcess(): BoardFixture {
  const clock = new ManualClock();
  const plug = new TapPlug();
  const bus = new MockBus(new MockBoard(plug));
  const pass = async (isDone: () => boolean, within: Duration): Promise<boolean> => {
    const end = after(clock.now(), within);
    for (; clock.now() < end; clock.advance(milliseconds(1))) {
      plug.poll(clock.now());
      bus.poll(clock.now());
      if (isDone()) return true;
    }
    return false;
  };
  return {
    bus,
    cable: tapOf(plug),
    until: (isDone) => pass(isDone, LONG),
    settle: async () => void (await pass(() => false, QUIET)),
    close: async () => {},
  };
}

export function mockBehindLine(options: LineOptions, seed: number): BoardFixture & { readonly line: LinkLine } {
  const plug = new TapPlug();
  const line = new LinkLine({ random: new Random(seed), device: new MockBoard(plug), ...options });
  line.onStep = (now) => plug.poll(now);
  line.nextOther = () => plug.nextDeadline();
  line.open();
  return {
    line,
    bus: line.host,
    cable: tapOf(plug),
    until: async (isDone) => line.run(isDone, LONG),
    // Time enough for a full receive queue on a slow line.
    settle: async () => void line.run(() => false, seconds(options.baud === undefined ? 1 : 10)),
    close: async () => {},
  };
}

/** Drives a mock board at the far end of a stream, in real time, until the stream closes. */
export function serveMock(stream: Duplex, clock: Clock, board: BoardLink, plug: TapPlug): void {
  let timer: NodeJS.Timeout | undefined;
  const turn = (): void => {
    clearTimeout(timer);
    const now = clock.now();
    plug.poll(now);
    board.poll(now);
    for (let cell = board.pull(now); cell !== undefined; cell = board.pull(now)) stream.write(cell.slice());
    const next = earliest(board.nextDeadline(), plug.nextDeadline());
    if (next !== undefined && !stream.destroyed) timer = setTimeout(turn, Math.max(0, (next - now) / 1_000));
  };
  stream.on('data', (bytes: Uint8Array) => {
    board.receive(bytes, clock.now());
    turn();
  });
  stream.on('error', () => {});
  stream.on('close', () => clearTimeout(timer));
  turn();
}

/** A bus in real time, polled as a host does it. */
export function inRealTime(bus: RegisterBus & Pick<LinkBus, 'stop'>, clock: Clock): Omit<BoardFixture, 'cable'> {
  const pass = async (isDone: () => boolean, ms: number): Promise<boolean> => {
    const end = clock.now() + ms * 1_000;
    while (clock.now() < end) {
      bus.poll(clock.now());
      if (isDone()) return true;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return false;
  };
  return {
    bus,
    until: (isDone) => pass(isDone, 8_000),
    settle: async () => void (await pass(() => false, 50)),
    close: () => bus.stop(),
  };
}

export const mockBehindLink = (plug: TapPlug): BoardLink => new BoardLink(new MockBoard(plug));
