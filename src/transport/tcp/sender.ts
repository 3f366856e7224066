/** The sending half of a connection: the SND variables of RFC 9293 §3.3.1, what may go out now, and what its loss means. */
import { after, between, type Duration, type Instant, seconds } from '../../base/time.ts';
import type { TcpOptionFields } from '../../wire/tcp-options.ts';
import { type CongestionControl, Reno } from './congestion.ts';
import { InFlight, MAX_IN_FLIGHT, UNKNOWN } from './in-flight.ts';
import type { Settings } from './options.ts';
import { RttEstimator } from './rtt.ts';
import { SendQueue } from './send-queue.ts';
import { distance, isAfter, plus, type Seq, seq } from './seq.ts';
import { IDLE, type Timer } from './timer.ts';

/** Sends `length` of sequence space from `seq` on; false: no place now. */
export type Transmit = (seq: Seq, length: number, now: Instant) => boolean;

const DUP_THRESHOLD = 3; // RFC 5681 §3.2
const DEFAULT_MSS = 536; // MUST-15
const MAX_PROBE_DELAY = seconds(60);

const later = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

export class Sender {
  readonly queue: SendQueue;
  readonly flight = new InFlight();
  readonly rtt: RttEstimator;
  readonly congestion: CongestionControl = new Reno();
  readonly iss: Seq;
  una: Seq;
  nxt: Seq;
  /** Octets, scaled. */
  window = 1;
  /** The largest window the peer ever announced. */
  maxWindow = 1;
  /** The peer's window scale. */
  scale = 0;
  /** Octets of payload in a full segment. */
  mss = DEFAULT_MSS;
  noDelay: boolean;
  sackPermitted = false;
  timer: Timer = IDLE;
  /** The owner wants a FIN after the queue. */
  finQueued = false;
  lastSentAt: Instant | undefined;

  readonly #settings: Settings;
  #wl1: Seq = seq(0);
  #wl2: Seq = seq(0);
  #finSeq: Seq | undefined;
  #synResent = false;
  #phase: 'open' | 'recovery' | 'loss' = 'open';
  #recover: Seq;
  #dupAcks = 0;
  #timeouts = 0;
  // The next segment goes out whatever the windows say: the first one of a recovery, or a probe.
  #force = false;
  #probe = false;
  // Since when the oldest octet has waited without progress, for R2.
  #waitingSince: Instant;
  #lastHeardAt: Instant;

  constructor(iss: Seq, settings: Settings, now: Instant) {
    this.#settings = settings;
    this.queue = new SendQueue(settings.sendBuffer);
    this.rtt = new RttEstimator(settings.minRto);
    this.noDelay = settings.noDelay;
    this.iss = iss;
    this.una = iss;
    this.nxt = iss;
    this.#recover = iss;
    this.#waitingSince = now;
    this.#lastHeardAt = now;
  }

  get synAcknowledged(): boolean {
    return this.una !== this.iss;
  }
  get finAcknowledged(): boolean {
    return this.#finSeq !== undefined && isAfter(this.una, this.#finSeq);
  }
  /** Sequence space sent and not acknowledged. */
  get outstanding(): number {
    return distance(this.nxt, this.una);
  }
  /** Octets written and not sent. */
  get unsent(): number {
    return this.queue.end - this.positionOf(this.nxt);
  }

  /** Where in the stream the octet with this number lies; a FIN lies at the end. */
  positionOf(s: Seq): number {
    const data = this.synAcknowledged ? this.una : plus(this.iss, 1);
    return Math.min(this.queue.start + Math.max(distance(s, data), 0), this.queue.end);
  }

  isFin(s: Seq): boolean {
    return this.#finSeq === s;
  }

  /** The handshake told what the peer takes: its MSS option or none, its window scale, SACK. `limit`: octets of segment that IP carries. */
  agree(options: TcpOptionFields, limit: number): void {
    this.mss = Math.max(Math.min(options.mss ?? DEFAULT_MSS, limit - 20), 1);
    this.sackPermitted = options.sackPermitted;
  }

  /** A router on the way takes no more than `mss` octets of payload in a packet. What was longer has been dropped there, and goes again (RFC 1191 §6.4). */
  limitSegments(mss: number): void {
    if (mss >= this.mss) return;
    this.mss = mss;
    this.flight.markLongerLost(mss);
  }

