/** What the application wrote and the peer has not acknowledged (RFC 9293 §3.8: sent data are kept until they are). */
import { Ring } from './ring.ts';

export class SendQueue {
  readonly limit: number;
  readonly #ring: Ring;
  // Positions in the stream: octets since the first one after the SYN.
  #start = 0;
  #end = 0;

  /** Holds `limit` octets; when it is full, `write` takes no more. */
  constructor(limit: number) {
    this.limit = limit;
    this.#ring = new Ring(limit);
  }

  /** Stream position of the oldest octet kept. */
  get start(): number {
    return this.#start;
  }
  /** Stream position after the newest octet. */
  get end(): number {
    return this.#end;
  }
  get length(): number {
    return this.#end - this.#start;
  }
  get room(): number {
    return this.limit - this.length;
  }

  /** Copies what fits, and says how much that was. */
  write(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, this.room);
    if (length === 0) return 0;
    this.#ring.reserve(this.#start, this.#end + length);
    this.#ring.write(this.#end, length === bytes.length ? bytes : bytes.subarray(0, length));
    this.#end += length;
    return length;
  }

  /** Copies `length` octets from stream position `from` on to `into[to…]`. */
  copy(from: number, length: number, into: Uint8Array, to: number): void {
    this.#ring.read(from, length, into, to);
  }

  /** Lets go of everything before stream position `to`. */
  release(to: number): void {
    if (to > this.#start) this.#start = Math.min(to, this.#end);
  }

  /** Forgets everything, and gives the memory back. */
  clear(): void {
    this.#start = this.#end;
    this.#ring.free();
  }
}
