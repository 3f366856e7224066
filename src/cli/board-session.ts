/** One session with a board, without a card on it: its registers, its events, its end. What `selftest` and `flash` talk to. */
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { after, type Clock, type Duration, earliest, type Instant, seconds } from '../base/time.ts';
import type { BoardEvent, BoardIdentity, BusClient, RegisterBus } from '../bridge/register-bus.ts';
import { BOARD_REGISTERS, board } from '../bridge/registers.ts';
import type { Transport } from '../bridge/transports/transport.ts';
import { Loop, SystemClock } from '../host.ts';
import { prepareBoard } from '../open-board.ts';
import { orAborted } from '../or-aborted.ts';

/** A board that is there answers within this, also one that an emulator runs more slowly than it should. */
const ANSWER_WITHIN = seconds(5);
/** Events that wait to be asked for; what comes then is dropped: a test that asks for frames asks one at a time. */
const EVENTS_MAX = 64;

/** What a session runs on: in real time, or in a test's. */
export interface SessionBench {
  readonly bus: RegisterBus;
  readonly clock: Clock;
  /** Lets time pass until `isDone`; false where `within` passes before. */
  until(isDone: () => boolean, within: Duration): Promise<boolean>;
}

export class BoardSession implements BusClient {
  readonly #bench: SessionBench;
  #identity: BoardIdentity | undefined;
  #events: BoardEvent[] = [];
  #end: string | undefined;

  constructor(bench: SessionBench) {
    this.#bench = bench;
    bench.bus.attach(this);
  }

  onOpen(identity: BoardIdentity): void {
    this.#identity = identity;
  }
  onEvent(event: BoardEvent): void {
    if (this.#events.length >= EVENTS_MAX) return;
    this.#events.push(event.kind === 'received' ? { ...event, bytes: event.bytes.slice() } : event);
  }
  onLost(reason: string): void {
    this.#end ??= reason;
  }
  onSuspended(reason: string): void {
    this.#end ??= reason;
  }

  /** Why the board cannot be reached any more; undefined: it can. */
  get end(): string | undefined {
    return this.#end;
  }

  now(): Instant {
    return this.#bench.clock.now();
  }

  /** Who answered. */
  async identity(): Promise<BoardIdentity> {
    await this.until(() => this.#identity !== undefined, ANSWER_WITHIN);
    if (this.#identity === undefined) throw this.#lost();
    return this.#identity;
  }

  until(isDone: () => boolean, within: Duration): Promise<boolean> {
    return this.#bench.until(isDone, within);
  }

  pause(time: Duration): Promise<boolean> {
    return this.until(() => false, time);
  }

  write(address: number, value: number): void {
    this.#bench.bus.write(address, value);
  }

  writeBlock(address: number, bytes: Uint8Array): void {
    this.#bench.bus.writeBlock(address, bytes);
  }

  /** Rejects with LINK_LOST where no answer comes. */
  async read(address: number): Promise<number> {
    const [value = 0] = await this.readAll([address]);
    return value;
  }

  /** As read, with all the questions under way together. */
  readAll(addresses: readonly number[]): Promise<readonly number[]> {
    return this.#answers(addresses.length, (take) => {
      for (const address of addresses) this.#bench.bus.read(address, take);
    });
  }

  /** Writes each value to `address` and reads it back, all under way together. */
  writeAndRead(address: number, values: readonly number[]): Promise<readonly number[]> {
    return this.#answers(values.length, (take) => {
      for (const value of values) {
        this.#bench.bus.write(address, value);
        this.#bench.bus.read(address, take);
      }
    });
  }

  /** A PHY's registers by clause 22 frames; 0xffff where none answers. */
  async readPhy(...places: readonly { readonly phy: number; readonly register: number }[]): Promise<readonly number[]> {
    const frames = places.map((place) => board.pack('MDIO', place));
    const values = await this.writeAndRead(BOARD_REGISTERS.MDIO.address, frames);
    return values.map((value) => board.get('MDIO', 'data', value));
  }

  writePhy(phy: number, register: number, data: number): void {
    this.write(BOARD_REGISTERS.MDIO.address, board.pack('MDIO', { phy, register, data, write: true }));
  }

  /** What came since the last call, oldest first. */
  takeEvents(): readonly BoardEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  async #answers(count: number, ask: (take: (value: number | undefined) => void) => void): Promise<readonly number[]> {
    const values: (number | undefined)[] = [];
    ask((value) => values.push(value));
    await this.until(() => values.length === count, ANSWER_WITHIN);
    const known = values.filter((value) => value !== undefined);
    if (known.length < count) throw this.#lost();
    return known;
  }

  #lost(): LanError {
    const why = this.#end === undefined ? '' : ` (${this.#end})`;
    return new LanError('LINK_LOST', `the board does not answer any more${why}: check its cable and power`);
  }
}

export interface SessionRequest {
  /** As `--board` says it. */
  readonly board: string;
  /** As `--cable` says it. */
  readonly cable: string;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told the transport before the session is opened: the line is then free for other talk. */
  readonly before?: (transport: Transport) => Promise<void>;
}

/** Opens a session, runs `work` on it and closes it, however `work` ends. Rejects with the LanError of what was not to be had. */
export async function withSession<T>(request: SessionRequest, work: (session: BoardSession) => Promise<T>): Promise<T> {
  const clock = new SystemClock();
  const { bus, transport, engines, devices } = await prepareBoard({ ...request, clock });
  const loop = new Loop(clock);
  const pump = new Pump(bus, clock, loop.wake);
  for (const engine of engines) loop.add(engine);
  try {
    for (const device of devices) {
      // The bus is the device that opens the session.
      const isBus = (device as unknown) === bus;
      if (isBus && transport !== undefined) await request.before?.(transport);
      await orAborted(request.signal, loop.start(device));
    }
    const session = new BoardSession(pump);
    loop.add(pump);
    return await work(session);
  } finally {
    await loop.stop();
  }
}

/** Polls the bus in real time, as a host would, and looks whether what is waited for has come. */
class Pump implements Engine, SessionBench {
  readonly bus: RegisterBus;
  readonly clock: Clock;
  readonly #wake: () => void;
  #wait:
    | { readonly isDone: () => boolean; readonly deadline: Instant; readonly end: (isDone: boolean) => void }
    | undefined;

  constructor(bus: RegisterBus, clock: Clock, wake: () => void) {
    this.bus = bus;
    this.clock = clock;
    this.#wake = wake;
  }

  until(isDone: () => boolean, within: Duration): Promise<boolean> {
    return new Promise((end) => {
      this.#wait = { isDone, deadline: after(this.clock.now(), within), end };
      this.#wake();
    });
  }

  poll(now: Instant): void {
    this.bus.poll(now);
    const wait = this.#wait;
    if (wait === undefined) return;
    const isDone = wait.isDone();
    if (!isDone && now < wait.deadline) return;
    this.#wait = undefined;
    wait.end(isDone);
  }

  nextDeadline(): Instant | undefined {
    return earliest(this.bus.nextDeadline(), this.#wait?.deadline);
  }
}
