/** What was sent and is not acknowledged, segment by segment, and what is known of each: the scoreboard of RFC 6675. */
import type { Instant } from '../../base/time.ts';
import { distance, plus, type Seq } from './seq.ts';

const SACKED = 1;
const LOST = 2;
const RESENT = 4;

const DUP_THRESHOLD = 3; // RFC 5681 §3.2, RFC 6675 §2

/** Segments in flight at most; a sender of tiny segments waits for acknowledgements then. */
export const MAX_IN_FLIGHT = 4_096;

/** No transmission to measure a round trip by. */
export const UNKNOWN = -1;

export class InFlight {
  // A ring of records, one array a field; its capacity is a power of two.
  #seq = new Uint32Array(64);
  #length = new Uint32Array(64);
  #sentAt = new Float64Array(64);
  #order = new Float64Array(64);
  #marks = new Uint8Array(64);
  #head = 0;
  #count = 0;
  #transmissions = 0;
  #newestDelivered = 0;
  #pipe = 0;
  #lost = 0;
  #sackedSegments = 0;

  get count(): number {
    return this.#count;
  }
  /** Octets of sequence space that are believed to be in the network: not SACKed, not lost. */
  get pipe(): number {
    return this.#pipe;
  }
  /** How many segments wait to be sent again. */
  get lost(): number {
    return this.#lost;
  }
  get sackedSegments(): number {
    return this.#sackedSegments;
  }

  #slot(i: number): number {
    return (this.#head + i) & (this.#seq.length - 1);
  }
  seqOf(i: number): Seq {
    return this.#seq[this.#slot(i)] as Seq;
  }
  lengthOf(i: number): number {
    return this.#length[this.#slot(i)] as number;
  }

