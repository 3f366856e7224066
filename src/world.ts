/** Hosts and cables in virtual time: no waiting, no chance but from seeds, the same run every time. */
import type { Engine } from './base/engine.ts';
import { LanError } from './base/errors.ts';
import { after, type Duration, type Instant, ManualClock, seconds } from './base/time.ts';

/** So many rounds at one instant mean that two engines wake each other for ever. */
const ROUNDS_AT_ONE_INSTANT = 100_000;

export class World {
  readonly clock = new ManualClock();
  readonly #engines: Engine[] = [];
  #roundsNow = 0;

  get now(): Instant {
    return this.clock.now();
  }

  add<E extends Engine>(engine: E): E {
    this.#engines.push(engine);
    return engine;
  }

  remove(engine: Engine): void {
    const at = this.#engines.indexOf(engine);
    if (at >= 0) this.#engines.splice(at, 1);
  }

  /**
   * Moves to the earliest deadline, if it is not after `limit`, and polls every engine that is due. False: nothing was due, and the
   * clock stands at `limit`. Throws WORLD_SPINS when time does not go on.
   */
  step(limit: Instant): boolean {
    let next: Instant | undefined;
    for (const engine of this.#engines) {
      const deadline = engine.nextDeadline();
      if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
    }
    if (next === undefined || next > limit) {
      this.clock.moveTo(limit);
      return false;
    }
    const before = this.now;
    const now = this.clock.moveTo(next);
    this.#roundsNow = now === before ? this.#roundsNow + 1 : 0;
    if (this.#roundsNow > ROUNDS_AT_ONE_INSTANT) throw new LanError('WORLD_SPINS', `time stands still at ${now} µs`);
    for (const engine of this.#engines) {
      const deadline = engine.nextDeadline();
      if (deadline !== undefined && deadline <= now) engine.poll(now);
    }
    return true;
  }

  /** Runs for `duration` of virtual time. */
  run(duration: Duration): void {
    const limit = after(this.now, duration);
    while (this.step(limit));
  }

  /** Runs until `done` says so. Throws WORLD_TIMEOUT after `within` of virtual time. */
  runUntil(done: () => boolean, within: Duration = seconds(3_600)): void {
    const limit = after(this.now, within);
    while (!done()) {
      if (!this.step(limit) && !done())
        throw new LanError('WORLD_TIMEOUT', `not done within ${within / 1e6} s of virtual time`);
    }
  }

  /** Runs until a promise of the socket library settles, and gives its value: the microtasks between two events are the application's turn. */
  async settle<T>(promise: Promise<T>, within: Duration = seconds(3_600)): Promise<T> {
    const limit = after(this.now, within);
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    while (!settled) {
      // An application's reaction may take a few promises in a row before it calls the socket again.
      for (let turn = 0; turn < 8 && !settled; turn++) await undefined;
      if (!settled && !this.step(limit)) {
        for (let turn = 0; turn < 64 && !settled; turn++) await undefined;
        if (!settled && !this.step(limit))
          throw new LanError('WORLD_TIMEOUT', `not settled within ${within / 1e6} s of virtual time`);
      }
    }
    return promise;
  }
}
