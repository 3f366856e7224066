/** The host's end of the serial link as an engine: a register bus above, cells below. hw/LINK.md sections 4 to 6. */
import { LanError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { after, earliest, type Instant, milliseconds, START, seconds } from '../../base/time.ts';
import type { Tracer } from '../../trace/event.ts';
import type { BlockDone, BoardIdentity, BusClient, ReadDone, RegisterBus } from '../register-bus.ts';
import { Aligner } from './aligner.ts';
import { ByteQueue } from './byte-queue.ts';
import { CELL, CellView, WINDOW_MAX } from './cell.ts';
import { GreetingView, PROTOCOL, tagOf, writeHello } from './greeting.ts';
import { HostRequests } from './host-requests.ts';
import { takeAnswer, UNKNOWN } from './operations.ts';
import { Reliable } from './reliable.ts';

const HELLO_EVERY = milliseconds(100); // 4.1
const GIVE_UP_AFTER = seconds(3); // 4.1
const HEARTBEAT_AFTER = milliseconds(500); // 4.4
const GONE_AFTER = seconds(2); // 4.4
const SESSION_KEPT = seconds(30); // 4.4

type Session =
  | { readonly kind: 'closed' }
  /** HELLO goes out until it is answered. `giveUpAt` is undefined where a session is wanted again however long it takes. */
  | { readonly kind: 'greeting'; readonly giveUpAt: Instant | undefined; helloAt: Instant; said: boolean }
  /** The session is kept, and HELLO asks the board to go on with it. */
  | { readonly kind: 'resuming'; readonly lostAt: Instant; helloAt: Instant; said: boolean }
  | { readonly kind: 'open'; heardAt: Instant; pingAt: Instant }
  | { readonly kind: 'failed'; readonly error: LanError };

export interface HostLinkOptions {
  /** Of the nonces. */
  readonly random: Random;
  /** For messages: `serial:/dev/ttyACM0`. */
  readonly name?: string;
  readonly trace?: Tracer | undefined;
}

/**
 * Driven by its owner: `receive` with what came, `poll`, then `pull` until it gives nothing or the line has no room. The client is called
 * from `receive`, `poll`, `cut` and `close`, so the owner calls these from its own poll.
 */
export class HostLink implements RegisterBus {
  readonly #random: Random;
  readonly #name: string;
  readonly #trace: Tracer | undefined;
  readonly #aligner = new Aligner((cell) => this.#onCell(cell));
  readonly #requests = new HostRequests();
  readonly #incoming = new ByteQueue();
  readonly #cells: Reliable;
  readonly #hello = new CellView();
  #session: Session = { kind: 'closed' };
  #isCut = false;
  #nonce = 0;
  #identity: BoardIdentity | undefined;
  #client: BusClient | undefined;
  #untold = false;
  /** Something may be there to pull. */
  #stirred = false;
  #strayCells = 0;
  #now: Instant = START;

  constructor(options: HostLinkOptions) {
    this.#random = options.random;
    this.#name = options.name ?? 'the board';
    this.#trace = options.trace;
    this.#cells = new Reliable({
      fill: (space) => this.#requests.fill(space),
      deliver: (payload) => this.#deliver(payload),
      capacity: () => WINDOW_MAX,
    });
  }

  /** A session exists, if perhaps on a line that is cut: operations are kept for it. */
  get isOpen(): boolean {
    return this.#identity !== undefined;
  }
  get identity(): BoardIdentity | undefined {
    return this.#identity;
  }
  /** Why there will be no session until `open` is called again: LINK_NO_ANSWER or LINK_PROTOCOL. */
  get failure(): LanError | undefined {
    return this.#session.kind === 'failed' ? this.#session.error : undefined;
  }
  get room(): number {
    return this.#requests.room;
  }
  /** Bytes of an unfinished cell that the aligner holds. */
  get held(): number {
    return this.#aligner.held;
  }
  /** Since the start: cells sent again; stretches of bytes that were no cell; cells that belonged to no session. */
  get counters(): { readonly resent: number; readonly badStretches: number; readonly strayCells: number } {
    return { resent: this.#cells.resent, badStretches: this.#aligner.badStretches, strayCells: this.#strayCells };
  }

  attach(client: BusClient): void {
    this.#client = client;
    this.#untold = this.isOpen;
    this.#stirred = true;
  }

  /** Wants a session from now on. Fails after 3 s without an answer, or at `latest` if that is before, if it is the first. */
  open(now: Instant, latest?: Instant): void {
    this.#now = now;
    this.#newSession(earliest(after(now, GIVE_UP_AFTER), latest));
  }

  /** Wants none any more. */
  close(now: Instant): void {
    this.#now = now;
    if (this.#session.kind === 'closed') return;
    this.#session = { kind: 'closed' };
    this.#lose('closed');
    this.#note('closed', this.#name);
  }

  /** The transport is closed: nothing can be sent until `reconnected`. The session is kept for 30 s. */
  cut(now: Instant): void {
    this.#now = now;
    this.#isCut = true;
    this.#aligner.clear();
    if (this.#session.kind === 'open') this.#resume('the transport closed');
  }

  reconnected(now: Instant): void {
    this.#now = now;
    this.#isCut = false;
    if (this.#session.kind === 'resuming' || this.#session.kind === 'greeting') {
      this.#session.helloAt = now;
      this.#session.said = false;
    }
  }

  write(address: number, value: number): void {
    if (!this.isOpen) return;
    this.#requests.write(address, value);
    this.#stirred = true;
  }

  read(address: number, done: ReadDone): void {
    if (this.isOpen) this.#requests.read(address, done);
    else done(undefined);
    this.#stirred = true;
  }

  writeBlock(address: number, bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#requests.writeBlock(address, bytes);
    this.#stirred = true;
  }

  readBlock(address: number, length: number, done: BlockDone): void {
    if (this.isOpen) this.#requests.readBlock(address, length, done);
    else done(undefined);
    this.#stirred = true;
  }

  /** Bytes from the line, borrowed until return. */
  receive(bytes: Uint8Array, now: Instant): void {
    this.#now = now;
    const session = this.#session;
    const isDeaf = session.kind === 'closed' || session.kind === 'failed';
    // What lies on the line from before the first HELLO belongs to nobody.
    if (isDeaf || (session.kind === 'greeting' && !session.said)) return;
    this.#aligner.push(bytes);
    this.#stirred = true;
  }

  poll(now: Instant): void {
    this.#now = now;
    if (this.#untold && this.#identity !== undefined) {
      this.#untold = false;
      this.#client?.onOpen(this.#identity);
      if (this.#session.kind === 'resuming') this.#client?.onSuspended?.('the board cannot be reached');
    }
    const session = this.#session;
    if (session.kind === 'greeting' && session.giveUpAt !== undefined && now >= session.giveUpAt) {
      this.#fail(
        'LINK_NO_ANSWER',
        `${this.#name} did not answer; is a board with glassnic firmware there, and is the baud rate its own?`,
      );
    } else if (session.kind === 'resuming' && now >= after(session.lostAt, SESSION_KEPT)) {
      this.#lose('no answer for 30 s');
      this.#newSession(undefined);
    } else if (session.kind === 'open') this.#watch(session, now);
  }

  /** The next cell for the line, filled with what there is at this moment. Borrowed until the next call of anything here. */
  pull(now: Instant): Uint8Array | undefined {
    this.#now = now;
    if (this.#isCut) return;
    const session = this.#session;
    let cell: CellView | undefined;
    if (session.kind === 'open') cell = this.#cells.pull(now);
    else if ((session.kind === 'greeting' || session.kind === 'resuming') && now >= session.helloAt) {
      session.helloAt = after(now, HELLO_EVERY);
      session.said = true;
      cell = this.#greet(session.kind === 'resuming');
    }
    this.#stirred = cell !== undefined;
    if (cell === undefined) return;
    const again = session.kind === 'open' && this.#cells.wasRepeated;
    this.#trace?.({ kind: 'cell', at: now, direction: 'out', bytes: cell.bytes, again });
    return cell.bytes;
  }

  nextDeadline(): Instant | undefined {
    if (this.#isCut) return this.sessionDeadline();
    if (this.#stirred) return START;
    const session = this.#session;
    const cells = session.kind === 'open' ? this.#cells.nextDeadline() : undefined;
    const hello = session.kind === 'greeting' || session.kind === 'resuming' ? session.helloAt : undefined;
    return earliest(earliest(cells, hello), this.sessionDeadline());
  }

  /** As nextDeadline, for an owner whose line has no room: what is due though nothing can be sent. */
  sessionDeadline(): Instant | undefined {
    if (this.#untold && this.isOpen) return START;
    const session = this.#session;
    switch (session.kind) {
      case 'greeting':
        return session.giveUpAt;
      case 'resuming':
        return after(session.lostAt, SESSION_KEPT);
      case 'open':
        return earliest(session.pingAt, after(session.heardAt, GONE_AFTER));
      default:
        return;
    }
  }

  #watch(session: Session & { kind: 'open' }, now: Instant): void {
    // The very sum that is the deadline: a difference may be rounded to less.
    if (now >= after(session.heardAt, GONE_AFTER)) {
      this.#resume('silent for 2 s');
    } else if (now >= session.pingAt) {
      session.pingAt = after(now, HEARTBEAT_AFTER);
      this.#cells.ping();
      this.#stirred = true;
    }
  }

  #greet(resume: boolean): CellView {
    this.#hello.fill(writeHello(this.#hello.space, this.#nonce, resume));
    return this.#cells.seal(this.#hello, CELL.hello);
  }

  #onCell(cell: CellView): void {
    this.#trace?.({ kind: 'cell', at: this.#now, direction: 'in', bytes: cell.bytes, again: false });
    const session = this.#session;
    if (cell.tag !== tagOf(this.#nonce)) this.#strayCells++;
    else if (session.kind === 'greeting' || session.kind === 'resuming') this.#onGreeting(cell);
    else if (session.kind === 'open' && cell.type >= CELL.data) {
      session.heardAt = this.#now;
      session.pingAt = after(this.#now, HEARTBEAT_AFTER);
      this.#cells.receive(cell, this.#now);
    } else this.#strayCells++;
  }

  #onGreeting(cell: CellView): void {
    const greeting = new GreetingView(cell.payload);
    const isAnswer = (cell.type === CELL.welcome || cell.type === CELL.refuse) && greeting.isGreeting;
    if (!isAnswer) {
      this.#strayCells++;
    } else if (cell.type === CELL.refuse || greeting.protocol !== PROTOCOL) {
      const detail = `${this.#name} speaks link protocol ${greeting.protocol}, this glassnic speaks ${PROTOCOL}`;
      this.#fail('LINK_PROTOCOL', `${detail}: flash the firmware that came with it (glassnic flash)`);
    } else if (greeting.isWelcome && greeting.nonce === this.#nonce) this.#onWelcome(cell, greeting);
    else this.#strayCells++;
  }

  #onWelcome(cell: CellView, greeting: GreetingView): void {
    const now = this.#now;
    if (greeting.resume && this.#session.kind === 'resuming') {
      if (!this.#cells.fits(cell.ack)) {
        this.#lose('the board is in another session');
        this.#newSession(undefined);
        return;
      }
      this.#hasOpened();
      this.#cells.greet(cell.ack, cell.credit, now);
      this.#cells.resume(now);
      this.#note('resumed', greeting.identity.name);
      if (!this.#untold) this.#client?.onResumed?.();
      return;
    }
    if (greeting.resume) {
      // Only a board that was asked to resume may say so: this one's session cannot be ours.
      this.#newSession(undefined);
      return;
    }
    this.#lose('the board has begun anew');
    this.#begin();
    this.#hasOpened();
    this.#cells.greet(0, cell.credit, now);
    this.#identity = greeting.identity;
    this.#note('open', greeting.identity.name);
    this.#client?.onOpen(this.#identity);
  }

  #hasOpened(): void {
    this.#session = { kind: 'open', heardAt: this.#now, pingAt: after(this.#now, HEARTBEAT_AFTER) };
  }

  #newSession(giveUpAt: Instant | undefined): void {
    do this.#nonce = this.#random.u32();
    while (this.#nonce === 0);
    this.#session = { kind: 'greeting', giveUpAt, helloAt: this.#now, said: false };
    this.#begin();
    this.#note('connecting', this.#name);
  }

  #begin(): void {
    this.#cells.begin(tagOf(this.#nonce));
    this.#incoming.clear();
    this.#stirred = true;
  }

  #resume(reason: string): void {
    this.#session = { kind: 'resuming', lostAt: this.#now, helloAt: this.#now, said: false };
    this.#note('connecting', reason);
    if (!this.#untold) this.#client?.onSuspended?.(reason);
  }

  /** The session is over: reads complete, the client is told. */
  #lose(reason: string): void {
    if (this.#identity === undefined) return;
    this.#identity = undefined;
    const wasTold = !this.#untold;
    this.#untold = false;
    this.#requests.abort();
    this.#note('lost', reason);
    if (wasTold) this.#client?.onLost(reason);
  }

  #fail(code: string, message: string): void {
    this.#session = { kind: 'failed', error: new LanError(code, message) };
    this.#lose(message);
  }

  #note(state: 'connecting' | 'open' | 'resumed' | 'lost' | 'closed', detail: string): void {
    this.#trace?.({ kind: 'link', at: this.#now, state, detail });
  }

  /** The next bytes of the board's operation stream. */
  #deliver(payload: Uint8Array): void {
    if (this.#session.kind !== 'open') return;
    this.#incoming.append(payload);
    let rest = this.#incoming.view;
    let taken = takeAnswer(rest, this.#answers);
    for (; taken > 0; taken = takeAnswer(rest, this.#answers)) rest = rest.subarray(taken);
    this.#incoming.drop(this.#incoming.length - rest.length);
    if (taken !== UNKNOWN) return;
    this.#lose('the board sent what cannot be understood');
    this.#newSession(undefined);
  }

  readonly #answers = {
    onValue: (address: number, value: number): boolean => this.#requests.onValue(address, value),
    onBlock: (address: number, bytes: Uint8Array): boolean => this.#requests.onBlock(address, bytes),
    onEvent: (event: Parameters<BusClient['onEvent']>[0]): void => this.#client?.onEvent(event),
  };
}
