/** Pins without a chip: the test is the chip. Time moves when the test says so, and a device runs exactly when it asks to. */
import { type Nanoseconds, PIN, type PinDevice, type Pins } from '../../../src/emulator/pins.ts';

type Listener = (level: boolean | undefined, now: Nanoseconds) => void;

/** CRS_DV and RXD from this time on. */
export interface Heard {
  readonly at: number;
  readonly crsDv: boolean;
  readonly rxd: number;
}

/** A carrier as a MAC understands it that samples in the middle of each di-bit. */
export interface HeardFrame {
  /** From the first preamble di-bit on. */
  readonly octets: Uint8Array;
  readonly dibits: number;
  readonly rise: number;
  /** The last fall of CRS_DV. */
  readonly fall: number;
  /** Falls of CRS_DV. */
  readonly falls: number;
}

const DIBIT = 200;
const HALF = DIBIT / 2;

export class FakePins implements Pins {
  #now = 0;
  readonly #output: (boolean | undefined)[] = [];
  readonly #outside: boolean[] = [];
  readonly #listeners: Listener[][] = [];
  readonly #devices: PinDevice[] = [];
  /** Every change of CRS_DV and RXD. */
  readonly heard: Heard[] = [];

  get now(): Nanoseconds {
    return this.#now as Nanoseconds;
  }
  output(pin: number): boolean | undefined {
    return this.#output[pin];
  }
  drive(pin: number, level: boolean): void {
    if (this.#outside[pin] === level) return;
    this.#outside[pin] = level;
    const { crsDv, rxd0, rxd1 } = PIN;
    if (pin !== crsDv && pin !== rxd0 && pin !== rxd1) return;
    const [crs, low, high] = [crsDv, rxd0, rxd1].map((each) => this.#outside[each] === true);
    if (this.heard.at(-1)?.at === this.#now) this.heard.pop();
    this.heard.push({ at: this.#now, crsDv: crs === true, rxd: (high ? 2 : 0) | (low ? 1 : 0) });
  }
  onOutput(pin: number, listener: Listener): void {
    const listeners = this.#listeners[pin] ?? [];
    listeners.push(listener);
    this.#listeners[pin] = listeners;
  }

  add(device: PinDevice): void {
    this.#devices.push(device);
  }
  /** The chip drives a pin, or no longer does. */
  set(pin: number, level: boolean | undefined): void {
    if (this.#output[pin] === level) return;
    this.#output[pin] = level;
    for (const listener of this.#listeners[pin] ?? []) listener(level, this.now);
  }
  /** What the chip reads. */
  level(pin: number): boolean {
    return this.#output[pin] ?? this.#outside[pin] ?? false;
  }
  runUntil(until: number): void {
    for (;;) {
      const next = Math.min(...this.#devices.map((device) => device.next));
      if (next > until) break;
      this.#now = Math.max(this.#now, next);
      for (const device of this.#devices) if (device.next <= this.#now) device.run(this.now);
    }
    this.#now = Math.max(this.#now, until);
  }
  pass(ns: number): void {
    this.runUntil(this.#now + ns);
  }

  /** As a MAC sends: TX_EN with the first di-bit, low behind the last. Ends `gap` di-bits later. */
  send(octets: Uint8Array, dibits = 4 * octets.length, gap = 48): void {
    const start = this.#now;
    for (let i = 0; i < dibits; i++) {
      this.runUntil(start + i * DIBIT);
      const dibit = ((octets[i >> 2] ?? 0) >> ((i & 3) * 2)) & 3;
      this.set(PIN.txd0, (dibit & 1) !== 0);
      this.set(PIN.txd1, (dibit & 2) !== 0);
      this.set(PIN.txEn, true);
    }
    this.runUntil(start + dibits * DIBIT);
    this.set(PIN.txEn, false);
    this.runUntil(start + (dibits + gap) * DIBIT);
  }

  /** What a MAC has understood of `heard`: a frame ends with CRS_DV low in two di-bits one after the other. */
  frames(): HeardFrame[] {
    const frames: HeardFrame[] = [];
    for (let from = 0; ; ) {
      const rise = this.heard.find(({ at, crsDv }) => crsDv && at >= from);
      if (rise === undefined) return frames;
      const frame = this.#frameFrom(rise.at);
      frames.push(frame);
      from = frame.fall;
    }
  }

  #at(time: number): Heard {
    let found: Heard = { at: 0, crsDv: false, rxd: 0 };
    for (const heard of this.#since(time)) found = heard;
    return found;
  }
  /** The last change before `time`, by halves: there may be many. */
  #since(time: number): Heard[] {
    let low = 0;
    let high = this.heard.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.heard[middle] as Heard).at <= time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? [] : [this.heard[low - 1] as Heard];
  }

  #frameFrom(rise: number): HeardFrame {
    const falls = this.heard.filter(({ at, crsDv }, i) => at > rise && !crsDv && this.heard[i - 1]?.crsDv === true);
    const quiet = (at: number) => this.heard.every((each) => each.at <= at || each.at > at + 2 * DIBIT || !each.crsDv);
    const end = falls.findIndex(({ at }) => quiet(at));
    const fall = falls[end]?.at ?? this.#now;
    const data = this.heard.find(({ at, rxd }) => at >= rise && at < fall && (rxd & 1) !== 0);
    const dibits: number[] = [];
    // Low in the first di-bit of a last nibble: two di-bits of it have been heard, and the second is data, too.
    if (data !== undefined) for (let at = data.at + HALF; at < fall; at += DIBIT) dibits.push(this.#at(at).rxd);
    const octets = new Uint8Array(dibits.length >> 2);
    dibits.slice(0, 4 * octets.length).forEach((dibit, i) => {
      octets[i >> 2] = (octets[i >> 2] as number) | (dibit << ((i & 3) * 2));
    });
    return { octets, dibits: dibits.length, rise, fall, falls: end + 1 };
  }
}

/** The station management's end of MDC and MDIO: a bit takes 400 ns, and MDIO is taken just before the next rise of MDC. */
export class Management {
  readonly #pins: FakePins;

  constructor(pins: FakePins) {
    this.#pins = pins;
    pins.set(PIN.mdc, false);
  }

  /** Sends bits, the highest first. */
  send(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) this.#bit((Math.floor(value / 2 ** bit) & 1) === 1);
  }
  /** Lets MDIO go, and takes bits. */
  take(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) value = value * 2 + (this.#bit(undefined) ? 1 : 0);
    return value;
  }
  preamble(bits = 32): void {
    this.send(2 ** bits - 1, bits);
  }
  /** The turn-around in bit 16 (0: the PHY has answered), the data below it. */
  read(address: number, register: number): number {
    this.preamble();
    this.send((0b0110 << 10) | (address << 5) | register, 14);
    this.take(1);
    const answer = this.take(17);
    return answer;
  }
  write(address: number, register: number, value: number): void {
    this.preamble();
    this.send((0b0101 << 10) | (address << 5) | register, 14);
    this.send(0b10, 2);
    this.send(value, 16);
    this.#pins.set(PIN.mdio, undefined);
  }

  #bit(level: boolean | undefined): boolean {
    this.#pins.set(PIN.mdc, false);
    this.#pins.set(PIN.mdio, level);
    this.#pins.pass(200);
    const taken = this.#pins.level(PIN.mdio);
    this.#pins.set(PIN.mdc, true);
    this.#pins.pass(200);
    return taken;
  }
}
