/** What a host says to itself: datagrams that come back at the next poll. RFC 1122 section 3.2.1.3 (g). */
import type { Ip } from '../base/address.ts';

// Datagrams on their way; when full, `begin` refuses and the sender asks again later.
const CAPACITY = 64;

/** 127.0.0.0/8. */
export const isLoopback = (ip: Ip): boolean => ip >>> 24 === 127;

export class Loopback {
  readonly #queue: Uint8Array[] = [];
  #building: Uint8Array | undefined;

  /** A place for a datagram of `length` octets; undefined when the queue is full. */
  begin(length: number): Uint8Array | undefined {
    if (this.#queue.length >= CAPACITY) return undefined;
    this.#building = new Uint8Array(length);
    return this.#building;
  }

  end(): void {
    if (this.#building !== undefined) this.#queue.push(this.#building);
    this.#building = undefined;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** The oldest datagram, which is the caller's then. */
  take(): Uint8Array | undefined {
    return this.#queue.shift();
  }
}
