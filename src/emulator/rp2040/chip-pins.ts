/** The pins of the emulated chip: levels from inside, from outside and from the pads' pulls, and who is told. */
import type { GPIOPin, RP2040 } from 'rp2040js';
import type { Nanoseconds, Pins } from '../pins.ts';

type Listener = (level: boolean | undefined, now: Nanoseconds) => void;

export interface PinsOwner {
  readonly now: Nanoseconds;
  readonly cycle: number;
  /** A listener has been told something: devices may want to run at another time. */
  wake(): void;
  /** What the chip reads at some pin has changed. */
  inputChanged(): void;
}

/** Two flip-flops at clk_sys stand between a pad and whoever reads it (2.19.3, 3.5.6.3). */
const SYNCHRONISER = 2;
/** A pad after reset: input enabled, 4 mA, pull-down, Schmitt trigger (2.19.6.3); rp2040js begins without the input. */
const PAD_RESET = 0x56;

export class ChipPins implements Pins {
  /** What the chip reads, before the synchronisers: levels of pins whose input is enabled. */
  inputs = 0;
  readonly #owner: PinsOwner;
  readonly #pins: readonly GPIOPin[];
  /** What is driven from outside. */
  readonly #outside: (boolean | undefined)[];
  readonly #output: (boolean | undefined)[];
  readonly #level: boolean[];
  readonly #isRead: boolean[];
  readonly #listeners: Listener[][];
  /** `inputs` before its last change and the one before, and the cycles of the two changes. */
  #before = 0;
  #earlier = 0;
  #changedAt = -SYNCHRONISER;
  #changedBeforeAt = -SYNCHRONISER;

  constructor(chip: RP2040, owner: PinsOwner) {
    this.#owner = owner;
    this.#pins = chip.gpio;
    this.#outside = chip.gpio.map(() => undefined);
    this.#output = chip.gpio.map(() => undefined);
    this.#level = chip.gpio.map(() => false);
    this.#isRead = chip.gpio.map(() => false);
    this.#listeners = chip.gpio.map(() => []);
    for (const pin of chip.gpio) {
      pin.padValue = PAD_RESET;
      pin.checkForUpdates = () => this.#changed(pin);
      pin.refreshInput = () => this.#changed(pin);
    }
    Object.defineProperty(chip, 'gpioValues', { get: () => this.synchronised(owner.cycle) });
  }

  get now(): Nanoseconds {
    return this.#owner.now;
  }
  /** The cycle from which on the synchronisers show the last change. */
  get settledAt(): number {
    return this.#changedAt + SYNCHRONISER;
  }

  output(pin: number): boolean | undefined {
    return this.#output[pin];
  }

  drive(pin: number, level: boolean): void {
    if (this.#outside[pin] === level) return;
    this.#outside[pin] = level;
    this.#settle(this.#pins[pin] as GPIOPin, this.#owner.cycle);
  }

  onOutput(pin: number, listener: Listener): void {
    this.#listeners[pin]?.push(listener);
  }

  /** What processor and state machines see in this cycle. */
  synchronised(cycle: number): number {
    const since = cycle - SYNCHRONISER;
    if (this.#changedAt <= since) return this.inputs;
    return this.#changedBeforeAt <= since ? this.#before : this.#earlier;
  }

  /** Told by a PIO block, with a bit for each pin. */
  outputsChanged(pins: number): void {
    for (let rest = pins; rest !== 0; rest &= rest - 1) {
      const pin = this.#pins[31 - Math.clz32(rest & -rest)];
      if (pin !== undefined) this.#changed(pin);
    }
  }

  #changed(pin: GPIOPin): void {
    const level = pin.outputEnable && !pin.outputDisable ? pin.outputValue : undefined;
    const before = this.#output[pin.index];
    this.#output[pin.index] = level;
    // An output is a flip-flop: the pad has the level of this cycle's instruction in the next.
    this.#settle(pin, this.#owner.cycle + 1);
    if (level === before) return;
    const listeners = this.#listeners[pin.index] as Listener[];
    for (const listener of listeners) listener(level, this.#owner.now);
    if (listeners.length > 0) this.#owner.wake();
  }

  /** The chip's own driver wins, then what is outside, then the pad's pull (2.19.4); a pin that floats keeps its level. */
  #settle(pin: GPIOPin, cycle: number): void {
    const { index } = pin;
    const level =
      this.#output[index] ??
      this.#outside[index] ??
      (pin.pullupEnabled === pin.pulldownEnabled ? (this.#level[index] as boolean) : pin.pullupEnabled);
    this.#level[index] = level;
    const isRead = level && pin.inputEnable;
    if (isRead !== this.#isRead[index]) {
      // rp2040js sets the edge bits at every call: it is told changes only.
      this.#isRead[index] = isRead;
      pin.setInputValue(level);
    }
    const bit = 1 << index;
    const inputs = pin.inputValue ? this.inputs | bit : this.inputs & ~bit;
    if (inputs !== this.inputs) this.#inputsAre(inputs, cycle);
  }

  #inputsAre(inputs: number, cycle: number): void {
    if (cycle > this.#changedAt) {
      this.#earlier = this.#before;
      this.#changedBeforeAt = this.#changedAt;
      this.#before = this.inputs;
      this.#changedAt = cycle;
    }
    this.inputs = inputs;
    this.#owner.inputChanged();
  }
}
