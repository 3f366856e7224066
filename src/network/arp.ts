/** Address resolution: the neighbours of one card. RFC 826 (algorithm), RFC 1122 section 2.3.2 (expiry, rate, waiting packets). */
import { BROADCAST_MAC, type Ip, type Mac } from '../base/address.ts';
import { after, type Duration, earliest, type Instant, seconds } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import type { DropCounter } from './drops.ts';

export interface ArpOptions {
  /** How long an answer is believed; default 60 s (RFC 1122 2.3.2.1: "on the order of a minute"). */
  readonly expiry?: Duration;
  /** Between two requests for one address; default 1 s, and not to be less (RFC 1122 2.3.2.1). */
  readonly retry?: Duration;
  /** Requests without an answer until the neighbour counts as unreachable; default 3. */
  readonly tries?: number;
  /** Neighbours at most; default 128. When full, the one that was least in use goes; one that is being asked for stays. */
  readonly capacity?: number;
}

// Datagrams that wait for one neighbour; when full the oldest goes, so that the latest is always kept (RFC 1122 2.3.2.2).
const WAITING = 3;
// How long `unreachable` is the answer before the neighbour is asked for again.
const UNREACHABLE_FOR = seconds(1);

export type Resolution =
  /** Nothing is known; the next request, or giving up, is due `at`. */
  | { readonly kind: 'asking'; readonly tries: number; readonly at: Instant }
  /** Believed until `at`. */
  | { readonly kind: 'known'; readonly mac: Mac; readonly at: Instant }
  /** The time is over but it is in use: asked directly (RFC 1122 2.3.2.1 (2)), and used meanwhile, so that a transfer does not stumble. */
  | { readonly kind: 'polling'; readonly mac: Mac; readonly tries: number; readonly at: Instant }
  /** Did not answer; forgotten `at`. */
  | { readonly kind: 'unreachable'; readonly at: Instant };

/** One line of the ARP cache. */
export interface Neighbour {
  readonly ip: Ip;
  readonly state: Resolution;
}

interface Entry extends Neighbour {
  state: Resolution;
  /** Looked up since it was last confirmed. */
  used: boolean;
  waiting: Uint8Array[];
}

export type ArpAction =
  /** Send a request for `ip` to `to`: everybody, or the one that is polled. */
  | { readonly kind: 'request'; readonly ip: Ip; readonly to: Mac }
  /** Nobody answered; `waiting` are the datagrams that will not be sent. */
  | { readonly kind: 'unreachable'; readonly waiting: readonly Uint8Array[] };

const NONE: readonly Uint8Array[] = [];

export class ArpResolver {
  readonly #entries = new Map<Ip, Entry>();
  readonly #drops: DropCounter;
  readonly #trace: Tracer | undefined;
  readonly #expiry: Duration;
  readonly #retry: Duration;
  readonly #tries: number;
  readonly #capacity: number;
  /** No entry is due before this; it may be too early, never too late. */
  #due: Instant | undefined;

  constructor(drops: DropCounter, options: ArpOptions = {}, trace?: Tracer | undefined) {
    this.#drops = drops;
    this.#trace = trace;
    this.#expiry = options.expiry ?? seconds(60);
    this.#retry = options.retry ?? seconds(1);
    this.#tries = options.tries ?? 3;
    this.#capacity = options.capacity ?? 128;
  }

  get neighbours(): Iterable<Neighbour> {
    return this.#entries.values();
  }

  /** The MAC address, if there is one to use; undefined: `wait` for it. */
  resolve(ip: Ip): Mac | 'unreachable' | undefined {
    const entry = this.#entries.get(ip);
    if (entry === undefined) return undefined;
    const state = entry.state;
    if (state.kind === 'known' || state.kind === 'polling') {
      entry.used = true;
      return state.mac;
    }
    return state.kind === 'unreachable' ? 'unreachable' : undefined;
  }

  /** Keeps `datagram` (it is the resolver's now) until `ip` is known, and sees to it that `ip` is asked for. */
  wait(ip: Ip, datagram: Uint8Array, now: Instant): void {
    const entry = this.#entries.get(ip) ?? this.#add(ip, { kind: 'asking', tries: 0, at: now }, now);
    if (entry === undefined) this.#drops.drop('arp:table-full', now, datagram);
    else if (entry.state.kind === 'unreachable') this.#drops.drop('arp:unreachable', now, datagram);
    else {
      entry.waiting.push(datagram);
      if (entry.waiting.length > WAITING) this.#drops.drop('arp:queue-full', now, entry.waiting.shift());
    }
  }

