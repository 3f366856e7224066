/** Bytes in, bytes out, in order: one end of an operation stream. Linear, so that an operation lies in one piece. */
export class ByteQueue {
  #bytes: Uint8Array;
  #start = 0;
  #end = 0;

  /** `size`: bytes to begin with. It grows as it must: its owner keeps the bound. */
  constructor(size = 4_096) {
    this.#bytes = new Uint8Array(size);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Everything in the queue; borrowed until the next append. */
  get view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Makes room for `count` bytes at the end and returns it, to be filled before anything else is called. */
  extend(count: number): Uint8Array {
    if (this.#end + count > this.#bytes.length) this.#makeRoom(count);
    this.#end += count;
    return this.#bytes.subarray(this.#end - count, this.#end);
  }

  append(bytes: Uint8Array): void {
    this.extend(bytes.length).set(bytes);
  }

  /** Moves up to `most` bytes to the start of `into`; returns how many. */
  take(into: Uint8Array, most: number): number {
    const count = Math.min(most, into.length, this.length);
    into.set(this.#bytes.subarray(this.#start, this.#start + count));
    this.drop(count);
    return count;
  }

  drop(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) this.clear();
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
  }

  #makeRoom(count: number): void {
    const needed = this.length + count;
    // Moved down only when half is free, so that each byte is moved about once.
    if (needed * 2 <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = new Uint8Array(Math.max(needed * 2, this.#bytes.length));
      larger.set(this.view);
      this.#bytes = larger;
    }
    this.#end -= this.#start;
    this.#start = 0;
  }
}
