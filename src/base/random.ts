/** Chance from a seed: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32. */
export class Random {
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed`: any integer; the same seed gives the same sequence on every machine. */
  constructor(seed: number) {
    this.seed = seed;
    let state = seed | 0;
    const splitmix = (): number => {
      state = (state + 0x9e37_79b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0_aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a_2d97);
      return z ^ (z >>> 15);
    };
    this.#a = splitmix();
    this.#b = splitmix();
    this.#c = splitmix();
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** 32 random bits, 0 … 2³²−1. */
  u32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** A uniform integer in 0 … n−1, without the modulo's bias. n: 1 … 2³². */
  below(n: number): number {
    const limit = Math.floor(0x1_0000_0000 / n) * n;
    for (;;) {
      const draw = this.u32();
      if (draw < limit) return draw % n;
    }
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability;
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.u32();
    return bytes;
  }
}
