/** A cable between two plugs, in virtual time and full duplex: every bit takes its time (IEEE 802.3 clause 4.4, parameters of 10 and 100 Mb/s). */
import type { Engine } from '../base/engine.ts';
import { assert } from '../base/errors.ts';
import { after, type Duration, earliest, type Instant, microseconds, START } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { FrameQueue } from './frame-queue.ts';
import type { LineState, Plug, Station, Transmission } from './plug.ts';

/** interPacketGap, in bit times (IEEE 802.3 clause 4.4.2). */
const GAP = 96;
/** Propagation in category 5 cable: half of 1.112 bit times a metre and round trip at 100 Mb/s (IEEE 802.3 table 29-3), in µs a metre. */
const DELAY_PER_METRE = 0.00556;
const SENT: Transmission = { kind: 'sent', deferred: false };
const NO_LINK: Transmission = { kind: 'no-link' };
/** Ends and arrivals that one poll works through, so that two stations that answer each other in no time cannot hold the loop. */
const EVENTS_A_POLL = 1024;

export type End = 'a' | 'b';

/** Sees each frame when its first bit goes out, at `at`. It copies what it keeps. */
export type CableObserver = (octets: Uint8Array, from: End, at: Instant) => void;

export interface CableOptions {
  /** Mb/s. 'unthrottled' takes no time at all, for measuring everything else; it presents itself as 100 Mb/s. Default 100. */
  readonly speed?: 10 | 100 | 'unthrottled';
  /** Metres, at 5.56 ns each. Default 10. */
  readonly length?: number;
  /** Propagation delay, in place of the one that `length` gives. */
  readonly delay?: Duration;
  /** Octets on their way in each direction. Default 256 KiB. A frame that goes over it is lost: `cable:full`. */
  readonly capacity?: number;
  readonly observe?: CableObserver | undefined;
  readonly trace?: Tracer | undefined;
}

export interface CableCounters {
  /** Frames that came to the other end. */
  delivered: number;
  /** Frames on their way when the cable was cut or a station pulled out. */
  cut: number;
  /** Frames beyond `capacity`. */
  full: number;
}

/** What the ends ask of the cable between them. */
interface Wires {
  state(): LineState;
  /** Does what may change the state, and loses what was on its way when the link goes down by it. */
  change(action: () => void): void;
  begin(end: CableEnd, octets: Uint8Array, now: Instant): void;
}

/** A plug, and the pair of wires that leads away from it. */
class CableEnd implements Plug {
  readonly name: End;
  readonly #wires: Wires;
  readonly onTheWay: FrameQueue;
  station: Station | undefined;
  /** What the station knows. */
  told: LineState | undefined;
  /** When the transmission under way ends, and how. */
  endsAt: Instant | undefined;
  outcome: Transmission = SENT;
  /** Before this, the gap behind the last frame is not over. */
  freeAt: Instant = START;

  constructor(name: End, wires: Wires, capacity: number) {
    this.name = name;
    this.#wires = wires;
    this.onTheWay = new FrameQueue(capacity);
  }

  get state(): LineState {
    return this.#wires.state();
  }

  attach(station: Station | undefined): void {
    this.#wires.change(() => {
      this.station = station;
    });
    // Whoever comes reads `state`; only what changes later is told.
    this.told = this.state;
  }

  transmit(octets: Uint8Array, now: Instant): void {
    this.#wires.begin(this, octets, now);
  }

  get arrivesAt(): Instant | undefined {
    return this.onTheWay.count === 0 ? undefined : (this.onTheWay.time as Instant);
  }
}

/** The link is up while the cable is whole and a station is at each end. */
export class Cable implements Engine {
  readonly counters: CableCounters = { delivered: 0, cut: 0, full: 0 };
  readonly #up: LineState;
  readonly #down: LineState;
  /** µs; 0 where no time passes. */
  readonly #bitTime: number;
  readonly #delay: Duration;
  readonly #observe: CableObserver | undefined;
  readonly #trace: Tracer | undefined;
  readonly #a: CableEnd;
  readonly #b: CableEnd;
  #whole = true;
  #now: Instant = START;

