/** Promises that wait for something to happen, in order, and stop waiting when their signal is aborted. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next wake that reaches it. Rejects with the signal's reason, now or later. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(wake);
        resolve();
      };
      const abort = () => {
        this.#waiting.delete(wake);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(wake);
    });
  }

  wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Wakes who has waited longest; false: nobody waits. */
  wakeOne(): boolean {
    for (const wake of this.#waiting) {
      wake();
      return true;
    }
    return false;
  }

  /** Makes the call again after every wake until it no longer would block. Throws what the call throws, or the signal's reason. */
  async until<T>(call: () => T | 'would-block', signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const result = call();
      if (result !== 'would-block') return result;
      await this.next(signal);
    }
  }
}

/** One at a time, first come, first served: two writes of one stream never mix their bytes. */
export class Turn {
  readonly #line = new Waiters();
  #isTaken = false;

  /** Runs `work` when it is its turn. Rejects with the signal's reason if that is aborted before. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#isTaken) await this.#line.next(signal);
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      // The turn is handed over, never free in between: who comes now stands behind who waits.
      this.#isTaken = this.#line.wakeOne();
    }
  }
}
