/** The pins of the emulated chip: levels from inside, from outside and from the pads' pulls, and who is told. */
import type { GPIOPin, RP2040 } from 'rp2040js';
import type { Nanoseconds, Pins } from './pins.ts';

type Listener = (level: boolean | undefined, now: Nanoseconds) => void;

export interface PinsOwner {
  readonly now: Nanoseconds;
  /** A listener has been told something: devices may want to run at another time. */
  wake(): void;
}

export class ChipPins implements Pins {
  readonly #owner: PinsOwner;
  readonly #pins: readonly GPIOPin[];
  /** What is driven from outside. */
  readonly #outside: (boolean | undefined)[];
  readonly #output: (boolean | undefined)[];
  readonly #level: boolean[];
  readonly #listeners: Listener[][];

  constructor(chip: RP2040, owner: PinsOwner) {
    this.#owner = owner;
    this.#pins = chip.gpio;
    this.#outside = chip.gpio.map(() => undefined);
    this.#output = chip.gpio.map(() => undefined);
    this.#level = chip.gpio.map(() => false);
    this.#listeners = chip.gpio.map(() => []);
    for (const pin of chip.gpio) pin.addListener(() => this.#changed(pin));
  }

  get now(): Nanoseconds {
    return this.#owner.now;
  }

  output(pin: number): boolean | undefined {
    return this.#output[pin];
  }

  drive(pin: number, level: boolean): void {
    if (this.#outside[pin] === level) return;
    this.#outside[pin] = level;
    this.#settle(this.#pins[pin] as GPIOPin);
  }

  onOutput(pin: number, listener: Listener): void {
    this.#listeners[pin]?.push(listener);
  }

  #changed(pin: GPIOPin): void {
    const level = pin.outputEnable ? pin.outputValue : undefined;
    const before = this.#output[pin.index];
    this.#output[pin.index] = level;
    this.#settle(pin);
    if (level === before) return;
    const listeners = this.#listeners[pin.index] as Listener[];
    for (const listener of listeners) listener(level, this.#owner.now);
    if (listeners.length > 0) this.#owner.wake();
  }

  /** The chip's own driver wins, then what is outside, then the pad's pull (2.19.4); a pin that floats keeps its level. */
  #settle(pin: GPIOPin): void {
    const { index } = pin;
    const level =
      this.#output[index] ??
      this.#outside[index] ??
      (pin.pullupEnabled === pin.pulldownEnabled ? (this.#level[index] as boolean) : pin.pullupEnabled);
    if (level === this.#level[index]) return;
    this.#level[index] = level;
    pin.setInputValue(level);
  }
}
