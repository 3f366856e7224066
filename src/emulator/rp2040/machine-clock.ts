/** The chip's time for rp2040js's own peripherals: alarms, which the machine runs in time order with everything else. */
import type { Nanoseconds } from '../pins.ts';

const MICROSECOND = 1_000;
const SLACK = 1e-6;

/** What the machine tells the clock. */
export interface Present {
  readonly now: Nanoseconds;
  readonly cycle: number;
  /** What wants to run, and when, may be another than was known. */
  wake(): void;
  /** Of those that go by cycles, one is due at this one. */
  wakeAt(cycle: number): void;
}

export class Alarm {
  readonly #clock: MachineClock;
  readonly ring: () => void;
  /** In ns, or in cycles of clk_sys where it stands in the queue of those. */
  at = 0;
  next: Alarm | undefined;
  isScheduled = false;
  isInCycles = false;

  constructor(clock: MachineClock, ring: () => void) {
    this.#clock = clock;
    this.ring = ring;
  }

  schedule(delay: number): void {
    if (this.isScheduled) this.cancel();
    this.#clock.insert(this, delay);
  }

  cancel(): void {
    if (this.isScheduled) this.#clock.remove(this);
  }
}

export class MachineClock {
  /** Alarms that are set now are TIMER's: they ring when its count of microseconds becomes another. */
  isWhole = false;
  readonly #present: Present;
  /** In order of time; equal times in the order in which they were set. */
  #timed: Alarm | undefined;
  /** DMA: one transfer takes a cycle, so that an alarm without delay rings at the next. */
  #cycles: Alarm | undefined;

  constructor(present: Present) {
    this.#present = present;
  }

  get nanos(): number {
    return this.#present.now;
  }
  /** In ns. */
  get nextTime(): number {
    return this.#timed === undefined ? Number.POSITIVE_INFINITY : this.#timed.at;
  }
  /** In cycles of clk_sys. */
  get nextCycle(): number {
    return this.#cycles === undefined ? Number.POSITIVE_INFINITY : this.#cycles.at;
  }

  createAlarm(ring: () => void): Alarm {
    return new Alarm(this, ring);
  }

  insert(alarm: Alarm, delay: number): void {
    alarm.isScheduled = true;
    alarm.isInCycles = delay === 0 && !this.isWhole;
    alarm.at = alarm.isInCycles ? this.#present.cycle + 1 : this.#present.now + delay;
    if (this.isWhole) alarm.at = Math.ceil(alarm.at / MICROSECOND - SLACK) * MICROSECOND;
    let before: Alarm | undefined;
    let after = alarm.isInCycles ? this.#cycles : this.#timed;
    while (after !== undefined && after.at <= alarm.at) {
      before = after;
      after = after.next;
    }
    alarm.next = after;
    if (before !== undefined) before.next = alarm;
    else {
      if (alarm.isInCycles) {
        this.#cycles = alarm;
        this.#present.wakeAt(alarm.at);
      } else {
        this.#timed = alarm;
        this.#present.wake();
      }
    }
  }

  remove(alarm: Alarm): void {
    alarm.isScheduled = false;
    let before: Alarm | undefined;
    let found = alarm.isInCycles ? this.#cycles : this.#timed;
    while (found !== undefined && found !== alarm) {
      before = found;
      found = found.next;
    }
    if (before !== undefined) before.next = alarm.next;
    else if (alarm.isInCycles) this.#cycles = alarm.next;
    else this.#timed = alarm.next;
    alarm.next = undefined;
  }

  /** Rings what is due in time; `slack` makes up for rounding. */
  runTimed(until: number): void {
    while (this.#timed !== undefined && this.#timed.at <= until) this.#ring(this.#timed);
  }

  runCycles(cycle: number): void {
    while (this.#cycles !== undefined && this.#cycles.at <= cycle) this.#ring(this.#cycles);
  }

  #ring(alarm: Alarm): void {
    this.remove(alarm);
    alarm.ring();
  }
}
