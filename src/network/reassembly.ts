/** Putting fragments together: RFC 791 section 3.2, RFC 815, RFC 1122 section 3.3.2. */
import { after, type Instant, seconds } from '../base/time.ts';
import { type Ipv4View, MAX_DATAGRAM } from '../wire/ipv4.ts';
import type { DropCounter } from './drops.ts';

// RFC 1122 3.3.2: a fixed time of 60 to 120 s, not the fragments' TTL.
const TIMEOUT = seconds(60);
// Datagrams that are being put together; when full, the oldest goes. With the buffers below that is 1.2 MiB at most.
const CAPACITY = 16;
const MAX_HEADER = 60;
// Offsets count in units of 8 octets.
const UNIT = 8;

/** A whole datagram: `bytes` begins with the first fragment's header, as it came; `payload` is what follows it there. Borrowed until the next call. */
export interface Reassembled {
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

/** One datagram on its way to be whole. */
class Assembly {
  readonly key: string;
  readonly deadline: Instant;
  /** The header lies right before octet MAX_HEADER, where the payload begins, so that both are one piece. */
  readonly #buffer = new Uint8Array(MAX_HEADER + MAX_DATAGRAM);
  /** One for each unit that has come: RFC 791's bit table. */
  readonly #have = new Uint8Array(Math.ceil(MAX_DATAGRAM / UNIT));
  #units = 0;
  /** Length of the whole payload: known once the last fragment has come. */
  #length: number | undefined;
  /** The furthest that any fragment reached. */
  #reached = 0;
  #headerLength = 0;

  constructor(key: string, deadline: Instant) {
    this.key = key;
    this.deadline = deadline;
  }

  /** False: it contradicts what came before. Where fragments overlap, the later one counts (RFC 791). */
  add(ip: Ipv4View): boolean {
    const { fragmentOffset: from, payload } = ip;
    const to = from + payload.length;
    if (this.#length !== undefined && (to > this.#length || (!ip.moreFragments && to !== this.#length))) return false;
    if (!ip.moreFragments) {
      if (this.#reached > to) return false;
      this.#length = to;
    }
    this.#reached = Math.max(this.#reached, to);
    if (from === 0) {
      this.#headerLength = ip.headerLength;
      this.#buffer.set(ip.bytes.subarray(0, this.#headerLength), MAX_HEADER - this.#headerLength);
    }
    this.#buffer.set(payload, MAX_HEADER + from);
    for (let unit = from / UNIT; unit * UNIT < to; unit++) {
      if (this.#have[unit] === 1) continue;
      this.#have[unit] = 1;
      this.#units++;
    }
    return true;
  }

  get isWhole(): boolean {
    return this.#length !== undefined && this.#units === Math.ceil(this.#length / UNIT);
  }

  /** Header and payload from the start on, as far as there is no gap; undefined when the first fragment has not come. */
  get prefix(): Reassembled | undefined {
    const gap = this.#have.indexOf(0);
    if (gap === 0) return undefined;
    const length = Math.min(this.#length ?? MAX_DATAGRAM, gap < 0 ? MAX_DATAGRAM : gap * UNIT);
    const bytes = this.#buffer.subarray(MAX_HEADER - this.#headerLength, MAX_HEADER + length);
    return { bytes, payload: bytes.subarray(this.#headerLength) };
  }
}

export class Reassembler {
  /** In the order in which they began, which is the order in which they run out of time. */
  readonly #assemblies = new Map<string, Assembly>();
  readonly #drops: DropCounter;

  constructor(drops: DropCounter) {
    this.#drops = drops;
  }

  /** Takes one fragment; gives the datagram when it is whole with it. */
  add(ip: Ipv4View, now: Instant): Reassembled | undefined {
    const { payload } = ip;
    const end = ip.headerLength + ip.fragmentOffset + payload.length;
    if (payload.length === 0 || end > MAX_DATAGRAM || (ip.moreFragments && payload.length % UNIT !== 0)) {
      this.#drops.drop('ip:bad-fragment', now, ip.bytes);
      return undefined;
    }
    // An equal identification alone says nothing: RFC 791 takes source, destination and protocol with it.
    const key = `${ip.source} ${ip.destination} ${ip.protocol} ${ip.identification}`;
    const assembly = this.#assemblies.get(key) ?? this.#open(key, now);
    if (!assembly.add(ip)) {
      this.#drops.drop('ip:bad-fragment', now, ip.bytes);
      return undefined;
    }
    if (!assembly.isWhole) return undefined;
    this.#assemblies.delete(key);
    return assembly.prefix;
  }

  /** A datagram whose time is over, one a call until undefined; `first` is what came of it from its start on, if that came. */
  expire(now: Instant): { readonly first: Reassembled | undefined } | undefined {
    for (const assembly of this.#assemblies.values()) {
      if (now < assembly.deadline) break;
      this.#assemblies.delete(assembly.key);
      const first = assembly.prefix;
      this.#drops.drop('ip:reassembly-timeout', now, first?.bytes);
      return { first };
    }
    return undefined;
  }

  nextDeadline(): Instant | undefined {
    for (const assembly of this.#assemblies.values()) return assembly.deadline;
    return undefined;
  }

  #open(key: string, now: Instant): Assembly {
    if (this.#assemblies.size >= CAPACITY) {
      const [oldest] = this.#assemblies.keys();
      this.#assemblies.delete(oldest as string);
      this.#drops.drop('ip:reassembly-full', now);
    }
    const assembly = new Assembly(key, after(now, TIMEOUT));
    this.#assemblies.set(key, assembly);
    return assembly;
  }
}
