/** What came from the peer and the application has not read, with the islands that came before their turn (RFC 9293 §3.10.7.4, SHLD-31). */
import { Ring } from './ring.ts';

// Islands of data beyond a gap; a segment that would start one more is dropped, and comes again.
const MAX_ISLANDS = 64;

interface Island {
  start: number;
  end: number;
  /** Larger: touched later. RFC 2018 §4 wants the newest first. */
  age: number;
}

export class ReceiveQueue {
  readonly limit: number;
  readonly #ring: Ring;
  // Positions in the stream: octets since the first one after the SYN.
  #start = 0;
  #end = 0;
  readonly #islands: Island[] = [];
  #age = 0;

  /** Holds `limit` octets; the window that is announced keeps the peer within it. */
  constructor(limit: number) {
    this.limit = limit;
    this.#ring = new Ring(limit);
  }

  /** Octets that may be read: in order, without a gap. */
  get length(): number {
    return this.#end - this.#start;
  }
  /** Stream position of the next octet expected. */
  get end(): number {
    return this.#end;
  }
  get room(): number {
    return this.limit - this.length;
  }
  /** How many islands lie beyond the first gap. */
  get islands(): number {
    return this.#islands.length;
  }
  /** Octets in the islands. */
  get outOfOrder(): number {
    return this.#islands.reduce((sum, island) => sum + island.end - island.start, 0);
  }

  /**
   * Takes `bytes` that belong at stream position `at`: never before `end`, and within the limit. False when there was no place for one
   * more island; the copy into the ring is the only one on the way to the application.
   */
  store(at: number, bytes: Uint8Array): boolean {
    const to = at + bytes.length;
    if (at > this.#end && !this.#addIsland(at, to)) return false;
    this.#ring.reserve(this.#start, Math.max(to, this.#islands.at(-1)?.end ?? 0));
    this.#ring.write(at, bytes);
    if (at === this.#end) this.#extend(to);
    return true;
  }

  #extend(to: number): void {
    let end = to;
    let merged = 0;
    for (const island of this.#islands) {
      if (island.start > end) break;
      end = Math.max(end, island.end);
      merged++;
    }
    if (merged > 0) this.#islands.splice(0, merged);
    this.#end = end;
  }

  #addIsland(start: number, end: number): boolean {
    const islands = this.#islands;
    let first = 0;
    while (first < islands.length && (islands[first] as Island).end < start) first++;
    let after = first;
    let joined: Island | undefined;
    for (; after < islands.length && (islands[after] as Island).start <= end; after++) {
      const other = islands[after] as Island;
      joined ??= { start, end, age: 0 };
      joined.start = Math.min(joined.start, other.start);
      joined.end = Math.max(joined.end, other.end);
    }
    if (joined === undefined && islands.length === MAX_ISLANDS) return false;
    const island = joined ?? { start, end, age: 0 };
    island.age = ++this.#age;
    islands.splice(first, after - first, island);
    return true;
  }

  /** Writes the edges of up to `max` islands as stream positions, the newest first; says how many there are. */
  newestIslands(into: Float64Array, max: number): number {
    const count = Math.min(max, this.#islands.length);
    let younger = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      let best: Island | undefined;
      for (const island of this.#islands)
        if (island.age < younger && (best === undefined || island.age > best.age)) best = island;
      if (best === undefined) return i;
      into[2 * i] = best.start;
      into[2 * i + 1] = best.end;
      younger = best.age;
    }
    return count;
  }

  /** Forgets everything, and gives the memory back. */
  clear(): void {
    this.#start = this.#end;
    this.#islands.length = 0;
    this.#ring.free();
  }

  /** Copies what fits, and says how much that was. */
  read(into: Uint8Array): number {
    const length = Math.min(into.length, this.length);
    if (length === 0) return 0;
    this.#ring.read(this.#start, length, into, 0);
    this.#start += length;
    return length;
  }
}
