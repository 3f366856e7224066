/** The registers of one PIO state machine, its FIFOs, and what CTRL and the SMx registers do to them (data sheet 3.5, 3.7). */
import { StateMachineFifo } from './fifo.ts';

export const SHIFTCTRL = {
  joinRx: 1 << 31,
  joinTx: 1 << 30,
  outRight: 1 << 19,
  inRight: 1 << 18,
  autopull: 1 << 17,
  autopush: 1 << 16,
} as const;

/** What a stalled machine waits for; `refilled`: only for its next tick. */
export const STALL = { none: 0, pin: 1, flag: 2, tx: 3, rx: 4, refilled: 5 } as const;
export type Stall = (typeof STALL)[keyof typeof STALL];

/** What a state machine shares with the three others of its block. */
export interface Block {
  readonly instructions: Uint16Array;
  /** The eight IRQ flags at the start of this cycle, and what they will be after it. */
  readonly flags: number;
  nextFlags: number;
  values: number;
  directions: number;
  /** Levels of all pins as this block's synchronisers show them, and the cycle from which on they show the last change. */
  pins(cycle: number): number;
  readonly settledAt: number;
  txChanged(machine: Registers): void;
  rxChanged(machine: Registers): void;
  stalled(machine: Registers, stall: Stall): void;
}

export class Registers {
  readonly index: number;
  readonly rx = new StateMachineFifo();
  readonly tx = new StateMachineFifo();
  pc = 0;
  x = 0;
  y = 0;
  isr = 0;
  isrCount = 0;
  osr = 0;
  /** How many bits have left the OSR: 32 is empty. */
  osrCount = 32;
  execctrl = 0x1f000;
  shiftctrl = 0xc_0000;
  pinctrl = 0x1400_0000;
  /** Goes before the instruction at the program counter: by SMx_INSTR, OUT EXEC or MOV EXEC; −1: there is none. */
  exec = -1;
  /** The instruction has set the program counter. */
  jumped = false;
  /** The instruction was begun before: IN has shifted, IRQ has raised its flag. */
  isBegun = false;
  // Decoded from the three above: bits of the side-set and its enable; thresholds of the shift registers.
  sideCount = 0;
  pullAt = 32;
  pushAt = 32;
  readonly #block: Block;
  #wrapTop = 31;
  #wrapBottom = 0;
  #delayMask = 31;

  constructor(block: Block, index: number) {
    this.#block = block;
    this.index = index;
  }

  setExecctrl(value: number): void {
    this.execctrl = value & 0x7fff_ffff;
    this.#wrapTop = (value >>> 12) & 31;
    this.#wrapBottom = (value >>> 7) & 31;
  }

  setPinctrl(value: number): void {
    this.pinctrl = value;
    this.sideCount = Math.min(5, value >>> 29);
    this.#delayMask = (1 << (5 - this.sideCount)) - 1;
  }

  setShiftctrl(value: number): void {
    const joins = SHIFTCTRL.joinRx | SHIFTCTRL.joinTx;
    if (((value ^ this.shiftctrl) & joins) !== 0) {
      this.tx.clear((value & SHIFTCTRL.joinTx) !== 0 ? 8 : (value & SHIFTCTRL.joinRx) !== 0 ? 0 : 4);
      this.rx.clear((value & SHIFTCTRL.joinRx) !== 0 ? 8 : (value & SHIFTCTRL.joinTx) !== 0 ? 0 : 4);
      this.#block.txChanged(this);
      this.#block.rxChanged(this);
    }
    this.shiftctrl = value;
    this.pullAt = (value >>> 25) & 31 || 32;
    this.pushAt = (value >>> 20) & 31 || 32;
  }

  /** Cycles of delay in an instruction's field. */
  delay(field: number): number {
    return field & this.#delayMask;
  }

  /** To the instruction behind the one at the program counter. */
  advance(): void {
    this.pc = this.pc === this.#wrapTop ? this.#wrapBottom : (this.pc + 1) & 31;
  }

  /** CTRL.SM_RESTART: neither the program counter nor X, Y and the OSR's contents. */
  restart(): void {
    this.isr = 0;
    this.isrCount = 0;
    this.osrCount = 32;
    this.exec = -1;
    this.isBegun = false;
  }

  /** There is room in the RX FIFO. */
  pushIsr(): void {
    this.rx.push(this.isr);
    this.isr = 0;
    this.isrCount = 0;
    this.#block.rxChanged(this);
  }

  /** Autopull goes on in the background, whatever the program does meanwhile (3.5.4.2). */
  refill(): boolean {
    if ((this.shiftctrl & SHIFTCTRL.autopull) === 0 || this.osrCount < this.pullAt || this.tx.level === 0) return false;
    this.osr = this.tx.pull();
    this.osrCount = 0;
    this.#block.txChanged(this);
    return true;
  }
}
