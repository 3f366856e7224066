/**
 * A PIO block by data sheet chapter 3, in the place of rp2040js's: its four state machines run in step with the processor, at clk_sys and their dividers.
 * rp2040js's own knows no time, no dividers, delays, FIFO joins, synchronisers or background refill.
 */
import type { RP2040, RPPIO } from 'rp2040js';
import type { ChipPins } from '../rp2040/chip-pins.ts';
import type { Present } from '../rp2040/machine-clock.ts';
import { type Block, type Registers, STALL, type Stall } from './registers.ts';
import { StateMachine } from './state-machine.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Offsets, data sheet 3.7. */
const CTRL = 0x00;
const FSTAT = 0x04;
const FDEBUG = 0x08;
const FLEVEL = 0x0c;
const TXF0 = 0x10;
const RXF0 = 0x20;
const IRQ = 0x30;
const IRQ_FORCE = 0x34;
const INPUT_SYNC_BYPASS = 0x38;
const DBG_PADOUT = 0x3c;
const DBG_PADOE = 0x40;
const DBG_CFGINFO = 0x44;
const INSTR_MEM0 = 0x48;
const SM0_CLKDIV = 0xc8;
const INTR = 0x128;
const INTE0 = 0x12c;
const INTS1 = 0x140;
const MACHINE = {
  clkdiv: 0x00,
  execctrl: 0x04,
  shiftctrl: 0x08,
  addr: 0x0c,
  instr: 0x10,
  pinctrl: 0x14,
  size: 0x18,
} as const;
/** FDEBUG, bit of machine 0. */
const FDEBUG_BIT = { txStall: 24, txOver: 16, rxUnder: 8, rxStall: 0 } as const;
/** EXECCTRL: OUT_STICKY, INLINE_OUT_EN. */
const NOT_MODELLED = (1 << 17) | (1 << 18);
const FIRST_INTERRUPT = [7, 9] as const;

/** What a write through an alias makes of a register (2.1.2). */
const aliased = (before: number, value: number, alias: number): number =>
  alias === 0 ? value : alias === 1 ? before ^ value : alias === 2 ? before | value : before & ~value;

export class StateMachines implements Block {
  readonly instructions = new Uint16Array(32);
  flags = 0;
  nextFlags = 0;
  values = 0;
  directions = 0;
  /** When the first of its machines is due. */
  next = NEVER;
  /** rp2040js's pins look for machines of its own here. */
  readonly machines: readonly [] = [];
  #machines: readonly StateMachine[];
  readonly #chip: RP2040;
  readonly #pins: ChipPins;
  readonly #present: Present;
  readonly #index: number;
  #bypass = 0;
  #fdebug = 0;
  readonly #enabledInterrupts = [0, 0];
  readonly #forcedInterrupts = [0, 0];
  #shownValues = 0;
  #shownDirections = 0;

  constructor(chip: RP2040, pins: ChipPins, present: Present, index: number) {
    this.#chip = chip;
    this.#pins = pins;
    this.#present = present;
    this.#index = index;
    this.#machines = this.#anew();
    this.#requestAll();
    // Only `machines`, `pinValues` and `pinDirections` of it are used from within rp2040js.
    chip.pio[index] = this as unknown as RPPIO;
  }

  /** As after the reset of the block; the instruction memory has none. */
  reset(): void {
    this.#machines = this.#anew();
    this.flags = this.nextFlags = this.values = this.directions = 0;
    this.#bypass = this.#fdebug = 0;
    this.#enabledInterrupts.fill(0);
    this.#forcedInterrupts.fill(0);
    this.#requestAll();
    this.#interrupt(true);
    this.#settle(this.#present.cycle);
    this.#reschedule();
  }

