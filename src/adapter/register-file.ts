/** The values behind the card's registers, and what a programmer's access may change of them. Side effects are the adapter's. */
import type { Register } from '../bridge/register-map.ts';
import { CARD_REGISTERS } from './registers.ts';

const REGISTERS: readonly Register[] = Object.values(CARD_REGISTERS);
const WORDS = Math.max(...REGISTERS.map(({ address }) => address)) / 4 + 1;

/** Which bits a write can set: all of a plain value, those of the fields where there are fields. */
function writableBits({ access, fields }: Register): number {
  if (access !== 'rw') return 0;
  const places = Object.values(fields);
  if (places.length === 0) return 0xffff_ffff;
  return places.reduce((mask, [bit, width]) => mask | (((1 << width) - 1) << bit), 0) >>> 0;
}

export class RegisterFile {
  readonly #values = new Uint32Array(WORDS);
  readonly #writable = new Uint32Array(WORDS);

  constructor() {
    for (const register of REGISTERS) this.#writable[register.address >>> 2] = writableBits(register);
    this.reset();
  }

  reset(): void {
    for (const { address, reset } of REGISTERS) this.#values[address >>> 2] = reset;
  }

  /** The card's own view: the stored value, whatever the access. */
  get(register: Register): number {
    return this.#values[register.address >>> 2] as number;
  }

  set(register: Register, value: number): void {
    this.#values[register.address >>> 2] = value;
  }

  /** Counters run modulo 2³². */
  count(register: Register, by = 1): void {
    const word = register.address >>> 2;
    this.#values[word] = (this.#values[word] as number) + by;
  }

  /** The programmer's write: only bits of an `rw` register change. */
  store(register: Register, value: number): void {
    const word = register.address >>> 2;
    const kept = (this.#values[word] as number) & ~(this.#writable[word] as number);
    this.#values[word] = kept | this.writable(register, value);
  }

  /** What of `value` a programmer's write can set. */
  writable(register: Register, value: number): number {
    return (value & (this.#writable[register.address >>> 2] as number)) >>> 0;
  }
}
