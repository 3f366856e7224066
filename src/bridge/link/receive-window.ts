/** What one side has received, and what is missing in it. hw/LINK.md section 3, "Receiving", "ACK", "NAK". */
import { put8, u8 } from '../../base/bytes.ts';
import { PAYLOAD_SIZE, WINDOW_MAX } from './cell.ts';

/** Bytes of a NAK's bitmap: one bit for each cell of the window behind the missing one. */
const BITMAP_SIZE = WINDOW_MAX / 8;

/** Numbers count from 0 without end here; only cells carry them modulo 256. */
export class ReceiveWindow {
  readonly #deliver: (payload: Uint8Array) => void;
  readonly #capacity: () => number;
  readonly #payloads = new Uint8Array(WINDOW_MAX * PAYLOAD_SIZE);
  /** Length of a payload that is stored; 0: not there. */
  readonly #lengths = new Uint8Array(WINDOW_MAX);
  #expected = 0;
  /** The first cell that no credit has been given for. It never goes back: what was promised can be stored. */
  #edge = 0;
  /** Cells stored behind the missing one. */
  #ahead = 0;
  /** The number after the last cell that has arrived. */
  #end = 0;

  /** `deliver` takes each payload once and in order, borrowed until return; `capacity` says how many whole cells it could take now. */
  constructor(deliver: (payload: Uint8Array) => void, capacity: () => number) {
    this.#deliver = deliver;
    this.#capacity = capacity;
  }

  /** A new session. */
  reset(): void {
    this.#expected = this.#edge = this.#ahead = this.#end = 0;
    this.#lengths.fill(0);
  }

  /** Number of the next cell that is missing: all before it have arrived. */
  get expected(): number {
    return this.#expected;
  }
  /** Cells after a missing one have arrived. */
  get hasGap(): boolean {
    return this.#ahead > 0;
  }

  /** How many cells, counted from `expected`, may come. Taken when a cell is sent, which carries it to the peer. */
  giveCredit(): number {
    this.#edge = Math.max(this.#edge, this.#expected + Math.min(this.#capacity(), WINDOW_MAX));
    return this.#edge - this.#expected;
  }

  /** The peer's next new cell is number `seq` (modulo 256): whether one that it sent before is missing behind all that has arrived. */
  lacksLast(seq: number): boolean {
    const distance = (seq - this.#expected) & 255;
    return distance <= WINDOW_MAX && this.#expected + distance > this.#end;
  }

  /** Takes the DATA cell with number `seq` (modulo 256). False: a repetition, or outside of the credit. */
  take(seq: number, payload: Uint8Array): boolean {
    const distance = (seq - this.#expected) & 255;
    if (distance >= this.#edge - this.#expected) return false;
    if (distance > 0) return this.#store(this.#expected + distance, payload);
    this.#expected++;
    this.#end = Math.max(this.#end, this.#expected);
    this.#deliver(payload);
    if (this.#ahead > 0) this.#deliverStored();
    return true;
  }

  /** Writes the bitmap of a NAK to `into` and returns its length in bytes: 1–16. */
  bitmap(into: Uint8Array): number {
    into.fill(0, 0, BITMAP_SIZE);
    let length = 1;
    for (let i = 0; i < WINDOW_MAX - 1; i++) {
      if (this.#lengths[(this.#expected + 1 + i) % WINDOW_MAX] === 0) continue;
      put8(into, i >> 3, u8(into, i >> 3) | (1 << (i & 7)));
      length = (i >> 3) + 1;
    }
    return length;
  }

  #store(n: number, payload: Uint8Array): boolean {
    const slot = n % WINDOW_MAX;
    if (this.#lengths[slot] !== 0) return false;
    this.#payloads.set(payload, slot * PAYLOAD_SIZE);
    this.#lengths[slot] = payload.length;
    this.#ahead++;
    this.#end = Math.max(this.#end, n + 1);
    return true;
  }

  #deliverStored(): void {
    for (;;) {
      const slot = this.#expected % WINDOW_MAX;
      const length = u8(this.#lengths, slot);
      if (length === 0) return;
      this.#lengths[slot] = 0;
      this.#ahead--;
      this.#expected++;
      this.#deliver(this.#payloads.subarray(slot * PAYLOAD_SIZE, slot * PAYLOAD_SIZE + length));
    }
  }
}
