/** The RP2040's clocks (data sheet 2.15) as far as rp2040js does not know them: GPIN0 and GPIN1. */
import type { RP2040 } from 'rp2040js';

const PIN_OF_GPIN = [20, 22] as const;
const FUNCTION_CLOCK = 8;

export class ClockTree {
  readonly #chip: RP2040;
  readonly #referenceHz: () => number;

  constructor(chip: RP2040, referenceHz: () => number) {
    this.#chip = chip;
    this.#referenceHz = referenceHz;
  }

  /** Hz; 0 while it stands still. */
  get systemHz(): number {
    const { clocks } = this.#chip;
    const auxiliary = (clocks.sysCtrl >>> 5) & 7;
    if (!(clocks.sysCtrl & 1) || auxiliary < 4) return clocks.sysFreq;
    return this.#inputHz(auxiliary - 4);
  }

  #inputHz(input: number): number {
    const pin = this.#chip.gpio[PIN_OF_GPIN[input] ?? -1];
    if (input !== 0 || pin?.functionSelect !== FUNCTION_CLOCK || !pin.inputEnable) return 0;
    return this.#referenceHz();
  }
}
