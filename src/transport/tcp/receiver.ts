/** The receiving half of a connection: the RCV variables of RFC 9293 §3.3.1, which window to announce, and when to acknowledge. */
import { after, type Instant } from '../../base/time.ts';
import { MAX_SACK_BLOCKS, MAX_WINDOW_SCALE } from '../../wire/tcp-options.ts';
import type { Settings } from './options.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { distance, isAfter, plus, type Seq, seq } from './seq.ts';

/** Duplicate ACKs owed at once, at most: what a peer without SACK needs to see for its fast retransmit, and no flood. */
const MAX_DUPLICATES = 4;
const MAX_FIELD = 65_535;

const scaleFor = (buffer: number): number => {
  let scale = 0;
  while (scale < MAX_WINDOW_SCALE && MAX_FIELD * 2 ** scale < buffer) scale++;
  return scale;
};

export class Receiver {
  readonly queue: ReceiveQueue;
  /** Our window scale, as the SYN offers it. */
  readonly offeredScale: number;
  irs: Seq = seq(0);
  nxt: Seq = seq(0);
  /** Our window scale in use: 0 until both SYNs carried the option. */
  scale = 0;
  /** What we told the peer to send at most. */
  mss = 536;
  /** The peer's FIN has its turn: nothing more comes. */
  finished = false;
  /** When an acknowledgement that waits for company goes alone. */
  delayedAt: Instant | undefined;

  readonly #settings: Settings;
  // The right edge of what was announced; never moves left (SHLD-14).
  #edge: Seq = seq(0);
  #finSeq: Seq | undefined;
  #owed = 0;
  #unacknowledged = 0;
  // Since the last announcement.
  #wasRead = false;
  readonly #islands = new Float64Array(2 * MAX_SACK_BLOCKS);

  constructor(settings: Settings) {
    this.#settings = settings;
    this.queue = new ReceiveQueue(settings.receiveBuffer);
    this.offeredScale = scaleFor(settings.receiveBuffer);
  }

  /** The peer's SYN came. */
  start(irs: Seq): void {
    const announced = this.window; // by our own SYN, if that went first
    this.irs = irs;
    this.nxt = plus(irs, 1);
    this.#edge = plus(this.nxt, announced);
  }

  /** What of the announced window is left, in octets: RCV.WND. */
  get window(): number {
    return Math.max(distance(this.#edge, this.nxt), 0);
  }

  /** How many ACKs must go out now: more than one only for segments that came out of order. */
  get owed(): number {
    return this.#owed;
  }

  /** RFC 9293 §3.10.7.4, the four cases: does any of the segment lie in the window? */
  isAcceptable(start: Seq, length: number): boolean {
    const { window } = this;
    const from = distance(start, this.nxt);
    if (length === 0) return window === 0 ? from === 0 : from >= 0 && from < window;
    return window > 0 && from < window && from + length > 0;
  }

  /** Takes the part of `payload` that is new and in the window. False: dropped, for want of a place for it. */
  accept(start: Seq, payload: Uint8Array, now: Instant): boolean {
    const offset = distance(start, this.nxt);
    const from = Math.max(-offset, 0);
    const to = Math.min(payload.length, this.window - offset);
    if (from >= to) {
      if (payload.length > 0) this.acknowledgeNow();
      return true;
    }
    const { queue } = this;
    const before = queue.end;
    const gaps = queue.islands;
    const kept = queue.store(
      before + offset + from,
      from === 0 && to === payload.length ? payload : payload.subarray(from, to),
    );
    const arrived = queue.end - before;
    this.nxt = plus(this.nxt, arrived);
    this.#unacknowledged += arrived;
    // RFC 5681 §4.2: out of order, or filling a gap, at once; else every second full segment, the rest after a while.
    if (arrived === 0) this.#owed = Math.min(this.#owed + 1, MAX_DUPLICATES);
    else if (gaps > 0 || this.#unacknowledged >= 2 * this.mss) this.acknowledgeNow();
    else this.delayedAt ??= after(now, this.#settings.delayedAck);
    return kept;
  }

  /** The application takes what is there, as much as fits. */
  read(into: Uint8Array): number {
    const length = this.queue.read(into);
    if (length > 0) this.#wasRead = true;
    return length;
  }

  /** The FIN's number, once known; it has its turn when everything before it came (X-FIN-1). True: now. */
  noteFin(at: Seq): void {
    if (distance(at, this.nxt) >= 0 && distance(at, this.nxt) < Math.max(this.window, 1)) this.#finSeq ??= at;
  }

  /** Takes the FIN if it is its turn; true at that moment only. */
  takeFin(): boolean {
    if (this.finished || this.#finSeq !== this.nxt) return false;
    this.finished = true;
    this.nxt = plus(this.nxt, 1);
    if (isAfter(this.nxt, this.#edge)) this.#edge = this.nxt;
    this.acknowledgeNow();
    return true;
  }

  acknowledgeNow(): void {
    if (this.#owed === 0) this.#owed = 1;
  }

  /** The delayed acknowledgement is due. */
  onTimer(): void {
    this.delayedAt = undefined;
    this.acknowledgeNow();
  }

  // What could be announced.
  get #room(): number {
    return Math.min(this.queue.room, MAX_FIELD * 2 ** this.scale);
  }

  // RFC 9293 §3.8.6.2.2 (MUST-39): the right edge moves by a worthwhile step or not at all.
  get #step(): number {
    return Math.min(this.#settings.receiveBuffer / 2, this.mss);
  }

  /** The application has read so much that the peer should know without being asked. */
  get wantsUpdate(): boolean {
    if (!this.#wasRead || this.finished) return false;
    const { window } = this;
    // While the peer has a window, two segments are worth an ACK, as for data; from a shut one, the first.
    return (
      this.#room - window >= (window < this.mss ? this.#step : Math.min(this.#settings.receiveBuffer / 2, 2 * this.mss))
    );
  }

  /** An ACK goes out with some segment: everything owed is paid. Returns the window field; a SYN's is never scaled (RFC 7323 §2.2). */
  announce(syn: boolean): number {
    this.#owed = 0;
    this.#unacknowledged = 0;
    this.#wasRead = false;
    this.delayedAt = undefined;
    const left = this.window;
    const room = this.#room;
    const granule = syn ? 1 : 2 ** this.scale;
    // What is left is rounded up to the scale's granule while there is room for it, so that the edge does not seem to move left; in a
    // full buffer down, as RFC 7323 §2.4 has it: what was announced before is still taken.
    const up = Math.ceil(left / granule);
    const octets = room - left >= this.#step ? room : up * granule <= room ? up * granule : left;
    const field = Math.min(Math.floor(octets / granule), MAX_FIELD);
    const edge = plus(this.nxt, field * granule);
    if (isAfter(edge, this.#edge)) this.#edge = edge;
    return field;
  }

  /** One of several duplicate ACKs went out: the others are still owed. */
  keepOwing(count: number): void {
    this.#owed = count;
  }

  /** Writes the SACK blocks for the next ACK, the newest first (RFC 2018 §4), and says how many. */
  sackBlocks(edges: Uint32Array): number {
    const { queue } = this;
    if (queue.islands === 0) return 0;
    const count = queue.newestIslands(this.#islands, MAX_SACK_BLOCKS);
    for (let i = 0; i < 2 * count; i++) edges[i] = plus(this.nxt, (this.#islands[i] as number) - queue.end);
    return count;
  }
}
