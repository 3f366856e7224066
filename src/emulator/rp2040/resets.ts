/**
 * RESETS (data sheet 2.14): which peripherals are held in reset. rp2040js's says that all are free at all times. What stands in for one of its peripherals is
 * reset; of its own, PWM alone can be. One that is used while it is held still works here, but is reported: on silicon its registers could not be written.
 */
import type { RP2040 } from 'rp2040js';
import type { Log } from './log.ts';

export type Peripheral = RP2040['peripherals'][number] & {
  /** It is put into reset. */
  reset?(): void;
};

const RESET = 0x0;
const WDSEL = 0x4;
const RESET_DONE = 0x8;
const ALL = 0x1ff_ffff;
/** Bit, name and base address, shifted as rp2040js has its table of peripherals. */
const BLOCKS = [
  [0, 'ADC', 0x4_004c],
  [1, 'BUSCTRL', 0x4_0030],
  [2, 'DMA', 0x5_0000],
  [3, 'I2C0', 0x4_0044],
  [4, 'I2C1', 0x4_0048],
  [5, 'IO_BANK0', 0x4_0014],
  [8, 'PADS_BANK0', 0x4_001c],
  [10, 'PIO0', 0x5_0200],
  [11, 'PIO1', 0x5_0300],
  [12, 'PLL_SYS', 0x4_0028],
  [13, 'PLL_USB', 0x4_002c],
  [14, 'PWM', 0x4_0050],
  [15, 'RTC', 0x4_005c],
  [16, 'SPI0', 0x4_003c],
  [17, 'SPI1', 0x4_0040],
  [21, 'TIMER', 0x4_0054],
  [22, 'UART0', 0x4_0034],
  [23, 'UART1', 0x4_0038],
  [24, 'USBCTRL', 0x5_0110],
] as const;
/** IO_QSPI and PADS_QSPI: the ROM has taken them out of reset to read the flash. */
const FREE_AFTER_ROM = (1 << 6) | (1 << 9);

export class Resets {
  readonly #chip: RP2040;
  readonly #log: Log;
  /** What stands, or will stand after its reset, at each address. */
  readonly #peripherals = new Map<number, Peripheral>();
  readonly #reported = new Set<number>();
  #held = ALL & ~FREE_AFTER_ROM;
  #watchdog = 0;

  constructor(chip: RP2040, log: Log) {
    this.#chip = chip;
    this.#log = log;
    for (const [, , place] of BLOCKS) {
      const peripheral = chip.peripherals[place];
      if (peripheral !== undefined) this.#peripherals.set(place, peripheral);
    }
    chip.peripherals[0x4_000c] = this;
    this.#show();
  }

  replace(place: number, peripheral: Peripheral): void {
    this.#peripherals.set(place, peripheral);
    this.#chip.peripherals[place] = peripheral;
    this.#show();
  }

  readUint32(address: number): number {
    const offset = address & 0xfff;
    if (offset === RESET) return this.#held;
    if (offset === WDSEL) return this.#watchdog;
    return offset === RESET_DONE ? ~this.#held & ALL : 0;
  }

  writeUint32(offset: number, value: number): void {
    if (offset === RESET) {
      const begun = value & ALL & ~this.#held;
      this.#held = value & ALL;
      for (const [bit, , place] of BLOCKS) if ((begun >>> bit) & 1) this.#peripherals.get(place)?.reset?.();
      this.#show();
    } else if (offset === WDSEL) this.#watchdog = value & ALL;
  }

  writeUint32Atomic(offset: number, value: number, alias: number): void {
    const before = this.readUint32(offset);
    this.writeUint32(
      offset,
      alias === 0 ? value : alias === 1 ? before ^ value : alias === 2 ? before | value : before & ~value,
    );
  }

  /** Who is held is reached through a reporter, so that who is free costs nothing. */
  #show(): void {
    for (const [bit, name, place] of BLOCKS) {
      const peripheral = this.#peripherals.get(place);
      if (peripheral === undefined) continue;
      const isHeld = ((this.#held >>> bit) & 1) === 1;
      this.#chip.peripherals[place] = isHeld ? this.#reporter(name, place, peripheral) : peripheral;
    }
  }

  #reporter(name: string, place: number, peripheral: Peripheral): Peripheral {
    const report = (): void => {
      if (this.#reported.has(place)) return;
      this.#reported.add(place);
      this.#log.warn('RESETS', `${name} is used while it is held in reset`);
    };
    return {
      readUint32: (offset) => {
        report();
        return peripheral.readUint32(offset);
      },
      writeUint32: (offset, value) => {
        report();
        peripheral.writeUint32(offset, value);
      },
      writeUint32Atomic: (offset, value, alias) => {
        report();
        peripheral.writeUint32Atomic(offset, value, alias);
      },
    };
  }
}