  /** The SYN is acknowledged. */
  open(): void {
    this.congestion.onOpen(this.mss, this.#synResent);
    if (this.#synResent) this.rtt.restartAfterLostSyn();
  }

  /** SND.WND from a segment that is not older than the last that set it (RFC 9293 §3.10.7.4). `window` is scaled already. */
  updateWindow(segmentSeq: Seq, ack: Seq, window: number): boolean {
    if (isAfter(this.#wl1, segmentSeq) || (this.#wl1 === segmentSeq && isAfter(this.#wl2, ack))) return false;
    return this.setWindow(segmentSeq, ack, window);
  }

  setWindow(segmentSeq: Seq, ack: Seq, window: number): boolean {
    const before = this.window;
    this.#wl1 = segmentSeq;
    this.#wl2 = ack;
    this.window = window;
    if (window > this.maxWindow) this.maxWindow = window;
    if (this.timer.kind === 'zero-window' && window > before) this.timer = IDLE;
    // A probe, or what was on its way when the window shut, was thrown away there.
    if (before === 0 && window > 0) this.flight.markFirstLost();
    return window !== before;
  }

  /**
   * An acknowledgement between SND.UNA and SND.NXT. `bare`: without payload and with the window as it was, so that it may be a duplicate
   * (RFC 5681 §2). Returns how far SND.UNA moved.
   */
  acknowledge(ack: Seq, bare: boolean, options: TcpOptionFields | undefined, now: Instant): number {
    this.#lastHeardAt = now;
    const before = this.outstanding;
    const news = options !== undefined && this.sackPermitted && this.#takeSack(options, ack, now);
    const moved = distance(ack, this.una);
    if (moved > 0) this.#advance(ack, before, now);
    else if (before > 0 && (news || (bare && !this.sackPermitted))) this.#dupAcks++;
    this.#lookForLoss(news, before);
    return moved;
  }

  #takeSack(options: TcpOptionFields, ack: Seq, now: Instant): boolean {
    let newest: number | undefined;
    for (let i = 0; i < options.sackCount; i++) {
      const left = options.sackEdges[2 * i] as Seq;
      const right = options.sackEdges[2 * i + 1] as Seq;
      // Left of the ACK it is a duplicate's report (RFC 2883); right of SND.NXT, a lie.
      if (isAfter(left, ack) && isAfter(right, left) && !isAfter(right, this.nxt))
        newest = later(newest, this.flight.sack(left, right));
    }
    // A SACK tells of an arrival as well as an ACK does, and ends a back-off that would else outlast the hole.
    if (newest !== undefined && newest !== UNKNOWN) this.rtt.measured(between(newest as Instant, now));
    return newest !== undefined;
  }

  #advance(ack: Seq, before: number, now: Instant): void {
    const segments = this.flight.count;
    const released = this.positionOf(ack);
    const octets = distance(ack, this.una);
    if (!this.synAcknowledged) this.#synResent = this.#timeouts > 0;
    this.una = ack;
    this.queue.release(released);
    const sentAt = this.flight.acknowledge(ack);
    if (sentAt !== undefined) this.rtt.measured(between(sentAt, now));
    this.#timeouts = 0;
    this.#waitingSince = now;
    this.timer = IDLE; // RFC 6298 (5.3): started anew when the rest is looked at
    const all = !isAfter(this.#recover, ack);
    if (this.#phase === 'recovery' && !all) {
      // RFC 6582 §3.2 (3): a partial acknowledgement names the next hole.
      this.#dupAcks = Math.max(this.#dupAcks - (segments - this.flight.count - 1), 0);
      if (!this.sackPermitted) {
        this.flight.markFirstLost();
        this.#force = true;
      }
      return;
    }
    this.#dupAcks = 0;
    if (this.#phase === 'recovery') this.congestion.onRecovered(this.outstanding);
    else this.congestion.onAcknowledged(octets, before);
    if (all) this.#phase = 'open';
  }

  #lookForLoss(news: boolean, before: number): void {
    let found = false;
    if (this.sackPermitted) found = (news || this.flight.sackedSegments > 0) && this.flight.findLost();
    // After a timeout, duplicates of what was sent before it say nothing new (RFC 6582 §4).
    else if (this.#phase === 'open' && this.#dupAcks === DUP_THRESHOLD) {
      this.flight.markFirstLost();
      found = true;
    }
    if (!found || this.#phase !== 'open') return;
    this.#phase = 'recovery';
    this.#recover = this.nxt;
    this.congestion.onLoss(before);
    this.#force = true;
  }

  /** Sends what may go; false when IP had no place for a segment: to be tried again. */
  flush(now: Instant, transmit: Transmit): boolean {
    const sent = this.#sendLost(now, transmit) && this.#sendNew(now, transmit);
    if (sent) this.#probe = false;
    this.#arm(now);
    return sent;
  }

  #sendLost(now: Instant, transmit: Transmit): boolean {
    for (let i = this.flight.nextLost(); i >= 0; i = this.flight.nextLost()) {
      const length = this.flight.lengthOf(i);
      if (!this.#force && (this.window === 0 || this.#pipe + length > this.congestion.window)) return true;
      if (!transmit(this.flight.seqOf(i), length, now)) return false;
      this.#force = false;
      this.flight.resent(i, now);
      this.lastSentAt = now;
    }
    return true;
  }

  // What is in the network. Without SACK, each duplicate ACK stands for a segment that left it (RFC 6582: the window that is inflated there).
  get #pipe(): number {
    return this.sackPermitted ? this.flight.pipe : Math.max(this.flight.pipe - this.#dupAcks * this.mss, 0);
  }

  #sendNew(now: Instant, transmit: Transmit): boolean {
    if (this.nxt === this.iss) return this.#sendSyn(now, transmit);
    if (this.flight.lost > 0 || !this.synAcknowledged) return true;
    if (this.flight.count === 0 && this.#idleFor(now)) this.congestion.onIdle();
    for (;;) {
      const length = this.#nextLength();
      if (length === 0) return true;
      const from = this.nxt;
      const data = Math.min(length, this.unsent);
      if (length > data) this.#finSeq = plus(from, data);
      if (!transmit(from, length, now)) {
        if (length > data) this.#finSeq = undefined;
        return false;
      }
      if (this.flight.count === 0) this.#waitingSince = now;
      this.#probe = false;
      this.nxt = plus(from, length);
      this.flight.push(from, length, now);
      this.lastSentAt = now;
    }
  }

  #sendSyn(now: Instant, transmit: Transmit): boolean {
    if (!transmit(this.iss, 1, now)) return false;
    this.nxt = plus(this.iss, 1);
    this.flight.push(this.iss, 1, now);
    this.#waitingSince = now;
    this.lastSentAt = now;
    return true;
  }

  #idleFor(now: Instant): boolean {
    return this.lastSentAt !== undefined && between(this.lastSentAt, now) > this.rtt.rto;
  }

  /** How much sequence space the next new segment takes; 0: none goes now. */
  #nextLength(): number {
    const unsent = this.unsent;
    const fin = this.finQueued && this.#finSeq === undefined;
    if ((unsent === 0 && !fin) || this.flight.count >= MAX_IN_FLIGHT) return 0;
    const usable = Math.max(this.window - this.outstanding, 0); // MUST-34: the window may have shrunk
    const data = Math.min(unsent, this.mss, usable);
    const last = data === unsent;
    const length = data + (fin && last && usable > data ? 1 : 0);
    if (this.#probe) return Math.max(length, 1);
    if (length === 0 || !this.#isWorthIt(data, last)) return 0;
    const pipe = this.#pipe;
    return pipe > 0 && pipe + data > this.congestion.window ? 0 : length;
  }

  /** Silly window avoidance and Nagle in one: RFC 9293 §3.8.6.2.1 (1) to (3), §3.7.4. */
  #isWorthIt(data: number, last: boolean): boolean {
    if (data === this.mss) return true;
    const free = this.noDelay || this.flight.count === 0;
    return (last && (free || this.finQueued)) || (free && data * 2 >= this.maxWindow);
  }

  #arm(now: Instant): void {
    const waiting = this.flight.count > 0;
    const kind =
      waiting && this.window > 0
        ? 'retransmit'
        : waiting || (this.synAcknowledged && (this.unsent > 0 || (this.finQueued && this.#finSeq === undefined)))
          ? 'zero-window'
          : 'idle';
    if (kind === this.timer.kind) return;
    const delay = this.rtt.rto;
    if (kind === 'idle') this.timer = IDLE;
    else if (kind === 'retransmit') this.timer = { kind, at: after(now, delay) };
    else this.timer = { kind, at: after(now, delay), delay };
  }

  /** The timer is due. False: the peer has not answered for R2 (MUST-20), and the connection is over. */
  onTimer(now: Instant): boolean {
    const { timer } = this;
    if (timer.kind === 'zero-window') return this.#onProbe(timer.delay, now);
    const limit = this.synAcknowledged ? this.#settings.userTimeout : this.#settings.synTimeout;
    if (between(this.#waitingSince, now) >= limit) return false;
    this.congestion.onTimeout(this.outstanding, this.#timeouts === 0);
    this.rtt.backOff();
    // RFC 2018 §8: what was SACKed may have been thrown away since; the second timeout no longer believes it.
    this.flight.markAllLost(this.#timeouts > 0);
    this.#timeouts++;
    this.#phase = 'loss';
    this.#recover = this.nxt;
    this.#dupAcks = 0;
    this.#force = true;
    this.timer = { kind: 'retransmit', at: after(now, this.rtt.rto) };
    return true;
  }

  #onProbe(delay: Duration, now: Instant): boolean {
    // MUST-37: as long as probes are answered the window may stay shut for ever.
    if (this.flight.count > 0 && between(this.#lastHeardAt, now) >= this.#settings.userTimeout) return false;
    this.#probe = this.flight.count === 0;
    this.#force = !this.#probe;
    this.flight.markFirstLost();
    const next = Math.min(delay * 2, MAX_PROBE_DELAY) as Duration; // SHLD-30
    this.timer = { kind: 'zero-window', at: after(now, next), delay: next };
    return true;
  }

  /** The peer has not seen our SYN, or now wants an ACK with it: it goes out again with the next flush. */
  resendSyn(): void {
    if (this.flight.count > 0 && !this.synAcknowledged) {
      this.flight.markFirstLost();
      this.#force = true;
    }
  }

  /** Lets go of everything: nothing more is sent. */
  abandon(): void {
    this.queue.clear();
    this.flight.clear();
    this.timer = IDLE;
  }
}
