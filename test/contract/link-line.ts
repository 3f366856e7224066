/** Both ends of the serial link and the line between them, in virtual time. */
import type { Random } from '../../src/base/random.ts';
import { type Duration, earliest, type Instant, ManualClock } from '../../src/base/time.ts';
import type { BoardDevice } from '../../src/bridge/link/board-device.ts';
import { BoardLink } from '../../src/bridge/link/board-link.ts';
import { HostLink } from '../../src/bridge/link/host-link.ts';
import type { Tracer } from '../../src/trace/event.ts';
import { FaultyPipe, type LineOptions } from './faulty-pipe.ts';

export interface LinkLineOptions extends LineOptions {
  readonly random: Random;
  readonly device: BoardDevice;
  readonly trace?: Tracer | undefined;
}

export class LinkLine {
  readonly clock = new ManualClock();
  readonly host: HostLink;
  /** Another one in its place is a board that was started anew. */
  board: BoardLink;
  readonly up: FaultyPipe;
  readonly down: FaultyPipe;
  /** Called once in each step, before cells are sent. */
  onStep: (now: Instant) => void = () => {};
  /** Something else that has a next event: a cable. */
  nextOther: () => Instant | undefined = () => undefined;

  constructor(options: LinkLineOptions) {
    this.host = new HostLink({ random: options.random, name: 'test', trace: options.trace });
    this.board = new BoardLink(options.device);
    this.up = new FaultyPipe(options.random, options);
    this.down = new FaultyPipe(options.random, options);
  }

  /** Opens a session and waits for it. */
  open(): this {
    this.host.open(this.clock.now());
    if (!this.run(() => this.host.isOpen)) throw new Error('no session');
    return this;
  }

  /** Goes on until `isDone`; false: not within `limit` (default 60 s). */
  run(isDone: () => boolean, limit = 60e6 as Duration): boolean {
    const end = this.clock.now() + limit;
    for (;;) {
      this.#step(this.clock.now());
      if (isDone()) return true;
      const next = this.#next();
      if (next === undefined || next > end) {
        this.clock.moveTo(end as Instant);
        return false;
      }
      this.clock.moveTo(next);
    }
  }

  #step(now: Instant): void {
    for (const bytes of this.up.take(now)) this.board.receive(bytes, now);
    for (const bytes of this.down.take(now)) this.host.receive(bytes, now);
    this.host.poll(now);
    this.board.poll(now);
    this.onStep(now);
    pump(this.host, this.up, now);
    pump(this.board, this.down, now);
  }

  #next(): Instant | undefined {
    const now = this.clock.now();
    const arrival = earliest(this.up.nextArrival, this.down.nextArrival);
    const host = this.up.hasRoom(now) ? this.host.nextDeadline() : this.up.roomAt;
    const board = this.down.hasRoom(now) ? this.board.nextDeadline() : this.down.roomAt;
    return earliest(earliest(arrival, this.nextOther()), earliest(host, board));
  }
}

function pump(end: { pull(now: Instant): Uint8Array | undefined }, line: FaultyPipe, now: Instant): void {
  while (line.hasRoom(now)) {
    const cell = end.pull(now);
    if (cell === undefined) return;
    line.write(cell, now);
  }
}
