/** Two links with a cable of memory between them, for tests of everything above the driver. */
import type { Mac } from '../../src/base/address.ts';
import { after, type Duration, type Instant, microseconds } from '../../src/base/time.ts';
import type { Link } from '../../src/network/link.ts';

export interface PairOptions {
  /** From `end` to `onFrame`; default 10 µs. */
  readonly delay?: Duration;
  readonly mtu?: number;
  /** How many frames a link takes before `begin` refuses; a frame leaves when it is delivered. Default 64. */
  readonly slots?: number;
  /** What becomes of a frame: false loses it, a number delivers it that many times. Default: it arrives once. */
  readonly fate?: (frame: Uint8Array, from: MemoryLink, now: Instant) => boolean | number;
}

interface Flying {
  readonly at: Instant;
  readonly frame: Uint8Array;
}

/** One end: a link that keeps what it sent until `poll` carries it over. */
export class MemoryLink implements Link {
  readonly mac: Mac;
  readonly mtu: number;
  isUp = true;
  onFrame: (frame: Uint8Array, now: Instant) => void = () => {};
  /** Everything that was sent, copied, oldest first: what a test looks at and may empty. */
  readonly sent: Uint8Array[] = [];
  readonly #slots: number;
  readonly #delay: Duration;
  readonly #flying: Flying[] = [];
  #building: Uint8Array | undefined;

  constructor(mac: Mac, options: PairOptions = {}) {
    this.mac = mac;
    this.mtu = options.mtu ?? 1500;
    this.#slots = options.slots ?? 64;
    this.#delay = options.delay ?? microseconds(10);
  }

  get room(): number {
    return this.isUp ? this.#slots - this.#flying.length : 0;
  }

  begin(length: number): Uint8Array | undefined {
    if (this.#building !== undefined) throw new Error('begin between begin and end');
    if (length > this.mtu + 14) throw new Error(`a frame of ${length} octets does not fit mtu ${this.mtu}`);
    if (this.room === 0) return undefined;
    // Old bytes, as in a card's slot: who forgets one is found out.
    this.#building = new Uint8Array(length).fill(0xee);
    return this.#building;
  }

  end(now: Instant): void {
    if (this.#building === undefined) throw new Error('end without begin');
    this.sent.push(this.#building.slice());
    this.#flying.push({ at: after(now, this.#delay), frame: this.#building });
    this.#building = undefined;
  }

  /** Takes the next frame that has arrived at `now`. */
  take(now: Instant): Uint8Array | undefined {
    const first = this.#flying[0];
    if (first === undefined || first.at > now) return undefined;
    this.#flying.shift();
    return first.frame;
  }

  nextArrival(): Instant | undefined {
    return this.#flying[0]?.at;
  }
}

export class Pair {
  readonly a: MemoryLink;
  readonly b: MemoryLink;
  readonly #fate: NonNullable<PairOptions['fate']>;

  constructor(options: PairOptions = {}) {
    this.a = new MemoryLink(0x0200_0000_000a as Mac, options);
    this.b = new MemoryLink(0x0200_0000_000b as Mac, options);
    this.#fate = options.fate ?? (() => true);
  }

  /** Delivers what has arrived, each frame padded to Ethernet's 60 octets as the card does. */
  poll(now: Instant): void {
    this.#carry(this.a, this.b, now);
    this.#carry(this.b, this.a, now);
  }

  nextDeadline(): Instant | undefined {
    const a = this.a.nextArrival();
    const b = this.b.nextArrival();
    return a === undefined || (b !== undefined && b < a) ? b : a;
  }

  #carry(from: MemoryLink, to: MemoryLink, now: Instant): void {
    for (let frame = from.take(now); frame !== undefined; frame = from.take(now)) {
      const times = Number(this.#fate(frame, from, now));
      const padded = new Uint8Array(Math.max(60, frame.length));
      padded.set(frame);
      for (let i = 0; i < times; i++) if (to.isUp) to.onFrame(padded, now);
    }
  }
}