  /**
   * Somebody said that `ip` is at `mac`. A neighbour that is in the table is corrected by whatever is heard; a new one is added only where
   * `create` is true, for what was said to us (RFC 826, "Packet Reception"). Returns the datagrams that can be sent now.
   */
  learn(ip: Ip, mac: Mac, create: boolean, now: Instant): readonly Uint8Array[] {
    const known = { kind: 'known', mac, at: after(now, this.#expiry) } as const;
    const entry = this.#entries.get(ip);
    if (entry === undefined) {
      if (create) this.#add(ip, known, now);
      return NONE;
    }
    const news = !('mac' in entry.state) || entry.state.mac !== mac;
    this.#set(entry, known);
    entry.used = false;
    if (news) this.#tell(ip, mac, 'known', now);
    if (entry.waiting.length === 0) return NONE;
    const { waiting } = entry;
    entry.waiting = [];
    return waiting;
  }

  /** What is to be done at `now`, one thing a call, until undefined. */
  next(now: Instant): ArpAction | undefined {
    if (this.#due === undefined || now < this.#due) return undefined;
    for (const entry of this.#entries.values()) {
      if (now < entry.state.at) continue;
      const action = this.#step(entry, now);
      if (action !== undefined) return action;
    }
    this.#due = undefined;
    for (const entry of this.#entries.values()) this.#due = earliest(this.#due, entry.state.at);
    return undefined;
  }

  nextDeadline(): Instant | undefined {
    return this.#due;
  }

  /** Forgets everybody: another network may be at the other end of the cable now. */
  clear(now: Instant): void {
    for (const entry of this.#entries.values())
      for (const datagram of entry.waiting) this.#drops.drop('ip:link-down', now, datagram);
    this.#entries.clear();
    this.#due = undefined;
  }

  #step(entry: Entry, now: Instant): ArpAction | undefined {
    const { ip, state } = entry;
    const again = after(now, this.#retry);
    switch (state.kind) {
      case 'asking': {
        if (state.tries < this.#tries) {
          if (state.tries === 0) this.#tell(ip, undefined, 'asking', now);
          this.#set(entry, { kind: 'asking', tries: state.tries + 1, at: again });
          return { kind: 'request', ip, to: BROADCAST_MAC };
        }
        const { waiting } = entry;
        entry.waiting = [];
        this.#set(entry, { kind: 'unreachable', at: after(now, UNREACHABLE_FOR) });
        this.#tell(ip, undefined, 'unreachable', now);
        return { kind: 'unreachable', waiting };
      }
      case 'known':
        if (!entry.used) return this.#forget(ip, state.mac, now);
        this.#set(entry, { kind: 'polling', mac: state.mac, tries: 1, at: again });
        return { kind: 'request', ip, to: state.mac };
      case 'polling':
        if (state.tries >= this.#tries) return this.#forget(ip, state.mac, now);
        this.#set(entry, { kind: 'polling', mac: state.mac, tries: state.tries + 1, at: again });
        return { kind: 'request', ip, to: state.mac };
      case 'unreachable':
        this.#entries.delete(ip);
        return undefined;
    }
  }

  #forget(ip: Ip, mac: Mac | undefined, now: Instant): undefined {
    this.#entries.delete(ip);
    this.#tell(ip, mac, 'expired', now);
  }

  #set(entry: Entry, state: Resolution): void {
    entry.state = state;
    this.#due = earliest(this.#due, state.at);
  }

  /** Undefined: the table is full of neighbours that are being asked for. */
  #add(ip: Ip, state: Resolution, now: Instant): Entry | undefined {
    if (this.#entries.size >= this.#capacity && !this.#evict(now)) return undefined;
    const entry: Entry = { ip, state, used: false, waiting: [] };
    this.#entries.set(ip, entry);
    this.#set(entry, state);
    if (state.kind === 'known') this.#tell(ip, state.mac, 'known', now);
    return entry;
  }

  #evict(now: Instant): boolean {
    let victim: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state.kind === 'asking') continue;
      if (victim === undefined || (victim.used && !entry.used)) victim = entry;
    }
    if (victim === undefined) return false;
    this.#forget(victim.ip, 'mac' in victim.state ? victim.state.mac : undefined, now);
    return true;
  }

  #tell(ip: Ip, mac: Mac | undefined, state: 'asking' | 'known' | 'expired' | 'unreachable', now: Instant): void {
    if (this.#trace !== undefined) this.#trace({ kind: 'arp', at: now, ip, mac, state });
  }
}