  push(seq: Seq, length: number, now: Instant): void {
    if (this.#count === this.#seq.length) this.#grow();
    const slot = this.#slot(this.#count++);
    this.#seq[slot] = seq;
    this.#length[slot] = length;
    this.#sentAt[slot] = now;
    this.#order[slot] = ++this.#transmissions;
    this.#marks[slot] = 0;
    this.#pipe += length;
  }

  #grow(): void {
    const size = this.#seq.length;
    const moved = <T extends Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      for (let i = 0; i < size; i++) to[i] = from[(this.#head + i) & (size - 1)] as number;
      return to;
    };
    const order = moved(this.#order, new Float64Array(2 * size));
    const sentAt = moved(this.#sentAt, new Float64Array(2 * size));
    const marks = moved(this.#marks, new Uint8Array(2 * size));
    const length = moved(this.#length, new Uint32Array(2 * size));
    this.#seq = moved(this.#seq, new Uint32Array(2 * size));
    this.#length = length;
    this.#sentAt = sentAt;
    this.#order = order;
    this.#marks = marks;
    this.#head = 0;
  }

  /**
   * Everything before `una` has arrived. Returns when the newest of those segments was sent, if that says something about the round trip
   * (none of them was sent twice: Karn's rule; nor SACKed before); else undefined.
   */
  acknowledge(una: Seq): Instant | undefined {
    let sentAt: number | undefined;
    let ambiguous = false;
    while (this.#count > 0) {
      const slot = this.#head;
      const covered = distance(una, this.#seq[slot] as Seq);
      if (covered <= 0) break;
      const length = this.#length[slot] as number;
      const marks = this.#marks[slot] as number;
      if (covered < length) {
        this.#seq[slot] = una;
        this.#length[slot] = length - covered;
        if ((marks & (SACKED | LOST)) === 0) this.#pipe -= covered;
        break;
      }
      if (marks & RESENT) ambiguous = true;
      if ((marks & SACKED) === 0) {
        sentAt = this.#sentAt[slot];
        this.#delivered(slot);
      }
      this.#forget(length, marks);
      this.#head = (slot + 1) & (this.#seq.length - 1);
      this.#count--;
    }
    return ambiguous ? undefined : (sentAt as Instant | undefined);
  }

  #forget(length: number, marks: number): void {
    if (marks & SACKED) this.#sackedSegments--;
    else if (marks & LOST) this.#lost--;
    else this.#pipe -= length;
  }

  #delivered(slot: number): void {
    // Which transmission of a segment sent twice arrived, nobody knows: it says nothing about the order.
    if (((this.#marks[slot] as number) & RESENT) === 0)
      this.#newestDelivered = Math.max(this.#newestDelivered, this.#order[slot] as number);
  }

  /**
   * Marks what lies wholly in the block. Returns undefined if that is no news, else when the newest of it was sent, or `UNKNOWN` where all of it
   * was sent twice (Karn's rule).
   */
  sack(left: Seq, right: Seq): number | undefined {
    let news: number | undefined;
    for (let i = this.#firstAtOrAfter(left); i < this.#count; i++) {
      const slot = this.#slot(i);
      const length = this.#length[slot] as number;
      if (distance(right, plus(this.#seq[slot] as Seq, length)) < 0) break;
      const marks = this.#marks[slot] as number;
      if (marks & SACKED) continue;
      if (marks & LOST) this.#lost--;
      else this.#pipe -= length;
      this.#delivered(slot);
      this.#marks[slot] = (marks & ~LOST) | SACKED;
      this.#sackedSegments++;
      news = Math.max(news ?? UNKNOWN, marks & RESENT ? UNKNOWN : (this.#sentAt[slot] as number));
    }
    return news;
  }

  #firstAtOrAfter(seq: Seq): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (distance(this.seqOf(middle), seq) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * RFC 6675 §4, IsLost: three segments beyond it have arrived. A segment that was sent again is lost again when a segment first sent three
   * transmissions after it has arrived: the same threshold in the order of sending (as RFC 9002 §6.1.1 counts), since the hole stays where it is.
   * Returns whether anything was found.
   */
  findLost(): boolean {
    let beyond = 0;
    let found = false;
    for (let i = this.#count - 1; i >= 0; i--) {
      const slot = this.#slot(i);
      const marks = this.#marks[slot] as number;
      if (marks & SACKED) {
        beyond++;
        continue;
      }
      if (beyond < DUP_THRESHOLD || marks & LOST) continue;
      if (marks & RESENT && this.#newestDelivered - (this.#order[slot] as number) < DUP_THRESHOLD) continue;
      this.#markLost(slot);
      found = true;
    }
    return found;
  }

  #markLost(slot: number): void {
    this.#marks[slot] = (this.#marks[slot] as number) | LOST;
    this.#pipe -= this.#length[slot] as number;
    this.#lost++;
  }

  /** The oldest segment is lost, as duplicate ACKs say without SACK. */
  markFirstLost(): void {
    if (this.#count > 0 && ((this.#marks[this.#head] as number) & (SACKED | LOST)) === 0) this.#markLost(this.#head);
  }

  /** What is longer than `octets` does not get through: a router has said so. */
  markLongerLost(octets: number): void {
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#slot(i);
      if ((this.#length[slot] as number) > octets && ((this.#marks[slot] as number) & (SACKED | LOST)) === 0)
        this.#markLost(slot);
    }
  }

  /** The retransmission timer ran out. `forget`: what was SACKed counts no more, the peer may have reneged (RFC 2018 §8). */
  markAllLost(forget: boolean): void {
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#slot(i);
      const marks = this.#marks[slot] as number;
      if (marks & SACKED && forget) {
        this.#marks[slot] = (marks & ~SACKED) | LOST;
        this.#sackedSegments--;
        this.#lost++;
      } else if ((marks & (SACKED | LOST)) === 0) this.#markLost(slot);
    }
  }

  /** The oldest segment that waits to be sent again; −1: none. */
  nextLost(): number {
    if (this.#lost === 0) return -1;
    for (let i = 0; i < this.#count; i++) if ((this.#marks[this.#slot(i)] as number) & LOST) return i;
    return -1;
  }

  /** Segment `i` was sent again. */
  resent(i: number, now: Instant): void {
    const slot = this.#slot(i);
    const marks = this.#marks[slot] as number;
    if (marks & LOST) {
      this.#lost--;
      this.#pipe += this.#length[slot] as number;
    }
    this.#marks[slot] = (marks & ~LOST) | RESENT;
    this.#sentAt[slot] = now;
    this.#order[slot] = ++this.#transmissions;
  }

  clear(): void {
    this.#count = 0;
    this.#pipe = 0;
    this.#lost = 0;
    this.#sackedSegments = 0;
  }
}
