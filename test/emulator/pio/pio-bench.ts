/** A machine whose processor sleeps, and its PIO driven by register: what the suites of the state machines run on. */

import type { Nanoseconds } from '../../../src/emulator/pins.ts';
import { Machine } from '../../../src/emulator/rp2040/machine.ts';

export const PIO0 = 0x5020_0000;
export const SET = 0x2000;
export const CLEAR = 0x3000;
export const PIO = {
  ctrl: 0x00,
  fstat: 0x04,
  fdebug: 0x08,
  flevel: 0x0c,
  txf: 0x10,
  rxf: 0x20,
  irq: 0x30,
  irqForce: 0x34,
  bypass: 0x38,
  instructions: 0x48,
  inte0: 0x12c,
  ints0: 0x134,
} as const;
export const SM = { clkdiv: 0xc8, execctrl: 0xcc, shiftctrl: 0xd0, addr: 0xd4, instr: 0xd8, pinctrl: 0xdc } as const;

/** The nine instructions (data sheet 3.4); `field` is delay and side-set, five bits. */
const op = (code: number, argument: number, low: number, field = 0): number =>
  (code << 13) | (field << 8) | (argument << 5) | low;
export const CONDITION = {
  always: 0,
  notX: 1,
  xMinus: 2,
  notY: 3,
  yMinus: 4,
  xNotY: 5,
  pin: 6,
  osrNotEmpty: 7,
} as const;
export const FROM = { pins: 0, x: 1, y: 2, none: 3, status: 5, isr: 6, osr: 7 } as const;
export const TO = { pins: 0, x: 1, y: 2, none: 3, directions: 4, pc: 5, isr: 6, exec: 7 } as const;
export const MOVE_TO = { pins: 0, x: 1, y: 2, exec: 4, pc: 5, isr: 6, osr: 7 } as const;
export const jmp = (condition: number, to: number, field?: number): number => op(0, condition, to, field);
export const waitGpio = (level: number, pin: number, field?: number): number => op(1, level << 2, pin, field);
export const waitFlag = (level: number, flag: number, field?: number): number => op(1, (level << 2) | 2, flag, field);
export const take = (from: number, bits: number, field?: number): number => op(2, from, bits & 31, field);
export const out = (to: number, bits: number, field?: number): number => op(3, to, bits & 31, field);
export const push = (how: { ifFull?: boolean; block?: boolean } = {}, field?: number): number =>
  op(4, (how.ifFull ? 2 : 0) | ((how.block ?? true) ? 1 : 0), 0, field);
export const pull = (how: { ifEmpty?: boolean; block?: boolean } = {}, field?: number): number =>
  op(4, 4 | (how.ifEmpty ? 2 : 0) | ((how.block ?? true) ? 1 : 0), 0, field);
export const mov = (to: number, from: number, operation = 0, field?: number): number =>
  op(5, to, (operation << 3) | from, field);
export const irq = (flag: number, how: { clear?: boolean; wait?: boolean } = {}, field?: number): number =>
  op(6, (how.clear ? 2 : 0) | (how.wait ? 1 : 0), flag, field);
export const set = (to: number, value: number, field?: number): number => op(7, to, value, field);

export interface Program {
  readonly code: readonly number[];
  readonly machine?: number;
  readonly at?: number;
  /** 16.8 bits, as in CLKDIV. */
  readonly divider?: number;
  readonly execctrl?: number;
  readonly shiftctrl?: number;
  readonly pinctrl?: number;
}

export class PioBench {
  readonly machine: Machine;
  referenceHz = 50e6;

  /** clk_sys is REF_CLK, 50 MHz, as the firmware has it; the processor executes WFI without end. */
  constructor() {
    this.machine = new Machine({ referenceHz: () => this.referenceHz });
    this.write(0x4000_c000, 0); // everything leaves reset
    this.park();
    this.write(0x4001_40a4, 8); // GPIO20: clock input
    this.write(0x4000_803c, (4 << 5) | 1); // clk_sys: auxiliary source GPIN0
    this.runCycles(10);
  }

  /** `wfi; b .-2` at the start of the SRAM. */
  park(): void {
    const { core, sram } = this.machine.chip;
    sram.set([0x30, 0xbf, 0xfd, 0xe7]);
    core.PC = 0x2000_0000;
    core.SP = 0x2004_0000;
    core.PM = true;
  }

  get cycle(): number {
    return this.machine.cycle;
  }
  read(address: number): number {
    return this.machine.chip.readUint32(address) >>> 0;
  }
  write(address: number, value: number): void {
    this.machine.chip.writeUint32(address, value >>> 0);
  }
  runCycles(cycles: number): void {
    this.machine.run((this.machine.now + (cycles * 1e9) / this.machine.systemHz) as Nanoseconds);
  }

  /** Writes a program and its machine's registers; `start` enables it. Side-set pins, SET and OUT pins are told by pinctrl. */
  load(program: Program, base = PIO0): void {
    const { code, machine = 0, at = 0 } = program;
    for (const [i, instruction] of code.entries()) this.write(base + PIO.instructions + 4 * (at + i), instruction);
    const own = base + 24 * machine;
    this.write(own + SM.clkdiv, (program.divider ?? 0x100) << 8);
    this.write(own + SM.execctrl, ((program.execctrl ?? 0) | ((at + code.length - 1) << 12) | (at << 7)) >>> 0);
    this.write(own + SM.shiftctrl, program.shiftctrl ?? 0xc_0000);
    this.write(own + SM.pinctrl, program.pinctrl ?? 0);
    this.write(base + PIO.ctrl + SET, (1 << (4 + machine)) | (1 << (8 + machine)));
    this.write(own + SM.instr, jmp(CONDITION.always, at));
  }
  start(machines = 1, base = PIO0): void {
    this.write(base + PIO.ctrl + SET, machines);
  }

  /** Gives a pin to PIO0, or to `owner`, with the pad's input on. */
  give(pin: number, owner = 6): void {
    this.write(0x4001_c004 + 4 * pin, 0x56);
    this.write(0x4001_4004 + 8 * pin, owner);
  }

  /** Every change of a pin from now on: the cycle and the level. */
  watch(pin: number): { readonly cycle: number; readonly level: boolean | undefined }[] {
    const changes: { cycle: number; level: boolean | undefined }[] = [];
    this.machine.pins.onOutput(pin, (level) => changes.push({ cycle: this.machine.cycle, level }));
    return changes;
  }
}

export const gaps = (changes: readonly { readonly cycle: number }[]): number[] =>
  changes.slice(1).map((change, i) => change.cycle - (changes[i]?.cycle ?? 0));
