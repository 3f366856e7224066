/** What the mock board's registers hold, and the interrupt rule of IRQ_STATUS and IRQ_ENABLE. Side effects of single registers are the board's. */
import type { Register } from '../register-map.ts';
import { BOARD_REGISTERS } from '../registers.ts';

const R = BOARD_REGISTERS;
const WORDS = 0x80;
/** By address / 4: the bits that a plain write changes; 0 where there is no register or it is not `rw`. */
const WRITABLE = new Uint32Array(WORDS);
for (const { address, access, fields } of Object.values(R) as Register[]) {
  if (access !== 'rw') continue;
  const bits = Object.values(fields).reduce((mask, [bit, width]) => mask | (((1 << width) - 1) << bit), 0);
  WRITABLE[address / 4] = Object.keys(fields).length === 0 ? 0xffff_ffff : bits;
}
/** What CONTROL.reset leaves as it is. */
const KEPT_OVER_RESET = [R.ID, R.VERSION, R.CAPS, R.BUFFERS, R.SCRATCH, R.IRQ_ENABLE];

export class BoardRegisters {
  readonly #words = new Uint32Array(WORDS);
  #interrupt = false;

  /** 0 where there is no register. */
  at(address: number): number {
    return this.#words[address / 4] ?? 0;
  }

  get(register: Register): number {
    return this.#words[register.address / 4] as number;
  }

  /** What hardware does: any value, any access. */
  put(register: Register, value: number): void {
    this.#words[register.address / 4] = value;
  }

  count(counter: Register, by = 1): void {
    this.put(counter, this.get(counter) + by);
  }

  /** What a plain write does: only fields of `rw` registers change. */
  write(address: number, value: number): void {
    const writable = WRITABLE[address / 4];
    if (writable) this.#words[address / 4] = value & writable;
  }

  /** An interrupt event waits. */
  get isInterruptDue(): boolean {
    return this.#interrupt;
  }

  /** Takes the event: IRQ_STATUS AND IRQ_ENABLE. */
  takeInterrupt(): number {
    this.#interrupt = false;
    return (this.get(R.IRQ_STATUS) & this.get(R.IRQ_ENABLE)) >>> 0;
  }

  raise(cause: number): void {
    this.#setInterrupts(this.get(R.IRQ_STATUS) | cause, this.get(R.IRQ_ENABLE));
  }

  acknowledge(causes: number): void {
    this.#setInterrupts(this.get(R.IRQ_STATUS) & ~causes, this.get(R.IRQ_ENABLE));
  }

  enable(causes: number): void {
    this.#setInterrupts(this.get(R.IRQ_STATUS), causes & (WRITABLE[R.IRQ_ENABLE.address / 4] as number));
  }

  /** CONTROL.reset: all but identity, SCRATCH and IRQ_ENABLE. */
  reset(): void {
    const kept = KEPT_OVER_RESET.map((register) => this.get(register));
    this.#words.fill(0);
    KEPT_OVER_RESET.forEach((register, i) => {
      this.put(register, kept[i] as number);
    });
    this.#interrupt = false;
  }

  /** The one place where causes and enables change: a cause that is newly both raises one event. */
  #setInterrupts(status: number, enable: number): void {
    const before = this.get(R.IRQ_STATUS) & this.get(R.IRQ_ENABLE);
    this.put(R.IRQ_STATUS, status);
    this.put(R.IRQ_ENABLE, enable);
    if (status & enable & ~before) this.#interrupt = true;
    if ((status & enable) === 0) this.#interrupt = false;
  }
}
