/** The transmission control block of RFC 9293 §3.3.1: what a connection is, and how it goes from state to state (§3.3.2). */
import { after, type Duration, earliest, type Instant, seconds } from '../../base/time.ts';
import type { Internet } from '../../network/internet.ts';
import type { Endpoint } from '../ports.ts';
import type { Settings } from './options.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import type { Seq } from './seq.ts';
import { deadline } from './timer.ts';

export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** Why a connection ended otherwise than by both sides' FIN. */
export type TcpError =
  | 'ECONNRESET'
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  /** The owner itself ended it. */
  | 'ECONNABORTED';

/** What was thrown away, and why. */
export type TcpDrop =
  | 'tcp:truncated'
  | 'tcp:bad-offset'
  | 'tcp:bad-checksum'
  | 'tcp:bad-address'
  | 'tcp:no-socket'
  | 'tcp:listen-no-syn'
  | 'tcp:backlog-full'
  | 'tcp:table-full'
  | 'tcp:out-of-window'
  | 'tcp:bad-reset'
  | 'tcp:bad-ack'
  | 'tcp:no-ack'
  | 'tcp:unexpected-syn'
  | 'tcp:too-many-gaps'
  | 'tcp:after-close'
  | 'tcp:replies-full'
  | 'tcp:not-sent';

/** What a control block asks of the engine that holds it. */
export interface Owner {
  readonly internet: Internet;
  readonly now: Instant;
  /** There is something to send or to tell at the next poll. */
  touch(block: ControlBlock): void;
  /** It has reached CLOSED: nothing finds it any more. */
  remove(block: ControlBlock): void;
  /** The handshake of a passive connection is over. */
  established(block: ControlBlock): void;
  /** A RST goes out at the next poll, `ack` with the ACK bit where it is given. */
  reset(local: Endpoint, remote: Endpoint, seq: Seq, ack: Seq | undefined): void;
  drop(reason: TcpDrop, now: Instant, bytes?: Uint8Array): void;
}

// An application that has closed cannot see a peer that never does: Linux' tcp_fin_timeout.
const ORPHAN_TIMEOUT = seconds(60);
const CHALLENGES_PER_SECOND = 10; // RFC 5961 §7, for each connection so that no other can be probed by it

export class ControlBlock {
  readonly owner: Owner;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly settings: Settings;
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** MUST-11: came from LISTEN. */
  readonly passive: boolean;
  error: TcpError | undefined;
  /** What a soft ICMP error said last (RFC 9293 §3.9.2.2): the reason to give if the peer stays silent. */
  softError: TcpError | undefined;
  /** The application has let go: what still comes is for nobody. */
  released = false;
  /** The owner can see something new, and has not been told. */
  changed = false;
  onChange: (() => void) | undefined;
  #state: TcpState;
  // TIME-WAIT, or FIN-WAIT-2 of a released connection, ends here.
  #endsAt: Instant | undefined;
  #challengesSince = 0 as Instant;
  #challenges = 0;

  constructor(owner: Owner, local: Endpoint, remote: Endpoint, iss: Seq, settings: Settings, passive: boolean) {
    this.owner = owner;
    this.local = local;
    this.remote = remote;
    this.settings = settings;
    this.passive = passive;
    this.#state = passive ? 'SYN-RECEIVED' : 'SYN-SENT';
    this.sender = new Sender(iss, settings, owner.now);
    this.receiver = new Receiver(settings);
    this.receiver.mss = owner.internet.payloadLimit(remote.ip) - 20; // MUST-67; S41: MTU minus headers
  }

  get state(): TcpState {
    return this.#state;
  }

  /** The three states in which the application's data may still come. */
  get receives(): boolean {
    return this.#state === 'ESTABLISHED' || this.#state === 'FIN-WAIT-1' || this.#state === 'FIN-WAIT-2';
  }

  enter(state: TcpState, now: Instant = this.owner.now): void {
    this.#state = state;
    this.#endsAt = undefined;
    if (state === 'TIME-WAIT') this.restartTimeWait(now);
    else if (state === 'FIN-WAIT-2' && this.released) this.#endsAt = after(now, ORPHAN_TIMEOUT);
    else if (state === 'CLOSED') {
      this.receiver.delayedAt = undefined;
      this.owner.remove(this);
    }
    this.#freeBuffers();
    this.change();
  }

  /** What no one can need any more: TIME-WAIT is long, and a server may have thousands. */
  #freeBuffers(): void {
    if (this.#state !== 'TIME-WAIT' && this.#state !== 'CLOSED') return;
    this.sender.abandon();
    if (this.released) this.receiver.queue.clear();
  }

  restartTimeWait(now: Instant): void {
    this.#endsAt = after(now, (2 * this.settings.msl) as Duration);
  }

  change(): void {
    this.changed = true;
    this.owner.touch(this);
  }

  establish(now: Instant): void {
    this.sender.open();
    this.enter(this.sender.finQueued ? 'FIN-WAIT-1' : 'ESTABLISHED', now);
    if (this.passive) this.owner.established(this);
  }

  /** The end, at once and without a word to the peer. */
  fail(error: TcpError): void {
    this.error = error;
    this.enter('CLOSED');
  }

  /** No more data from us: the FIN goes after what is queued (RFC 9293 §3.10.4). */
  finish(): void {
    if (this.sender.finQueued) return;
    this.sender.finQueued = true;
    if (this.#state === 'ESTABLISHED') this.enter('FIN-WAIT-1');
    else if (this.#state === 'CLOSE-WAIT') this.enter('LAST-ACK');
    this.owner.touch(this);
  }

  /** RFC 9293 §3.10.5: a RST where the peer may know of us. */
  abort(error: TcpError): void {
    const state = this.#state;
    if (state === 'CLOSED') return;
    if (state !== 'SYN-SENT' && state !== 'CLOSING' && state !== 'LAST-ACK' && state !== 'TIME-WAIT')
      this.owner.reset(this.local, this.remote, this.sender.nxt, this.receiver.nxt);
    this.fail(error);
  }

  /** The application lets go of the connection; a FIN-WAIT-2 that has begun gets its end. */
  release(): void {
    this.released = true;
    if (this.#state === 'FIN-WAIT-2') this.#endsAt = after(this.owner.now, ORPHAN_TIMEOUT);
    this.#freeBuffers();
    this.owner.touch(this);
  }

  /** An ACK to a segment that looks like an attack, or a lost peer: RFC 5961 §3 to §5, with its limit. */
  challenge(now: Instant): void {
    if (now - this.#challengesSince >= seconds(1)) {
      this.#challengesSince = now;
      this.#challenges = 0;
    }
    if (this.#challenges++ < CHALLENGES_PER_SECOND) this.receiver.acknowledgeNow();
  }

  nextDeadline(): Instant | undefined {
    if (this.#state === 'CLOSED') return;
    return earliest(earliest(deadline(this.sender.timer), this.receiver.delayedAt), this.#endsAt);
  }

  /** Does what is due. */
  onDeadline(now: Instant): void {
    const sending = deadline(this.sender.timer);
    if (this.#endsAt !== undefined && this.#endsAt <= now) this.enter('CLOSED', now);
    else if (sending !== undefined && sending <= now && !this.sender.onTimer(now))
      this.fail(this.softError ?? 'ETIMEDOUT');
    else if (this.receiver.delayedAt !== undefined && this.receiver.delayedAt <= now) this.receiver.onTimer();
    this.owner.touch(this);
  }
}
