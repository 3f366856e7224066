/** A machine whose processor sleeps, with the clocks of the Pico's serial lines: a test drives the registers as a driver would. */

import type { Nanoseconds } from '../../../src/emulator/pins.ts';
import { Machine } from '../../../src/emulator/rp2040/machine.ts';

const SLEEP_FOR_EVER = 0xe7fd_bf30; // wfi; b .-2

export class SleepingMachine extends Machine {
  constructor() {
    super({ referenceHz: () => 0 });
    this.put(0x2000_0000, SLEEP_FOR_EVER);
    this.chip.core.PC = 0x2000_0000;
    this.put(0x4000_f000, 0x01ff_ffff); // RESETS: none is held
    this.put(0x4002_c000, 1); // PLL_USB: 12 MHz × 100 / 5 / 5
    this.put(0x4002_c008, 100);
    this.put(0x4002_c00c, (5 << 16) | (5 << 12));
    this.put(0x4000_803c, (1 << 5) | 1); // clk_sys from it
    this.put(0x4000_8048, (1 << 11) | (2 << 5)); // clk_peri, clk_usb
    this.put(0x4000_8054, 1 << 11);
  }

  put(address: number, value: number): void {
    this.chip.writeUint32(address, value);
  }
  get(address: number): number {
    return this.chip.readUint32(address) >>> 0;
  }
  isPending(interrupt: number): boolean {
    return ((this.chip.core.pendingInterrupts >>> interrupt) & 1) === 1;
  }
  /** Microseconds pass. */
  pass(microseconds: number): void {
    this.run((this.now + microseconds * 1e3) as Nanoseconds);
  }
}
