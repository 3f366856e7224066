/** A connection as its owner holds it. No call here sends anything: the stack's next poll does. */
import { between, type Duration } from '../../base/time.ts';
import type { Endpoint } from '../ports.ts';
import type { ControlBlock, TcpError, TcpState } from './control-block.ts';

/** Control information for a `netstat`-like dump (S9–S12). Sequence numbers are absolute, lengths in octets, times in µs. */
export interface TcpSnapshot {
  readonly state: TcpState;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly error: TcpError | undefined;
  readonly send: {
    readonly iss: number;
    readonly una: number;
    readonly nxt: number;
    /** What the peer announced. */
    readonly window: number;
    readonly mss: number;
    /** Written and not acknowledged, sent or not. */
    readonly queued: number;
    /** Sequence space sent and not acknowledged: the answer is awaited. */
    readonly outstanding: number;
    readonly congestionWindow: number;
    readonly slowStartThreshold: number;
  };
  readonly receive: {
    readonly irs: number;
    readonly nxt: number;
    /** What we announced. */
    readonly window: number;
    /** To be read. */
    readonly queued: number;
    /** Waiting behind a gap. */
    readonly outOfOrder: number;
  };
  readonly rto: Duration;
  readonly smoothedRtt: Duration | undefined;
  /** Since the last segment with data, SYN or FIN went out. */
  readonly sinceLastSend: Duration | undefined;
}

export class TcpConnection {
  readonly #block: ControlBlock;

  constructor(block: ControlBlock) {
    this.#block = block;
  }

  get state(): TcpState {
    return this.#block.state;
  }
  get local(): Endpoint {
    return this.#block.local;
  }
  get remote(): Endpoint {
    return this.#block.remote;
  }
  /** Why the connection is over, if not by both sides' FIN (MUST-12). */
  get error(): TcpError | undefined {
    return this.#block.error;
  }
  /** What ICMP said lately without ending the connection (MUST-47). */
  get softError(): TcpError | undefined {
    return this.#block.softError;
  }

  /** Something the owner can see has changed: state, error, room to write, data to read. Called from the stack's poll only. */
  get onChange(): (() => void) | undefined {
    return this.#block.onChange;
  }
  set onChange(tell: (() => void) | undefined) {
    this.#block.onChange = tell;
  }

  /** Octets that `write` would take now. Data may be written before the connection is up. */
  get writable(): number {
    const { state, sender } = this.#block;
    const open = state === 'ESTABLISHED' || state === 'CLOSE-WAIT' || state === 'SYN-SENT' || state === 'SYN-RECEIVED';
    return open && !sender.finQueued ? sender.queue.room : 0;
  }

  /** Copies what fits into the send queue, and says how much that was. */
  write(bytes: Uint8Array): number {
    const room = this.writable;
    if (room === 0 || bytes.length === 0) return 0;
    const written = this.#block.sender.queue.write(bytes);
    this.#block.owner.touch(this.#block);
    return written;
  }

  /** Octets that `read` would give now. */
  get readable(): number {
    return this.#block.receiver.queue.length;
  }

  /** Copies what is there, as much as fits, and says how much that was. */
  read(into: Uint8Array): number {
    const { receiver } = this.#block;
    const length = receiver.read(into);
    if (length > 0 && receiver.wantsUpdate) this.#block.owner.touch(this.#block);
    return length;
  }

  /** The peer has sent its FIN and everything before it has been read (S64). */
  get atEnd(): boolean {
    return this.#block.receiver.finished && this.readable === 0;
  }

  /** Nagle off: small segments go at once (S44). */
  get noDelay(): boolean {
    return this.#block.sender.noDelay;
  }
  set noDelay(on: boolean) {
    this.#block.sender.noDelay = on;
    this.#block.owner.touch(this.#block);
  }

  /** No more data from us: the FIN goes out after what was written. Reading goes on. */
  shutdown(): void {
    const { state } = this.#block;
    if (state !== 'CLOSED' && state !== 'TIME-WAIT') this.#block.finish();
  }

  /** Shuts down and lets go; the stack finishes alone. With data unread the peer gets a RST: they were not taken (RFC 1122 4.2.2.13, RFC 2525 §2.17). */
  close(): void {
    const block = this.#block;
    const isUnread = this.readable > 0 && !block.receiver.finished;
    block.release();
    if (block.state === 'SYN-SENT') block.enter('CLOSED');
    else if (isUnread) block.abort('ECONNABORTED');
    else this.shutdown();
  }

  /** Ends the connection at once: the peer gets a RST, what is queued is thrown away. */
  abort(): void {
    this.#block.abort('ECONNABORTED');
  }

  snapshot(): TcpSnapshot {
    const { state, local, remote, error, sender, receiver, owner } = this.#block;
    return {
      state,
      local,
      remote,
      error,
      send: {
        iss: sender.iss,
        una: sender.una,
        nxt: sender.nxt,
        window: sender.window,
        mss: sender.mss,
        queued: sender.queue.length,
        outstanding: sender.outstanding,
        congestionWindow: sender.congestion.window,
        slowStartThreshold: sender.congestion.threshold,
      },
      receive: {
        irs: receiver.irs,
        nxt: receiver.nxt,
        window: receiver.window,
        queued: receiver.queue.length,
        outOfOrder: receiver.queue.outOfOrder,
      },
      rto: sender.rtt.rto,
      smoothedRtt: sender.rtt.smoothed,
      sinceLastSend: sender.lastSentAt === undefined ? undefined : between(sender.lastSentAt, owner.now),
    };
  }
}
