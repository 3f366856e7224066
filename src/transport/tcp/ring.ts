/** A ring of bytes whose places are positions in a stream: position n lies at n modulo the capacity, a power of two. */

const SMALLEST = 4_096;

const powerOfTwo = (octets: number): number => 2 ** Math.ceil(Math.log2(Math.max(octets, SMALLEST)));

export class Ring {
  readonly #limit: number;
  #bytes: Uint8Array = new Uint8Array(0);

  /** Takes no memory before it is used, then doubles up to `limit` octets, rounded up to a power of two. */
  constructor(limit: number) {
    this.#limit = powerOfTwo(limit);
  }

  /** Makes room for the positions `from` … `to` − 1, keeping what lies in them. At most the limit is ever asked for. */
  reserve(from: number, to: number): void {
    if (to - from <= this.#bytes.length) return;
    const old = this.#bytes;
    const kept = old.length;
    this.#bytes = new Uint8Array(Math.min(powerOfTwo(to - from), this.#limit));
    for (let position = from; position < from + kept; ) {
      const at = position % kept;
      const length = Math.min(kept - at, from + kept - position);
      this.write(position, old.subarray(at, at + length));
      position += length;
    }
  }

  /** Gives the memory back, and forgets what was in it. */
  free(): void {
    this.#bytes = new Uint8Array(0);
  }

  write(position: number, source: Uint8Array): void {
    const bytes = this.#bytes;
    const at = position % bytes.length;
    const first = bytes.length - at;
    if (source.length <= first) {
      bytes.set(source, at);
      return;
    }
    bytes.set(source.subarray(0, first), at);
    bytes.set(source.subarray(first), 0);
  }

  /** Copies `length` octets from `position` on to `into[to…]`. */
  read(position: number, length: number, into: Uint8Array, to: number): void {
    const bytes = this.#bytes;
    const at = position % bytes.length;
    const first = bytes.length - at;
    if (length <= first) {
      into.set(bytes.subarray(at, at + length), to);
      return;
    }
    into.set(bytes.subarray(at), to);
    into.set(bytes.subarray(0, length - first), to + first);
  }
}
