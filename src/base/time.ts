/** Time as the engines see it: microseconds since their clock's start. Nothing below `host.ts` reads a clock. */

/** A point in time, in µs since the clock's start; fractions allowed (a bit time at 100 Mb/s is 0.01 µs). Only a Clock makes one. */
export type Instant = number & { readonly __unit: 'instant-us' };
/** A length of time, in µs. */
export type Duration = number & { readonly __unit: 'duration-us' };

export const microseconds = (n: number): Duration => n as Duration;
export const milliseconds = (n: number): Duration => (n * 1_000) as Duration;
export const seconds = (n: number): Duration => (n * 1_000_000) as Duration;
export const inMilliseconds = (d: Duration): number => d / 1_000;

export const START = 0 as Instant;
export const after = (t: Instant, d: Duration): Instant => (t + d) as Instant;
/** How long from `earlier` to `later`; negative when they are the other way round. */
export const between = (earlier: Instant, later: Instant): Duration => (later - earlier) as Duration;

/** The earlier of two deadlines, where `undefined` means never. */
export const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined => {
  if (a === undefined) return b;
  return b === undefined || a <= b ? a : b;
};

export interface Clock {
  now(): Instant;
}

/** A clock that only its owner moves: tests and the virtual world. */
export class ManualClock implements Clock {
  #now: Instant = START;

  now(): Instant {
    return this.#now;
  }

  advance(by: Duration): Instant {
    this.#now = after(this.#now, by);
    return this.#now;
  }

  /** Moves forward to `t`; a `t` in the past leaves the clock as it is. */
  moveTo(t: Instant): Instant {
    if (t > this.#now) this.#now = t;
    return this.#now;
  }
}
