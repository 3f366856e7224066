/** An RP2040 whose processor, state machines, DMA, timers and surroundings run in step, in the chip's own time. */
import { RP2040 } from 'rp2040js';
import type { Nanoseconds, PinDevice, Pins } from '../pins.ts';
import { StateMachines } from '../pio/state-machines.ts';
import { ChipPins } from './chip-pins.ts';
import { ClockTree } from './clock-tree.ts';
import { Log } from './log.ts';
import { MachineClock } from './machine-clock.ts';
import { watchdogOf } from './private-members.ts';
import { repairProcessor, repairRegisters, repairSio, repairTimer } from './repairs.ts';
import { type Peripheral, Resets } from './resets.ts';

export interface MachineOptions {
  /** Hz of the clock at GPIN0 (GPIO20); 0: none. `referenceChanged` tells that it is another now. */
  referenceHz(): number;
}

/** rp2040js finds peripherals by the upper bits of their addresses: 0x5020_0000 is 0x5_0200. */
const PIO_AT = [0x5_0200, 0x5_0300] as const;
/** The application interrupt and reset control register, in the private peripheral bus. */
const AIRCR = 0xd0c;
const AIRCR_KEY = 0x5fa;
const SYSRESETREQ = 1 << 2;
const NEVER = Number.POSITIVE_INFINITY;
/** Times that differ by less, in cycles, are the same: they went through µs and back. */
const SLACK = 1e-3;
/** Interrupt latency of a Cortex-M0+ without wait states (its technical reference manual, 1.3); rp2040js takes none. */
const EXCEPTION_CYCLES = 15;

export class Machine {
  readonly chip: RP2040;
  readonly log = new Log();
  onBreakpoint: (code: number) => void = () => {};
  /** The program asked for a reset, by watchdog or SYSRESETREQ. */
  onReset: () => void = () => {};
  readonly #pins: ChipPins;
  readonly #clock: MachineClock;
  readonly #tree: ClockTree;
  readonly #blocks: readonly StateMachines[];
  readonly #resets: Resets;
  readonly #devices: PinDevice[] = [];
  /** Cycles of clk_sys since power came: the present, and when the processor is free for its next instruction. */
  #cycle = 0;
  #processorAt = 0;
  /** The cycle at which anything but the processor has to run next. */
  #due = 0;
  /** The same for devices and alarms alone, which is asked anew after `wake`. */
  #othersDue = 0;
  #isWoken = true;
  /** clk_sys: ns a cycle, 0 while it stands still; the time and the cycle at its last change. */
  #period = 0;
  #base = 0;
  #baseCycle = 0;
  #until = 0;
  #last = 0;
  #extra = 0;

