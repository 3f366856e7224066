/** REF_CLK as RMII at 10 Mb/s uses it: one di-bit lasts ten clocks (RMII Specification 1.2, 5.3.2 and 5.4.2). */

/** ns of one REF_CLK, 50 MHz. */
export const REFERENCE_PERIOD = 20;
/** ns of one di-bit. */
export const DIBIT = 10 * REFERENCE_PERIOD;
/** Times that differ by less, in ns, are the same. */
export const SLACK = 0.01;

export class RmiiClock {
  readonly #offset: number;
  /** The first edge since REF_CLK started. */
  #origin = 0;

  /** `phase`: 0–9, the REF_CLK of ten at which the PHY samples and drives. */
  constructor(phase: number) {
    this.#offset = phase * REFERENCE_PERIOD;
  }

  start(now: number): void {
    this.#origin = now;
  }

  /** The PHY's first edge at this time or later, in ns. */
  edgeFrom(at: number): number {
    const first = this.#origin + this.#offset;
    return first + Math.ceil((at - first) / DIBIT) * DIBIT;
  }
}
