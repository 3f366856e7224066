/** The chip's pins as the things around it see them, and what is wired where. */

/** GPIO numbers: firmware-bridge/boards/pico/pins.h, hw/WIRING.md. */
export const PIN = {
  uartTx: 0,
  uartRx: 1,
  rxd0: 6,
  rxd1: 7,
  crsDv: 8,
  txd0: 10,
  txd1: 11,
  txEn: 12,
  mdio: 14,
  mdc: 15,
  refClk: 20,
  led: 25,
} as const;

/** Nanoseconds of the chip's own time, since power came. Not whole: a cycle at 48 MHz is 20.83… of them. */
export type Nanoseconds = number & { readonly __unit: 'machine-ns' };

/** The chip's side of its pins. */
export interface Pins {
  readonly now: Nanoseconds;
  /** The level of a pin as the chip drives it; undefined: it does not. */
  output(pin: number): boolean | undefined;
  /** Drives a pin from outside; the same level again changes nothing. */
  drive(pin: number, level: boolean): void;
  /** Told, with the chip's time, whenever what the chip drives onto the pin changes. */
  onOutput(pin: number, listener: (level: boolean | undefined, now: Nanoseconds) => void): void;
}

/** What hangs on the pins and does something by itself: a PHY, the other end of a serial line. */
export interface PinDevice {
  /** When it wants to run next; Infinity: not before something is told it. Asked after every run and every told change. */
  readonly next: number;
  /** Does what is due. Called with the chip's time at `next` or at most one processor cycle later. */
  run(now: Nanoseconds): void;
}
