/** The shape of everything that does something over time (DESIGN.md, "Time, chance, failure"). */
import type { Instant } from './time.ts';

/** Told the time, does what is due, says when to be called again. Never waits, never reads a clock. */
export interface Engine {
  /** Does everything that is due at `now`. Called with a `now` that never goes back. */
  poll(now: Instant): void;
  /** When `poll` has something to do if nothing comes from outside; undefined: never. May lie in the past: at once. */
  nextDeadline(): Instant | undefined;
}

/** An engine with one foot in the real world (a serial port, a TAP): it asks for a poll when something came. */
export interface Device extends Engine {
  /** Opens it. `wake` is called, outside of any poll, when a poll is wanted before the deadline. Rejects with a LanError. */
  start(wake: () => void): Promise<void>;
  /** Closes it and frees what it holds; safe to call twice. */
  stop(): Promise<void>;
}