  constructor(options: MachineOptions) {
    this.#clock = new MachineClock(this);
    this.chip = new RP2040(this.#clock);
    this.chip.logger = this.log;
    this.#pins = new ChipPins(this.chip, this);
    this.#tree = new ClockTree(
      this.chip,
      () => options.referenceHz(),
      () => this.#systemClockChanged(),
    );
    this.#blocks = [0, 1].map((index) => new StateMachines(this.chip, this.#pins, this, index));
    for (const [index, block] of this.#blocks.entries()) this.chip.peripherals[PIO_AT[index] as number] = block;
    repairTimer(this.chip, this.#clock);
    repairRegisters(this.chip);
    repairSio(this.chip, this.log);
    this.#resets = new Resets(this.chip, this.log);
    this.chip.onBreak = (code) => this.onBreakpoint(code);
    this.#watchResets();
    repairProcessor(this.chip, () => {
      this.#extra += EXCEPTION_CYCLES;
    });
    this.#systemClockChanged();
  }

  get pins(): Pins {
    return this.#pins;
  }
  get now(): Nanoseconds {
    return (this.#base + (this.#cycle - this.#baseCycle) * this.#period) as Nanoseconds;
  }
  /** Cycles of clk_sys since power came. */
  get cycle(): number {
    return this.#cycle;
  }
  /** Hz; 0 while it stands still. */
  get systemHz(): number {
    return this.#tree.systemHz;
  }

  add(device: PinDevice): void {
    this.#devices.push(device);
    this.wake();
  }

  /** Puts another peripheral at an address: 0x4003_4000 for UART0. Whatever is done to it may change when its device wants to run. */
  replace(base: number, peripheral: Peripheral): void {
    this.#resets.replace((base >>> 14) << 2, {
      reset: () => {
        peripheral.reset?.();
        this.wake();
      },
      readUint32: (offset) => {
        const value = peripheral.readUint32(offset);
        this.wake();
        return value;
      },
      writeUint32: (offset, value) => {
        peripheral.writeUint32(offset, value);
        this.wake();
      },
      writeUint32Atomic: (offset, value, type) => {
        peripheral.writeUint32Atomic(offset, value, type);
        this.wake();
      },
    });
  }

  /** Something wants to run at another time than it said last. */
  wake(): void {
    this.#due = this.#cycle;
    this.#isWoken = true;
  }

  /** A state machine or a DMA channel wants to run at this cycle. */
  wakeAt(cycle: number): void {
    if (cycle < this.#due) this.#due = cycle;
  }

  /** The chip reads something else at a pin. */
  inputChanged(): void {
    for (const block of this.#blocks) block.inputChanged(this.#cycle);
  }

  /** REF_CLK has come, gone or changed. */
  referenceChanged(): void {
    this.#tree.update();
  }

  #systemClockChanged(): void {
    const hz = this.#tree.systemHz;
    const period = hz > 0 ? 1e9 / hz : 0;
    if (period === this.#period) return;
    this.#base = this.now;
    this.#baseCycle = this.#cycle;
    this.#period = period;
    this.#last = this.#cycleBefore(this.#until);
    this.wake();
  }

  /** When there is something to do: `now` while the processor runs. */
  nextEvent(): number {
    if (this.#period === 0) return Math.min(this.#nextDevice(), this.#clock.nextTime);
    if (!this.chip.core.waiting) return this.now;
    this.#othersDue = this.#cycleAt(Math.min(this.#nextDevice(), this.#clock.nextTime));
    const due = Math.max(this.#cycle, this.#nextDue());
    return this.#base + (due - this.#baseCycle) * this.#period;
  }

  /** Runs until this time, or until so many instructions were executed. How many of them are left; −1: it did not get there. */
  run(until: Nanoseconds, budget = NEVER): number {
    const { core } = this.chip;
    let left = budget;
    this.#until = until;
    this.#last = this.#cycleBefore(until);
    this.wake();
    for (;;) {
      if (this.#period === 0) {
        if (!this.#runStopped(until)) return left;
      } else if (this.#due <= this.#processorAt || core.waiting) {
        if (this.#due > this.#last) break;
        if (this.#due > this.#cycle) this.#cycle = this.#due;
        this.#runDue();
      } else {
        if (this.#processorAt > this.#last) break;
        if (left-- <= 0) return -1;
        this.#cycle = this.#processorAt;
        const cycles = core.executeInstruction();
        this.#processorAt = this.#cycle + cycles + this.#extra;
        this.#extra = 0;
        if (core.waiting && (core.pendingInterrupts & core.enabledInterrupts) !== 0) core.waiting = false;
      }
    }
    if (this.#last > this.#cycle) this.#cycle = this.#last;
    return left;
  }

  /** What is due in this cycle. Devices and alarms are asked only when their time has come, or something may have changed it: state machines step far oftener. */
  #runDue(): void {
    const cycle = this.#cycle;
    const areOthersDue = this.#isWoken || this.#othersDue <= cycle;
    this.#isWoken = false;
    if (areOthersDue) this.#runDevices();
    for (const block of this.#blocks) if (block.next <= cycle) block.run(cycle);
    this.#clock.runCycles(cycle);
    if (areOthersDue) this.#clock.runTimed(this.now + SLACK);
    if (areOthersDue || this.#isWoken)
      this.#othersDue = this.#cycleAt(Math.min(this.#nextDevice(), this.#clock.nextTime));
    this.#isWoken = false;
    this.#due = Math.max(cycle + 1, this.#nextDue());
    if (this.#processorAt < cycle) this.#processorAt = cycle;
    this.#processorAt += this.#extra;
    this.#extra = 0;
  }

  #runDevices(): void {
    const { now } = this;
    for (const device of this.#devices) if (device.next <= now + SLACK) device.run(now);
  }

  /** Without clk_sys only what has a clock of its own goes on. */
  #runStopped(until: number): boolean {
    const next = Math.min(this.#nextDevice(), this.#clock.nextTime);
    if (next > until) {
      if (until > this.#base) this.#base = until;
      return false;
    }
    if (next > this.#base) this.#base = next;
    this.#runDevices();
    this.#clock.runTimed(this.now + SLACK);
    return true;
  }

  #nextDevice(): number {
    let next = NEVER;
    for (const device of this.#devices) if (device.next < next) next = device.next;
    return next;
  }

  #nextDue(): number {
    let due = Math.min(this.#othersDue, this.#clock.nextCycle);
    for (const block of this.#blocks) if (block.next < due) due = block.next;
    return due;
  }

  /** The first cycle at this time or after it. */
  #cycleAt(time: number): number {
    return this.#baseCycle + Math.ceil((time - this.#base) / this.#period - SLACK);
  }
  #cycleBefore(time: number): number {
    return this.#baseCycle + Math.floor((time - this.#base) / this.#period + SLACK);
  }

  /** Watchdog and SYSRESETREQ (ARMv6-M architecture reference manual, B3.2.6): the owner makes a new machine. */
  #watchResets(): void {
    watchdogOf(this.chip).onWatchdogTrigger = () => this.onReset();
    const { ppb } = this.chip;
    const write = ppb.writeUint32.bind(ppb);
    ppb.writeUint32 = (offset, value) => {
      if (offset !== AIRCR) write(offset, value);
      else if (value >>> 16 === AIRCR_KEY && (value & SYSRESETREQ) !== 0) this.onReset();
    };
  }
}
