/** A bad line: loses, doubles, delays and damages what comes out of a plug. It is itself a plug, so it fits between any station and any cable. */
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { after, type Duration, earliest, type Instant, microseconds, milliseconds } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { FrameQueue } from './frame-queue.ts';
import type { LineState, Plug, Station, Transmission } from './plug.ts';

/** Probabilities are 0–1, each 0 by default. A frame is first lost or not, then damaged, then delayed, then doubled. */
export interface Impairments {
  /** That a frame vanishes. */
  readonly loss?: number;
  /** That a frame comes twice, one right behind the other. */
  readonly duplication?: number;
  /** That a frame is held for `reorderDelay`, so that later ones overtake it. */
  readonly reordering?: number;
  /** Default 1 ms: about 8 full frames at 100 Mb/s. */
  readonly reorderDelay?: Duration;
  /** That a bit is wrong, each bit by itself: 1e-5 damages about every ninth full frame. */
  readonly bitErrors?: number;
  /** Each frame comes up to this much later, uniformly, in order. Default 0. */
  readonly jitter?: Duration;
  /** Octets held back at once. Default 256 KiB. A frame beyond it is lost: `impairments:full`. */
  readonly capacity?: number;
}

export interface ImpairmentCounters {
  /** Frames that came in. */
  frames: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Frames with at least one wrong bit. */
  damaged: number;
  /** Wrong bits. */
  bits: number;
  /** Frames beyond `capacity`. */
  full: number;
}

const probability = (name: string, value = 0): number => {
  if (value >= 0 && value <= 1) return value;
  throw new LanError('BAD_OPTION', `${name} is ${value}, which is no probability (0 to 1)`);
};

/** Impairs what the station at it receives; what it sends passes. For both directions, put one at each end of the cable. */
export class ImpairedPlug implements Plug, Engine {
  readonly counters: ImpairmentCounters = {
    frames: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    damaged: 0,
    bits: 0,
    full: 0,
  };
  readonly #plug: Plug;
  readonly #random: Random;
  readonly #loss: number;
  readonly #duplication: number;
  readonly #reordering: number;
  readonly #bitErrors: number;
  readonly #reorderDelay: Duration;
  readonly #jitter: Duration;
  readonly #trace: Tracer | undefined;
  /** Two queues, each in order of time: the delay of the second is always the same. */
  readonly #held: FrameQueue;
  readonly #overtaken: FrameQueue;
  /** No frame in order comes before this. */
  #last: Instant | undefined;
  /** Right bits up to the next wrong one. */
  #rightBits: number;
  #station: Station | undefined;

  /** Throws BAD_OPTION on a probability outside 0–1. */
  constructor(plug: Plug, random: Random, impairments: Impairments, trace?: Tracer) {
    this.#plug = plug;
    this.#random = random;
    this.#loss = probability('loss', impairments.loss);
    this.#duplication = probability('duplication', impairments.duplication);
    this.#reordering = probability('reordering', impairments.reordering);
    this.#bitErrors = probability('bitErrors', impairments.bitErrors);
    this.#reorderDelay = impairments.reorderDelay ?? milliseconds(1);
    this.#jitter = impairments.jitter ?? microseconds(0);
    this.#trace = trace;
    this.#held = new FrameQueue(impairments.capacity ?? 256 * 1024);
    this.#overtaken = new FrameQueue(impairments.capacity ?? 256 * 1024);
    this.#rightBits = this.#drawRightBits();
  }

  get state(): LineState {
    return this.#plug.state;
  }

  attach(station: Station | undefined): void {
    this.#station = station;
    this.#held.clear();
    this.#overtaken.clear();
    this.#plug.attach(
      station && {
        receive: (octets: Uint8Array, aligned: boolean, now: Instant) => this.#receive(octets, aligned, now),
        transmitted: (outcome: Transmission, now: Instant) => station.transmitted(outcome, now),
        lineChanged: (state: LineState, now: Instant) => station.lineChanged(state, now),
      },
    );
  }

  transmit(octets: Uint8Array, now: Instant): void {
    this.#plug.transmit(octets, now);
  }

  poll(now: Instant): void {
    for (let at = this.nextDeadline(); at !== undefined && at <= now; at = this.nextDeadline()) {
      const queue = dueAt(this.#held) === at ? this.#held : this.#overtaken;
      this.#station?.receive(queue.bytes, queue.tag !== 0, at);
      queue.shift();
    }
  }

  nextDeadline(): Instant | undefined {
    return earliest(dueAt(this.#held), dueAt(this.#overtaken));
  }

  #receive(octets: Uint8Array, aligned: boolean, now: Instant): void {
    this.counters.frames++;
    if (this.#random.chance(this.#loss)) {
      this.counters.lost++;
      this.#trace?.({ kind: 'drop', at: now, reason: 'impairments:lost', bytes: octets });
      return;
    }
    const frame = this.#damage(octets);
    if (this.#random.chance(this.#reordering)) {
      this.counters.reordered++;
      this.#hold(this.#overtaken, frame, aligned, after(now, this.#reorderDelay));
    } else {
      this.#inOrder(frame, aligned, now);
    }
    if (!this.#random.chance(this.#duplication)) return;
    this.counters.duplicated++;
    this.#inOrder(frame, aligned, now);
  }

  #inOrder(frame: Uint8Array, aligned: boolean, now: Instant): void {
    if (this.#jitter === 0) {
      this.#station?.receive(frame, aligned, now);
      return;
    }
    const drawn = after(now, microseconds(this.#random.float() * this.#jitter));
    const due = this.#last !== undefined && this.#last > drawn ? this.#last : drawn;
    this.#last = due;
    this.#hold(this.#held, frame, aligned, due);
  }

  #hold(queue: FrameQueue, frame: Uint8Array, aligned: boolean, due: Instant): void {
    if (queue.push(frame, Number(aligned), due)) return;
    this.counters.full++;
    this.#trace?.({ kind: 'drop', at: due, reason: 'impairments:full', bytes: frame });
  }

  /** The same octets, or a copy with wrong bits. */
  #damage(octets: Uint8Array): Uint8Array {
    const bits = 8 * octets.length;
    if (this.#rightBits >= bits) {
      this.#rightBits -= bits;
      return octets;
    }
    const damaged = octets.slice();
    let at = this.#rightBits;
    for (; at < bits; at += 1 + this.#drawRightBits()) {
      damaged[at >> 3] = (damaged[at >> 3] as number) ^ (1 << (at & 7));
      this.counters.bits++;
    }
    this.#rightBits = at - bits;
    this.counters.damaged++;
    return damaged;
  }

  /** How many bits come right before the next wrong one: the geometric distribution, so that a right frame costs one comparison. */
  #drawRightBits(): number {
    if (this.#bitErrors === 0) return Number.POSITIVE_INFINITY;
    return Math.floor(Math.log1p(-this.#random.float()) / Math.log1p(-this.#bitErrors));
  }
}

const dueAt = (frames: FrameQueue): Instant | undefined => (frames.count === 0 ? undefined : (frames.time as Instant));
