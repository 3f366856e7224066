/** Small integers for what an application holds: always the lowest free one, as POSIX has it. */
import { LanError } from '../base/errors.ts';

// 0, 1 and 2 are a program's standard streams wherever descriptors are small integers.
const FIRST = 3;

export class Descriptors<T> {
  readonly #limit: number;
  /** Index: descriptor − FIRST. */
  readonly #held: (T | undefined)[] = [];
  #count = 0;

  /** `limit`: how many may be held at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** Throws EMFILE when there is none left. */
  assertRoom(): void {
    if (this.isFull) throw new LanError('EMFILE', `all ${this.#limit} descriptors are in use`);
  }

  /** Gives what `make` makes the lowest free descriptor. */
  add(make: (descriptor: number) => T): T {
    this.assertRoom();
    const free = this.#held.indexOf(undefined);
    const index = free < 0 ? this.#held.length : free;
    const thing = make(index + FIRST);
    this.#held[index] = thing;
    this.#count++;
    return thing;
  }

  /** Throws EBADF for a descriptor that nobody holds. */
  get(descriptor: number): T {
    const thing = this.#held[descriptor - FIRST];
    if (thing === undefined) throw new LanError('EBADF', `${descriptor} is not an open socket`);
    return thing;
  }

  /** The descriptor is held. */
  remove(descriptor: number): void {
    this.#held[descriptor - FIRST] = undefined;
    this.#count--;
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    for (const thing of this.#held) if (thing !== undefined) yield thing;
  }
}
