/** Initial sequence numbers, RFC 6528 and RFC 9293 §3.4.1: a clock plus a keyed hash of the connection's two endpoints. */
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import type { Endpoint } from '../ports.ts';
import { type Seq, seq } from './seq.ts';

const TICK = 4; // µs: the clock part wraps in 4.77 h (MUST-8)

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

export class InitialSeq {
  readonly #key0: number;
  readonly #key1: number;

  /** Draws the secret once: it lives as long as this stack (MUST-9). */
  constructor(random: Random) {
    this.#key0 = random.u32() | 0;
    this.#key1 = random.u32() | 0;
  }

  choose(local: Endpoint, remote: Endpoint, now: Instant): Seq {
    return seq(Math.floor(now / TICK) + this.#hash(local.ip, remote.ip, (local.port << 16) | remote.port));
  }

  /** HalfSipHash-2-4 (Aumasson, Bernstein: the 32-bit form of SipHash) over three words. */
  #hash(...words: readonly [number, number, number]): number {
    let v0 = this.#key0;
    let v1 = this.#key1;
    let v2 = 0x6c79_6765 ^ this.#key0;
    let v3 = 0x7465_6462 ^ this.#key1;
    const round = (): void => {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    };
    for (const word of [...words, 12 << 24]) {
      v3 ^= word;
      round();
      round();
      v0 ^= word;
    }
    v2 ^= 0xff;
    for (let i = 0; i < 4; i++) round();
    return v1 ^ v3;
  }
}
