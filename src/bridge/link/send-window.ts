/** What one side has sent and not seen acknowledged; which of it is lost. hw/LINK.md section 3, "Window", "Again", "Time-out". */
import { u8 } from '../../base/bytes.ts';
import { after, type Duration, type Instant, milliseconds } from '../../base/time.ts';
import { CellView, WINDOW_MAX } from './cell.ts';

const MIN_TIMEOUT = milliseconds(20); // section 3, "Time-out"
const MAX_TIMEOUT = milliseconds(1_000);
const FIRST_TIMEOUT = milliseconds(250); // before the first round trip has been measured

/** What is known about one cell in flight. */
interface Flight {
  readonly cell: CellView;
  /** When it was sent last, counted in transmissions of DATA cells: the line never reorders. */
  order: number;
  /** Its arrival says that the line has delivered all up to here: a cell that was sent again on a guess may have come the first time. */
  proves: number;
  sentAt: Instant;
  /** It has been sent more than once, so its acknowledgement tells no round trip. */
  again: boolean;
  /** The peer has it, though not all before it. */
  arrived: boolean;
  lost: boolean;
}

/** Numbers count from 0 without end here; only cells carry them modulo 256. */
export class SendWindow {
  readonly #flights: Flight[] = Array.from({ length: WINDOW_MAX }, () => ({
    cell: new CellView(),
    order: 0,
    proves: 0,
    sentAt: 0 as Instant,
    again: false,
    arrived: false,
    lost: false,
  }));
  readonly #least: Duration;
  readonly #first: Duration;
  #oldest = 0;
  #next = 0;
  /** The first cell that the peer has given no credit for. */
  #edge = 0;
  #order = 0;
  /** The order of the latest transmission that is known to have arrived. */
  #latestArrived = 0;
  #lost = 0;
  #roundTrip = 0;
  #variation = 0;
  #backoff = 0;
  #waitingSince = 0 as Instant;
  #resent = 0;

  /** `least`: below which the retransmission time does not fall, and where it starts; it follows the measured round trip. Default: a host's. */
  constructor(least?: Duration) {
    this.#least = least ?? MIN_TIMEOUT;
    this.#first = least ?? FIRST_TIMEOUT;
  }

  /** A new session. */
  reset(): void {
    this.#oldest = this.#next = this.#edge = 0;
    this.#order = this.#latestArrived = this.#lost = 0;
    this.#roundTrip = this.#variation = this.#backoff = 0;
  }

  /** Number of the next cell that is sent for the first time. */
  get next(): number {
    return this.#next;
  }
  get inFlight(): number {
    return this.#next - this.#oldest;
  }
  get mayOpenNext(): boolean {
    return this.#next < this.#edge && this.inFlight < WINDOW_MAX;
  }
  /** Cells sent again since the start, over all sessions. */
  get resent(): number {
    return this.#resent;
  }

  /** The next new cell, to be filled; it counts as sent with `commit`. */
  open(): CellView {
    return this.#at(this.#next).cell;
  }

  commit(now: Instant): void {
    const flight = this.#at(this.#next);
    if (this.inFlight === 0) this.#waitingSince = now;
    flight.order = flight.proves = ++this.#order;
    flight.sentAt = now;
    flight.again = flight.arrived = flight.lost = false;
    this.#next++;
  }

  /** Number of the oldest cell that is known to be lost, or undefined. */
  firstLost(): number | undefined {
    if (this.#lost === 0) return;
    for (let n = this.#oldest; n < this.#next; n++) if (this.#at(n).lost) return n;
    return;
  }

  /** Number of the oldest cell in flight. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Cell `n`, about to be sent once more. */
  repeat(n: number, now: Instant): CellView {
    const flight = this.#at(n);
    flight.order = ++this.#order;
    if (flight.lost) {
      this.#lost--;
      flight.proves = flight.order;
    }
    flight.lost = false;
    flight.again = true;
    flight.sentAt = now;
    this.#resent++;
    return flight.cell;
  }

  /** The line was cut and the session goes on: everything in flight is to be sent again (section 4.2). */
  loseAll(now: Instant): void {
    for (let n = this.#oldest; n < this.#next; n++) if (!this.#at(n).arrived) this.#lose(this.#at(n));
    this.#backoff = 0;
    this.#waitingSince = now;
  }

  /** Whether a cell's `ack` could be one of this session: some number from the oldest in flight to the next. */
  fits(ack: number): boolean {
    return ((ack - this.#oldest) & 255) <= this.inFlight;
  }

  /** `ack` and `credit` of any cell. One that lies outside is older than what is known, and says nothing. */
  acknowledge(ack: number, credit: number, now: Instant): void {
    const passed = (ack - this.#oldest) & 255;
    if (passed > this.inFlight) return;
    if (passed > 0) this.#measure(this.#at(this.#oldest + passed - 1), now);
    for (let i = 0; i < passed; i++) this.#arrive(this.#at(this.#oldest + i), now);
    this.#oldest += passed;
    this.#edge = this.#oldest + Math.min(credit, WINDOW_MAX);
  }

  /** The bitmap of a NAK, whose `ack` has been taken by `acknowledge`: cells behind the missing one that have arrived. */
  arrived(ack: number, bitmap: Uint8Array, now: Instant): void {
    if (((ack - this.#oldest) & 255) !== 0 || this.inFlight === 0) return;
    // Without a bit: not even a cell sent later, which carried no DATA, brought it. Sent twice, nobody knows which time is meant.
    if (bitmap.every((bits) => bits === 0) && !this.#at(this.#oldest).again) this.#lose(this.#at(this.#oldest));
    for (let i = 0; i < bitmap.length * 8; i++) {
      const n = this.#oldest + 1 + i;
      if (n >= this.#next) break;
      if ((u8(bitmap, i >> 3) >> (i & 7)) & 1) this.#arrive(this.#at(n), now);
    }
  }

  /** When the oldest cell must be sent again. */
  deadline(): Instant | undefined {
    return this.inFlight === 0 ? undefined : after(this.#waitingSince, this.#timeout());
  }

  /** The time-out is over: the next one is twice as long, until something arrives. */
  backOff(now: Instant): void {
    this.#backoff++;
    this.#waitingSince = now;
  }

  #at(n: number): Flight {
    return this.#flights[n % WINDOW_MAX] as Flight;
  }

  #arrive(flight: Flight, now: Instant): void {
    if (flight.lost) this.#lost--;
    flight.lost = false;
    if (flight.proves > this.#latestArrived) this.#latestArrived = flight.proves;
    if (flight.arrived) return;
    flight.arrived = true;
    this.#backoff = 0;
    this.#waitingSince = now;
  }

  /**
   * A cell that was sent before one that has arrived, and has not arrived, is lost. Only ACK and NAK tell what has not arrived: the `ack` of a DATA cell says
   * nothing of those that came behind a gap.
   */
  findLost(): void {
    for (let n = this.#oldest; n < this.#next; n++) {
      const flight = this.#at(n);
      if (!flight.arrived && flight.order < this.#latestArrived) this.#lose(flight);
    }
  }

  #lose(flight: Flight): void {
    if (!flight.lost) this.#lost++;
    flight.lost = true;
  }

  #timeout(): Duration {
    const measured = this.#roundTrip + 4 * this.#variation;
    const base = this.#roundTrip === 0 ? this.#first : Math.max(this.#least, measured);
    return Math.min(base * 2 ** Math.min(this.#backoff, 6), MAX_TIMEOUT) as Duration;
  }

  /** Smoothed as TCP does it, RFC 6298 section 2; a cell that was sent twice is not measured (Karn). */
  #measure(flight: Flight, now: Instant): void {
    if (flight.again) return;
    const sample = now - flight.sentAt;
    if (this.#roundTrip === 0) {
      this.#roundTrip = sample;
      this.#variation = sample / 2;
      return;
    }
    this.#variation += (Math.abs(sample - this.#roundTrip) - this.#variation) / 4;
    this.#roundTrip += (sample - this.#roundTrip) / 8;
  }
}
