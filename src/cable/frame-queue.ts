/** A queue of frames in one memory: nothing is allocated per frame. Full: `push` refuses the whole frame, and the caller counts it. */

/** Frames, apart from their octets: how many at once. */
const SLOTS_PER_KIBIBYTE = 16;

export class FrameQueue {
  readonly #memory: Uint8Array;
  readonly #offset: Int32Array;
  readonly #length: Int32Array;
  readonly #tag: Int32Array;
  readonly #time: Float64Array;
  #first = 0;
  #count = 0;
  /** Where the next frame's octets go; those in use run from the first frame's offset to here. */
  #end = 0;
  #octets = 0;

  /** `capacity`: bytes of memory. A frame lies in one piece, so up to one frame's length of it may stay unused. */
  constructor(capacity: number) {
    this.#memory = new Uint8Array(capacity);
    const slots = Math.max(2, Math.ceil((capacity / 1024) * SLOTS_PER_KIBIBYTE));
    this.#offset = new Int32Array(slots);
    this.#length = new Int32Array(slots);
    this.#tag = new Int32Array(slots);
    this.#time = new Float64Array(slots);
  }

  /** Frames in the queue. */
  get count(): number {
    return this.#count;
  }

  /** Octets in the queue. */
  get octets(): number {
    return this.#octets;
  }

  /** Copies `octets` in, with a number and a time that belong to it. False: there was no room, and nothing changed. */
  push(octets: Uint8Array, tag: number, time: number): boolean {
    const place = this.reserve(octets.length, tag, time);
    place?.set(octets);
    return place !== undefined;
  }

  /** As `push`, but the caller fills the place itself, before its next call. */
  reserve(length: number, tag: number, time: number): Uint8Array | undefined {
    const at = this.#place(length);
    if (at === undefined) return;
    const slot = (this.#first + this.#count) % this.#offset.length;
    this.#offset[slot] = at;
    this.#length[slot] = length;
    this.#tag[slot] = tag;
    this.#time[slot] = time;
    this.#count++;
    this.#octets += length;
    this.#end = at + length;
    return this.#memory.subarray(at, at + length);
  }

  /** The oldest frame, borrowed until it is shifted out; empty when there is none. */
  get bytes(): Uint8Array {
    if (this.#count === 0) return this.#memory.subarray(0, 0);
    const at = this.#offset[this.#first] as number;
    return this.#memory.subarray(at, at + (this.#length[this.#first] as number));
  }

  /** The oldest frame's number. */
  get tag(): number {
    return this.#tag[this.#first] as number;
  }

  /** The oldest frame's time. */
  get time(): number {
    return this.#time[this.#first] as number;
  }

  /** Removes the oldest frame. Its octets stay as they are until the next `push` or `reserve`. */
  shift(): void {
    if (this.#count === 0) return;
    this.#octets -= this.#length[this.#first] as number;
    this.#first = (this.#first + 1) % this.#offset.length;
    this.#count--;
    if (this.#count === 0) this.#end = 0;
  }

  clear(): void {
    this.#first = 0;
    this.#count = 0;
    this.#end = 0;
    this.#octets = 0;
  }

  #place(length: number): number | undefined {
    const size = this.#memory.length;
    if (this.#count === this.#offset.length) return;
    if (this.#count === 0) return length <= size ? 0 : undefined;
    const start = this.#offset[this.#first] as number;
    // The used part is one stretch, or it has gone round: then only the gap between end and start is free.
    if (this.#end >= start) {
      if (this.#end + length <= size) return this.#end;
      return length < start ? 0 : undefined;
    }
    return this.#end + length < start ? this.#end : undefined;
  }
}
