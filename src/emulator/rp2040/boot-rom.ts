/** The RP2040's ROM (data sheet 2.8) as far as a program meets it: how it is started from the flash, and the way into the USB boot loader. */
import { BOOT2_SIZE, boot2IsSealed } from '../../firmware/boot2.ts';
import { type FlashImage, PICO_FLASH } from '../../firmware/uf2.ts';
import type { Machine } from './machine.ts';

/** The operand of the BKPT at which the machine stands when the program has called reset_usb_boot. */
export const BOOT_LOADER_BREAKPOINT = 0xb0;

const RAM = 0x2000_0000;
/** 2.8.1.3.1: where the second stage runs, and below which the stack begins. */
const BOOT2_AT = 0x2004_1f00;
/** What RAM and registers hold when power comes: anything, so nothing that a program could rely on. */
const ANYTHING = 0xa5;

/** 2.8.3: half words at 0x14 (functions), 0x16 (data) and 0x18 (the look-up), then tables of code and address. */
const MAGIC = [0x754d, 0x0201] as const; // 'M', 'u', 1; version 2
const AT = {
  magic: 0x10,
  functions: 0x14,
  data: 0x16,
  lookUp: 0x18,
  table: 0x40,
  code: 0x60,
  bootLoader: 0x80,
} as const;
const RESET_USB_BOOT = 0x4255; // 'U', 'B'

/** `void *rom_table_lookup(uint16_t *table, uint32_t code)`. */
const LOOK_UP = [
  0x8802, // again: ldrh r2, [r0, #0]
  0x8843, //        ldrh r3, [r0, #2]
  0x3004, //        adds r0, #4
  0x428a, //        cmp  r2, r1
  0xd002, //        beq  found
  0x2a00, //        cmp  r2, #0
  0xd1f8, //        bne  again
  0x2300, //        movs r3, #0
  0x0018, // found: movs r0, r3
  0x4770, //        bx   lr
];
/** Here the ROM becomes a USB drive, which is another program: all interrupts off, told by BKPT, asleep. */
const BOOT_LOADER = [
  0xb672, //        cpsid i
  0x4903, //        ldr  r1, [pc, #12]
  0x4803, //        ldr  r0, [pc, #12]
  0x6001, //        str  r1, [r0]
  0xbe00 | BOOT_LOADER_BREAKPOINT,
  0xbf30, // sleep: wfi
  0xe7fd, //        b    sleep
  0x0000,
  0xffff,
  0xffff,
  0xe180, // NVIC_ICER
  0xe000,
];

/** Erases the flash, writes the image, and starts it as the ROM does when power comes. Otherwise a sentence that says why it is not started. */
export function bootFromFlash(machine: Machine, image: FlashImage): string | undefined {
  const { chip } = machine;
  const at = image.address - PICO_FLASH.start;
  if (at < 0 || image.address + image.bytes.length > PICO_FLASH.end) return 'it does not lie in the flash';
  chip.flash.fill(0xff);
  chip.flash.set(image.bytes, at);
  chip.sram.fill(ANYTHING);
  writeRom(chip.bootrom);
  // A watchdog, or SYSRESETREQ, resets the processor; RAM, flash and (unless WDSEL says so) the peripherals stay as they are.
  machine.onReset = () => {
    start(machine);
  };
  return start(machine);
}

/** 2.8.1: from the reset to the first instruction of boot2. */
function start({ chip }: Machine): string | undefined {
  const boot2 = chip.flash.subarray(0, BOOT2_SIZE);
  if (!boot2IsSealed(boot2)) return 'the checksum of its boot2 is wrong';
  chip.sram.set(boot2, BOOT2_AT - RAM);
  const { core } = chip;
  core.registers.fill(ANYTHING * 0x0101_0101);
  core.PM = core.waiting = false;
  core.IPSR = 0;
  core.currentMode = core.SPSEL = 0;
  core.VTOR = core.SHPR2 = core.SHPR3 = 0;
  core.pendingNMI = core.pendingPendSV = core.pendingSVCall = core.pendingSystick = false;
  core.enabledInterrupts = 0;
  core.interruptPriorities = [0xffff_ffff, 0, 0, 0];
  core.SP = BOOT2_AT;
  core.LR = 0;
  core.PC = BOOT2_AT;
  return;
}

function writeRom(words: Uint32Array): void {
  const rom = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
  const put = (at: number, halves: readonly number[]): void => rom.set(halves, at / 2);
  rom.fill(0);
  put(AT.magic, MAGIC);
  put(AT.functions, [AT.table]);
  put(AT.data, [AT.table + 4]); // the end of the table: no data
  put(AT.lookUp, [AT.code | 1]);
  put(AT.table, [RESET_USB_BOOT, AT.bootLoader | 1, 0, 0]);
  put(AT.code, LOOK_UP);
  put(AT.bootLoader, BOOT_LOADER);
}
