/** Bytes in order, up to a bound: its owner looks at `room` before it writes. */
import { assert } from '../base/errors.ts';

export class ByteFifo {
  readonly #bytes: Uint8Array;
  #first = 0;
  #length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  get length(): number {
    return this.#length;
  }
  get room(): number {
    return this.#bytes.length - this.#length;
  }

  write(bytes: Uint8Array): void {
    assert(bytes.length <= this.room, `${bytes.length} bytes written where there is room for ${this.room}`);
    const at = (this.#first + this.#length) % this.#bytes.length;
    const before = bytes.subarray(0, this.#bytes.length - at);
    this.#bytes.set(before, at);
    this.#bytes.set(bytes.subarray(before.length), 0);
    this.#length += bytes.length;
  }

  /** Takes the oldest byte. Not from an empty queue. */
  shift(): number {
    const byte = this.#bytes[this.#first] as number;
    this.drop(1);
    return byte;
  }

  /** A copy of the oldest `most` bytes, or of all where there are fewer; they stay. */
  peek(most: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, this.#length));
    const before = this.#bytes.subarray(this.#first, this.#first + bytes.length);
    bytes.set(before);
    bytes.set(this.#bytes.subarray(0, bytes.length - before.length), before.length);
    return bytes;
  }

  drop(count: number): void {
    this.#first = (this.#first + count) % this.#bytes.length;
    this.#length -= count;
  }

  clear(): void {
    this.drop(this.#length);
  }
}
