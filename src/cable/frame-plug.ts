/** A plug whose cable leads out of the program: the far side takes and gives frames without preamble and FCS. */
import type { Device } from '../base/engine.ts';
import { assert } from '../base/errors.ts';
import { type Instant, START } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { type ConverterCounters, MediaConverter } from './media-converter.ts';
import type { LineState, Plug, Station, Transmission } from './plug.ts';

/** Frames that one poll moves in each direction: enough to pay for the turn, and of full size no more than the mock board's receive queue holds (42). */
const BATCH = 32;
const SENT: Transmission = { kind: 'sent', deferred: false };
const NO_LINK: Transmission = { kind: 'no-link' };
const UP: LineState = { up: true, speed: 100, duplex: 'full' };
const DOWN: LineState = { up: false, speed: 100, duplex: 'full' };

/** No line rate here: a transmission has ended at the next poll. The link is up from `start` to `stop`. */
export abstract class FramePlug implements Plug, Device {
  readonly #converter: MediaConverter;
  readonly #trace: Tracer | undefined;
  #station: Station | undefined;
  #state = DOWN;
  #told = DOWN;
  #ended: Transmission | undefined;
  /** The last poll stopped at its bound. */
  #more = false;
  #now: Instant = START;

  constructor(trace: Tracer | undefined) {
    this.#converter = new MediaConverter(trace);
    this.#trace = trace;
  }

  abstract start(wake: () => void): Promise<void>;
  abstract stop(): Promise<void>;
  /** Hands one frame to the far side, which copies it. Answers why it was dropped (and counted), where it was. */
  protected abstract send(frame: Uint8Array): string | undefined;
  /** Puts the next frame of the far side into `place` and answers its length, or undefined where there is none. */
  protected abstract take(place: Uint8Array): number | undefined;

  get counters(): ConverterCounters {
    return this.#converter.counters;
  }

  get state(): LineState {
    return this.#state;
  }

  attach(station: Station | undefined): void {
    this.#station = station;
    this.#told = this.#state;
  }

  transmit(octets: Uint8Array, now: Instant): void {
    assert(this.#ended === undefined, 'a plug is given a second frame before the first has ended');
    this.#ended = NO_LINK;
    if (!this.#state.up) return;
    this.#ended = SENT;
    const frame = this.#converter.fromLine(octets, now);
    const reason = frame && this.send(frame);
    if (reason !== undefined) this.#trace?.({ kind: 'drop', at: now, reason, bytes: octets });
  }

  poll(now: Instant): void {
    this.#now = now;
    if (this.#told !== this.#state) {
      this.#told = this.#state;
      this.#station?.lineChanged(this.#state, now);
    }
    this.#endTransmissions(now);
    this.#more = this.#state.up && this.#receive(now) === BATCH;
  }

  nextDeadline(): Instant | undefined {
    return this.#more || this.#ended !== undefined || this.#told !== this.#state ? this.#now : undefined;
  }

  /** For `start` and `stop`. */
  protected setUp(up: boolean): void {
    this.#state = up ? UP : DOWN;
  }

  #endTransmissions(now: Instant): void {
    for (let n = 0; n < BATCH && this.#ended !== undefined; n++) {
      const outcome = this.#ended;
      this.#ended = undefined;
      // The station may begin its next one in this call.
      this.#station?.transmitted(outcome, now);
    }
  }

  #receive(now: Instant): number {
    for (let n = 0; n < BATCH; n++) {
      const length = this.take(this.#converter.place);
      if (length === undefined) return n;
      const octets = this.#converter.finish(length, now);
      if (octets !== undefined) this.#station?.receive(octets, true, now);
    }
    return BATCH;
  }
}
