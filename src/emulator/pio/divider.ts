/** The clock divider of a state machine (data sheet 3.5.5): 16.8 bits, and free-running; its ticks are cycles of clk_sys. */
export class Divider {
  /** As in CLKDIV. */
  register = 0x1_0000;
  /** Ticks come at ⌈(origin + k·divisor) / 256⌉. */
  #origin = 0;
  #divisor = 256;

  /** INT 0 is 65536. The data sheet leaves open in which phase a changed divider goes on: here as after a restart. */
  set(value: number, cycle: number): void {
    this.register = (value & 0xffff_ff00) >>> 0;
    this.#divisor = (value >>> 16 || 0x1_0000) * 256 + ((value >>> 8) & 255);
    this.restart(cycle);
  }

  restart(cycle: number): void {
    this.#origin = (cycle + 1) * 256;
  }

  /** The first tick from this cycle on. */
  from(cycle: number): number {
    return this.#divisor === 256 ? cycle : this.#tick(cycle, 0);
  }

  /** The tick `ticks` after the one at this cycle. */
  after(cycle: number, ticks: number): number {
    const divisor = this.#divisor;
    return (divisor & 255) === 0 ? cycle + (divisor >>> 8) * ticks : this.#tick(cycle, ticks);
  }

  #tick(cycle: number, ticks: number): number {
    const number = Math.floor(((cycle - 1) * 256 - this.#origin) / this.#divisor) + 1 + ticks;
    return Math.ceil((this.#origin + number * this.#divisor) / 256);
  }
}