  #anew(): readonly StateMachine[] {
    return [0, 1, 2, 3].map((machine) => new StateMachine(this, machine));
  }
  #requestAll(): void {
    for (const { registers } of this.#machines) {
      this.txChanged(registers);
      this.rxChanged(registers);
    }
  }

  get pinValues(): number {
    return this.values;
  }
  get pinDirections(): number {
    return this.directions;
  }
  get settledAt(): number {
    return this.#pins.settledAt;
  }
  pins(cycle: number): number {
    const seen = this.#pins.synchronised(cycle);
    return this.#bypass === 0 ? seen : (seen & ~this.#bypass) | (this.#pins.inputs & this.#bypass);
  }

  /** Steps the machines that are due. What they change, flags and pins, the others see in the next cycle. */
  run(cycle: number): void {
    let next = NEVER;
    for (const machine of this.#machines) {
      if (machine.due <= cycle) machine.step(cycle);
      if (machine.due < next) next = machine.due;
    }
    this.next = next;
    this.#settle(cycle);
  }

  /** An input has changed: whoever waits for a pin looks at it once the synchroniser shows it. */
  inputChanged(cycle: number): void {
    for (const machine of this.#machines)
      if (machine.stall === STALL.pin) this.#wake(machine, this.#bypass === 0 ? this.settledAt : cycle);
  }

  txChanged(machine: Registers): void {
    const request = this.#index * 8 + machine.index;
    if (machine.tx.isFull) this.#chip.dma.clearDREQ(request);
    else this.#chip.dma.setDREQ(request);
    this.#interrupt();
  }

  rxChanged(machine: Registers): void {
    const request = this.#index * 8 + 4 + machine.index;
    if (machine.rx.level === 0) this.#chip.dma.clearDREQ(request);
    else this.#chip.dma.setDREQ(request);
    this.#interrupt();
  }

  stalled(machine: Registers, stall: Stall): void {
    if (stall === STALL.tx) this.#fdebug |= 1 << (FDEBUG_BIT.txStall + machine.index);
    else if (stall === STALL.rx) this.#fdebug |= 1 << (FDEBUG_BIT.rxStall + machine.index);
  }

  readUint32(address: number): number {
    const offset = address & 0xfff;
    if (offset >= SM0_CLKDIV && offset < INTR) return this.#readMachine(offset - SM0_CLKDIV);
    if (offset >= INTE0 && offset <= INTS1) return this.#readInterrupt(offset - INTE0);
    if (offset >= RXF0 && offset < IRQ) return this.#pull(this.#machines[(offset - RXF0) >>> 2] as StateMachine);
    switch (offset) {
      case CTRL:
        return this.#each((machine) => Number(machine.isEnabled));
      case FSTAT:
        return (
          (this.#each(({ registers }) => Number(registers.tx.level === 0)) << 24) |
          (this.#each(({ registers }) => Number(registers.tx.isFull)) << 16) |
          (this.#each(({ registers }) => Number(registers.rx.level === 0)) << 8) |
          this.#each(({ registers }) => Number(registers.rx.isFull))
        );
      case FDEBUG:
        return this.#fdebug;
      case FLEVEL:
        return this.#machines.reduce(
          (all, { registers: { tx, rx, index } }) => all | ((tx.level | (rx.level << 4)) << (8 * index)),
          0,
        );
      case IRQ:
        return this.flags;
      case INPUT_SYNC_BYPASS:
        return this.#bypass;
      case DBG_PADOUT:
        return this.values;
      case DBG_PADOE:
        return this.directions;
      case DBG_CFGINFO:
        return 0x20_0404; // 32 instructions, four machines, FIFOs of four words
      case INTR:
        return this.#raw;
      default:
        return 0; // TXF, IRQ_FORCE and the instruction memory can only be written
    }
  }

  writeUint32(offset: number, value: number): void {
    this.writeUint32Atomic(offset, value, 0);
  }

  writeUint32Atomic(offset: number, value: number, alias: number): void {
    const { cycle } = this.#present;
    if (offset >= TXF0 && offset < RXF0)
      this.#push(this.#machines[(offset - TXF0) >>> 2] as StateMachine, value, cycle);
    else if (offset >= SM0_CLKDIV && offset < INTR) this.#writeMachine(offset - SM0_CLKDIV, value, alias, cycle);
    else if (offset >= INSTR_MEM0 && offset < SM0_CLKDIV) this.instructions[(offset - INSTR_MEM0) >>> 2] = value;
    else if (offset >= INTE0 && offset <= INTS1) this.#writeInterrupt(offset - INTE0, value, alias);
    else if (offset === CTRL) this.#control(aliased(this.readUint32(CTRL), value, alias), cycle);
    else if (offset === FDEBUG) this.#clearDebug(value);
    else if (offset === IRQ) this.nextFlags &= ~value;
    else if (offset === IRQ_FORCE) this.nextFlags |= value & 255;
    else if (offset === INPUT_SYNC_BYPASS) this.#bypass = aliased(this.#bypass, value, alias);
    this.#settle(cycle);
    this.#reschedule();
  }

  /** Flags and pins as they are after this cycle. */
  #settle(cycle: number): void {
    if (this.nextFlags !== this.flags) {
      this.flags = this.nextFlags;
      for (const machine of this.#machines) if (machine.stall === STALL.flag) this.#wake(machine, cycle + 1);
      this.#interrupt();
    }
    const changed = (this.values ^ this.#shownValues) | (this.directions ^ this.#shownDirections);
    if (changed === 0) return;
    this.#shownValues = this.values;
    this.#shownDirections = this.directions;
    this.#pins.outputsChanged(changed);
  }

  #wake(machine: StateMachine, cycle: number): void {
    machine.wake(cycle);
    if (machine.due < this.next) {
      this.next = machine.due;
      this.#present.wakeAt(this.next);
    }
  }

  #reschedule(): void {
    this.next = NEVER;
    for (const machine of this.#machines) if (machine.due < this.next) this.next = machine.due;
    this.#present.wakeAt(this.next);
  }

  #push(machine: StateMachine, word: number, cycle: number): void {
    const { tx } = machine.registers;
    if (tx.isFull) {
      this.#fdebug |= 1 << (FDEBUG_BIT.txOver + machine.index);
      return;
    }
    tx.push(word);
    machine.filled(cycle);
    this.txChanged(machine.registers);
  }

  #pull(machine: StateMachine): number {
    const { rx } = machine.registers;
    if (rx.level === 0) {
      this.#fdebug |= 1 << (FDEBUG_BIT.rxUnder + machine.index);
      return 0;
    }
    const word = rx.pull();
    this.rxChanged(machine.registers);
    if (machine.stall === STALL.rx) this.#wake(machine, this.#present.cycle + 1);
    return word;
  }

  #control(value: number, cycle: number): void {
    for (const machine of this.#machines) {
      if ((value >>> (4 + machine.index)) & 1) machine.restart(cycle);
      if ((value >>> (8 + machine.index)) & 1) machine.restartDivider(cycle);
      machine.enable(((value >>> machine.index) & 1) === 1, cycle);
    }
  }

  /** A stall that goes on sets its bit again. */
  #clearDebug(value: number): void {
    this.#fdebug &= ~value;
    for (const machine of this.#machines) if (machine.isEnabled) this.stalled(machine.registers, machine.stall);
  }

  #readMachine(offset: number): number {
    const machine = this.#machines[Math.floor(offset / MACHINE.size)] as StateMachine;
    switch (offset % MACHINE.size) {
      case MACHINE.clkdiv:
        return machine.clkdiv >>> 0;
      case MACHINE.execctrl:
        return (machine.registers.execctrl | (machine.execIsStalled ? 1 << 31 : 0)) >>> 0;
      case MACHINE.shiftctrl:
        return machine.registers.shiftctrl >>> 0;
      case MACHINE.addr:
        return machine.registers.pc;
      case MACHINE.instr:
        return this.instructions[machine.registers.pc] as number;
      default:
        return machine.registers.pinctrl >>> 0;
    }
  }

  #writeMachine(offset: number, written: number, alias: number, cycle: number): void {
    const machine = this.#machines[Math.floor(offset / MACHINE.size)] as StateMachine;
    const value = alias === 0 ? written : aliased(this.#readMachine(offset), written, alias);
    const register = offset % MACHINE.size;
    if (register === MACHINE.clkdiv) machine.setClkdiv(value, cycle);
    else if (register === MACHINE.execctrl) {
      if ((value & NOT_MODELLED) !== 0)
        this.#chip.logger.warn(`PIO${this.#index}`, 'OUT_STICKY and INLINE_OUT_EN are not modelled');
      machine.registers.setExecctrl(value);
    } else if (register === MACHINE.shiftctrl) machine.registers.setShiftctrl(value);
    else if (register === MACHINE.instr) machine.force(value & 0xffff, cycle);
    else if (register === MACHINE.pinctrl) machine.registers.setPinctrl(value);
    // ADDR cannot be written.
  }

  /** INTE, INTF and INTS of the two interrupts. */
  #readInterrupt(offset: number): number {
    const line = offset < 12 ? 0 : 1;
    const enabled = this.#enabledInterrupts[line] as number;
    const forced = this.#forcedInterrupts[line] as number;
    const register = offset % 12;
    return register === 0 ? enabled : register === 4 ? forced : (this.#raw & enabled) | forced;
  }

  #writeInterrupt(offset: number, value: number, alias: number): void {
    const line = offset < 12 ? 0 : 1;
    const registers = offset % 12 === 0 ? this.#enabledInterrupts : this.#forcedInterrupts;
    if (offset % 12 === 8) return;
    registers[line] = aliased(registers[line] as number, value, alias) & 0xfff;
    this.#interrupt(true);
  }

  get #raw(): number {
    return (
      ((this.flags & 15) << 8) |
      (this.#each(({ registers }) => Number(!registers.tx.isFull)) << 4) |
      this.#each(({ registers }) => Number(registers.rx.level > 0))
    );
  }

  /** Moves the block's two interrupt lines. */
  #interrupt(always = false): void {
    for (let line = 0; line < 2; line++) {
      const enabled = this.#enabledInterrupts[line] as number;
      const forced = this.#forcedInterrupts[line] as number;
      if ((enabled | forced) === 0 && !always) continue;
      const isPending = ((enabled === 0 ? 0 : this.#raw & enabled) | forced) !== 0;
      this.#chip.setInterrupt((FIRST_INTERRUPT[this.#index] as number) + line, isPending);
    }
  }

  #each(bit: (machine: StateMachine) => number): number {
    let bits = 0;
    for (const machine of this.#machines) bits |= bit(machine) << machine.index;
    return bits;
  }
}