  constructor(options: CableOptions = {}) {
    const { speed = 100, length = 10, capacity = 256 * 1024, observe, trace } = options;
    const mode = { speed: speed === 'unthrottled' ? 100 : speed, duplex: 'full' } as const;
    this.#up = { up: true, ...mode };
    this.#down = { up: false, ...mode };
    this.#bitTime = speed === 'unthrottled' ? 0 : 1 / speed;
    this.#delay = options.delay ?? microseconds(speed === 'unthrottled' ? 0 : length * DELAY_PER_METRE);
    this.#observe = observe;
    this.#trace = trace;
    const wires: Wires = {
      state: () => this.state,
      change: (action) => this.#change(action),
      begin: (end, octets, now) => this.#begin(end, octets, now),
    };
    this.#a = new CableEnd('a', wires, capacity);
    this.#b = new CableEnd('b', wires, capacity);
  }

  get a(): Plug {
    return this.#a;
  }

  get b(): Plug {
    return this.#b;
  }

  get state(): LineState {
    return this.#whole && this.#a.station !== undefined && this.#b.station !== undefined ? this.#up : this.#down;
  }

  /** What is on its way is lost; both stations learn of it at the next poll. */
  cut(): void {
    this.#change(() => {
      this.#whole = false;
    });
  }

  mend(): void {
    this.#change(() => {
      this.#whole = true;
    });
  }

  poll(now: Instant): void {
    this.#now = now;
    this.#tell(this.#a, now);
    this.#tell(this.#b, now);
    for (let events = 0; events < EVENTS_A_POLL; events++) {
      const at = this.#nextEvent();
      if (at === undefined || at > now) return;
      // At its own time, not at the poll's: a late poll does not slow the line.
      if (!this.#arrive(this.#a, this.#b, at) && !this.#arrive(this.#b, this.#a, at) && !this.#finish(this.#a, at))
        this.#finish(this.#b, at);
    }
  }

  nextDeadline(): Instant | undefined {
    const untold = this.#isUntold(this.#a) || this.#isUntold(this.#b);
    return untold ? this.#now : this.#nextEvent();
  }

  #change(action: () => void): void {
    const wasUp = this.state.up;
    action();
    if (!wasUp || this.state.up) return;
    for (const end of [this.#a, this.#b]) {
      this.counters.cut += end.onTheWay.count;
      for (; end.onTheWay.count > 0; end.onTheWay.shift()) this.#lose('cable:cut', end.onTheWay.bytes, this.#now);
      if (end.endsAt === undefined) continue;
      end.endsAt = this.#now;
      end.outcome = NO_LINK;
    }
  }

  /** The first bit goes out as soon as the gap behind the frame before is over. */
  #begin(end: CableEnd, octets: Uint8Array, now: Instant): void {
    assert(end.endsAt === undefined, 'a plug is given a second frame before the first has ended');
    if (!this.state.up) {
      end.endsAt = now;
      end.outcome = NO_LINK;
      return;
    }
    const start = now > end.freeAt ? now : end.freeAt;
    const lastBit = after(start, microseconds(8 * octets.length * this.#bitTime));
    end.endsAt = lastBit;
    end.outcome = SENT;
    end.freeAt = after(lastBit, microseconds(GAP * this.#bitTime));
    this.#observe?.(octets, end.name, start);
    if (end.onTheWay.push(octets, 0, after(lastBit, this.#delay))) return;
    this.counters.full++;
    this.#lose('cable:full', octets, start);
  }

  #isUntold(end: CableEnd): boolean {
    return end.station !== undefined && end.told?.up !== this.state.up;
  }

  #tell(end: CableEnd, now: Instant): void {
    if (!this.#isUntold(end)) return;
    end.told = this.state;
    end.station?.lineChanged(this.state, now);
  }

  #nextEvent(): Instant | undefined {
    return earliest(earliest(this.#a.endsAt, this.#b.endsAt), earliest(this.#a.arrivesAt, this.#b.arrivesAt));
  }

  #arrive(from: CableEnd, to: CableEnd, at: Instant): boolean {
    const { arrivesAt } = from;
    if (arrivesAt === undefined || arrivesAt > at) return false;
    this.counters.delivered++;
    to.station?.receive(from.onTheWay.bytes, true, at);
    from.onTheWay.shift();
    return true;
  }

  #finish(end: CableEnd, at: Instant): boolean {
    if (end.endsAt === undefined || end.endsAt > at) return false;
    end.endsAt = undefined;
    end.station?.transmitted(end.outcome, at);
    return true;
  }

  #lose(reason: string, octets: Uint8Array, at: Instant): void {
    this.#trace?.({ kind: 'drop', at, reason, bytes: octets });
  }
}
