/** RP2040 data sheet 2.8. */
import { beforeEach, expect, test } from 'vitest';
import { bytes, put32le } from '../../../src/base/bytes.ts';
import type { Nanoseconds } from '../../../src/emulator/pins.ts';
import { BOOT_LOADER_BREAKPOINT, bootFromFlash } from '../../../src/emulator/rp2040/boot-rom.ts';
import { Machine } from '../../../src/emulator/rp2040/machine.ts';
import { crc32Mpeg2 } from '../../../src/firmware/boot2.ts';
import type { FlashImage } from '../../../src/firmware/uf2.ts';

/** mov r0, lr; mov r1, sp; mov r2, pc; bkpt 1 */
const LOOKS_AROUND = bytes('7046 6946 7a46 01be fee7');
/** Finds 'UB' as the SDK's rom_func_lookup does, calls it; bkpt 2 would come after its return. */
const CALLS_BOOT_LOADER = bytes('1824 2488 1420 0088 0349 a047 0546 a847 02be c046 c046 c046 55420000');
/** Counts up the word at 0x20000100; bkpt 3; cpsid i; writes SYSRESETREQ; waits. */
const RESETS = bytes('0448 0168 0131 0160 03be 72b6 0248 0349 0160 fee7 00010020 0ced00e0 0400fa05');
const RESTART = 0x2000_0100;

let machine: Machine;
let breakpoints: number[];

beforeEach(() => {
  machine = new Machine({ referenceHz: () => 0 });
  breakpoints = [];
  machine.onBreakpoint = (code) => breakpoints.push(code);
});

function imageOf(program: Uint8Array, address = 0x1000_0000): FlashImage {
  const flash = new Uint8Array(4096);
  flash.set(program);
  put32le(flash, 252, crc32Mpeg2(flash.subarray(0, 252)));
  return { address, bytes: flash };
}
const run = (microseconds: number): number => machine.run((machine.now + microseconds * 1e3) as Nanoseconds);

test('boot2 runs at 0x20041f00 with its stack below it, and LR is 0', () => {
  let seen: number[] = [];
  machine.onBreakpoint = () => {
    seen = [...machine.chip.core.registers.subarray(0, 3)];
  };
  expect(bootFromFlash(machine, imageOf(LOOKS_AROUND))).toBeUndefined();
  run(10);
  expect(seen).toEqual([0, 0x2004_1f00, 0x2004_1f08]);
});

test('the flash around the image is erased, and RAM holds nothing that could be relied on', () => {
  machine.chip.flash.fill(0);
  expect(bootFromFlash(machine, imageOf(LOOKS_AROUND))).toBeUndefined();
  expect(machine.chip.readUint32(0x1000_1000) >>> 0).toBe(0xffff_ffff);
  expect(machine.chip.readUint32(0x2000_0000) >>> 0).toBe(0xa5a5_a5a5);
});

test('a boot2 with one changed bit is refused with a reason', () => {
  const image = imageOf(LOOKS_AROUND);
  image.bytes[3] = (image.bytes[3] ?? 0) ^ 1;
  expect(bootFromFlash(machine, image)).toMatch(/checksum of its boot2/);
});

test('an image without boot2, or outside of the flash, is refused with a reason', () => {
  expect(bootFromFlash(machine, imageOf(LOOKS_AROUND, 0x1000_1000))).toMatch(/boot2/);
  expect(bootFromFlash(machine, imageOf(LOOKS_AROUND, 0x2000_0000))).toMatch(/not lie in the flash/);
  expect(bootFromFlash(machine, imageOf(LOOKS_AROUND, 0x101f_f800))).toMatch(/not lie in the flash/);
});

test('reset_usb_boot is found through the table at 0x14, does not return, and sleeps with all interrupts off', () => {
  expect(bootFromFlash(machine, imageOf(CALLS_BOOT_LOADER))).toBeUndefined();
  machine.chip.core.enabledInterrupts = -1;
  run(100);
  expect(breakpoints).toEqual([BOOT_LOADER_BREAKPOINT]);
  expect(machine.chip.core.enabledInterrupts).toBe(0);
  expect(machine.chip.core.waiting).toBe(true);
  expect(machine.nextEvent()).toBeGreaterThan(machine.now + 1);
});

test('the look-up answers 0 for a function that the ROM does not have', () => {
  const program = CALLS_BOOT_LOADER.slice();
  program[25] = 0x43; // 'UC'
  expect(bootFromFlash(machine, imageOf(program))).toBeUndefined();
  run(8);
  expect(machine.chip.core.registers[5]).toBe(0);
});

test('a reset starts the program again from the flash, and RAM keeps what it has', () => {
  expect(bootFromFlash(machine, imageOf(RESETS))).toBeUndefined();
  machine.chip.writeUint32(RESTART, 0);
  machine.onBreakpoint = (code) => {
    breakpoints.push(code);
    machine.chip.core.VTOR = 0x2000_0000;
  };
  run(30);
  expect(breakpoints.length).toBeGreaterThan(2);
  expect(new Set(breakpoints)).toEqual(new Set([3]));
  expect(machine.chip.readUint32(RESTART)).toBeGreaterThanOrEqual(breakpoints.length);
  run(1);
  machine.onReset();
  expect(machine.chip.core.PM).toBe(false);
  expect(machine.chip.core.VTOR).toBe(0);
});
