/** One direction of a line that loses, inserts and changes bytes: in virtual time, and as a stream in real time. */
import { Duplex } from 'node:stream';
import type { Random } from '../../src/base/random.ts';
import { after, type Duration, type Instant, microseconds, START, seconds } from '../../src/base/time.ts';

export interface FaultRates {
  /** Chance that one bit of a byte is changed. */
  readonly flip?: number;
  /** Chance that a byte is lost. */
  readonly delete?: number;
  /** Chance that a random byte comes before a byte. */
  readonly insert?: number;
}

export class Faults {
  readonly #random: Random;
  readonly #rates: Required<FaultRates>;
  /** How often a byte has been hit. */
  count = 0;

  constructor(random: Random, rates: FaultRates = {}) {
    this.#random = random;
    this.#rates = { flip: 0, delete: 0, insert: 0, ...rates };
  }

  /** A copy of `bytes`, as the line leaves it. */
  apply(bytes: Uint8Array): Uint8Array {
    const { flip, delete: lose, insert } = this.#rates;
    if (flip + lose + insert === 0) return bytes.slice();
    const through: number[] = [];
    for (const byte of bytes) {
      const draw = this.#random.float();
      if (draw >= flip + lose + insert) {
        through.push(byte);
        continue;
      }
      this.count++;
      if (draw < flip) through.push(byte ^ (1 << this.#random.below(8)));
      else if (draw < flip + insert) through.push(this.#random.below(256), byte);
    }
    return Uint8Array.from(through);
  }
}

export interface LineOptions extends FaultRates {
  /** Bits a second, ten to a byte. Default: infinitely many. */
  readonly baud?: number;
  /** Default 100 µs. */
  readonly latency?: Duration;
}

/** Virtual time. A cell arrives when its last byte does. */
export class FaultyPipe {
  readonly faults: Faults;
  readonly #microsecondsPerByte: number;
  readonly #latency: Duration;
  #onTheWay: { readonly at: Instant; readonly bytes: Uint8Array }[] = [];
  #freeAt: Instant = START;
  /** Bytes that were put in. */
  carried = 0;
  /** A cut line takes bytes and delivers none. */
  isCut = false;

  constructor(random: Random, options: LineOptions = {}) {
    this.faults = new Faults(random, options);
    this.#microsecondsPerByte = options.baud === undefined ? 0 : (10 * seconds(1)) / options.baud;
    this.#latency = options.latency ?? microseconds(100);
  }

  /** One cell may wait for the line, so that it is never idle. */
  hasRoom(now: Instant): boolean {
    return now >= this.roomAt;
  }
  get roomAt(): Instant {
    return (this.#freeAt - 64 * this.#microsecondsPerByte) as Instant;
  }

  write(bytes: Uint8Array, now: Instant): void {
    this.carried += bytes.length;
    this.#freeAt = (Math.max(this.#freeAt, now) + bytes.length * this.#microsecondsPerByte) as Instant;
    if (!this.isCut) this.#onTheWay.push({ at: after(this.#freeAt, this.#latency), bytes: this.faults.apply(bytes) });
  }

  /** What has arrived by `now`, in order. */
  take(now: Instant): Uint8Array[] {
    let count = 0;
    while ((this.#onTheWay[count]?.at ?? Number.POSITIVE_INFINITY) <= now) count++;
    return count === 0 ? [] : this.#onTheWay.splice(0, count).map(({ bytes }) => bytes);
  }

  get nextArrival(): Instant | undefined {
    return this.#onTheWay[0]?.at;
  }

  /** What was on the way is lost. */
  cut(): void {
    this.isCut = true;
    this.#onTheWay = [];
  }
}

/** Real time, no pacing: puts faults before any stream, in both directions. */
export function faultyDuplex(inner: Duplex, random: Random, rates: FaultRates): Duplex & { readonly faults: Faults } {
  const faults = new Faults(random, rates);
  const outer = new Duplex({
    read: () => {
      inner.resume();
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      inner.write(faults.apply(chunk), (error) => done(error));
    },
    final: (done) => {
      inner.end(done);
    },
    destroy: (error, done) => {
      inner.destroy();
      done(error);
    },
  });
  inner.on('data', (chunk: Uint8Array) => {
    const through = faults.apply(chunk);
    if (through.length > 0 && !outer.push(through)) inner.pause();
  });
  inner.on('error', (error) => outer.destroy(error));
  inner.on('close', () => outer.destroy());
  return Object.assign(outer, { faults });
}
