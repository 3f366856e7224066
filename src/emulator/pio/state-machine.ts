/**
 * One PIO state machine by data sheet 3.2, 3.4 and 3.5. It steps when it is due; one that stalls is not due until something it may wait for has changed.
 * Not modelled: EXECCTRL's OUT_STICKY and INLINE_OUT_EN.
 */
import { Divider } from './divider.ts';
import { StateMachineFifo } from './fifo.ts';
import { inField, reversed } from './pin-field.ts';

const NEVER = Number.POSITIVE_INFINITY;

const EXECCTRL = { stalled: 1 << 31, sideEnable: 1 << 30, sideDirections: 1 << 29, status: 1 << 4 } as const;
const SHIFTCTRL = {
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
  txChanged(machine: StateMachine): void;
  rxChanged(machine: StateMachine): void;
  stalled(machine: StateMachine, stall: Stall): void;
}

export class StateMachine {
  readonly index: number;
  readonly rx = new StateMachineFifo();
  readonly tx = new StateMachineFifo();
  /** The cycle of its next step. */
  due = NEVER;
  stall: Stall = STALL.none;
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
  readonly #block: Block;
  #isEnabled = false;
  /** Cycles of a delay that were left when it was disabled. */
  #left = 0;
  readonly #divider = new Divider();
  /** An instruction by SMx_INSTR, OUT EXEC or MOV EXEC goes before the one at the program counter; −1: none. */
  #exec = -1;
  #isForced = false;
  #jumped = false;
  /** The instruction was begun before: IN has shifted, IRQ has raised its flag. */
  #isBegun = false;
  // Decoded from the registers above.
  #wrapTop = 31;
  #wrapBottom = 0;
  #sideCount = 0;
  #delayMask = 31;
  #pullAt = 32;
  #pushAt = 32;

  constructor(block: Block, index: number) {
    this.#block = block;
    this.index = index;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  enable(isEnabled: boolean, cycle: number): void {
    if (isEnabled === this.#isEnabled) return;
    this.#isEnabled = isEnabled;
    if (isEnabled) this.due = this.#divider.from(cycle + 1 + this.#left);
    else {
      this.#left = this.due === NEVER ? 0 : Math.max(0, this.due - cycle - 1);
      this.due = NEVER;
    }
  }

  /** CTRL.SM_RESTART: neither the program counter nor X, Y and the OSR's contents. */
  restart(cycle: number): void {
    this.isr = 0;
    this.isrCount = 0;
    this.osrCount = 32;
    this.#exec = -1;
    this.#isForced = false;
    this.#isBegun = false;
    this.#left = 0;
    this.stall = STALL.none;
    if (this.#isEnabled) this.due = this.#divider.from(cycle + 1);
  }

  get clkdiv(): number {
    return this.#divider.register;
  }

  setClkdiv(value: number, cycle: number): void {
    this.#divider.set(value, cycle);
    if (this.due !== NEVER) this.due = this.#divider.from(this.due);
  }

  /** CTRL.CLKDIV_RESTART: machines restarted in one write run in lock-step. */
  restartDivider(cycle: number): void {
    this.#divider.restart(cycle);
    if (this.due !== NEVER) this.due = this.#divider.from(this.due);
  }

  setExecctrl(value: number): void {
    this.execctrl = value & 0x7fff_ffff;
    this.#wrapTop = (value >>> 12) & 31;
    this.#wrapBottom = (value >>> 7) & 31;
  }

  setPinctrl(value: number): void {
    this.pinctrl = value;
    this.#sideCount = Math.min(5, value >>> 29);
    this.#delayMask = (1 << (5 - this.#sideCount)) - 1;
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
    this.#pullAt = (value >>> 25) & 31 || 32;
    this.#pushAt = (value >>> 20) & 31 || 32;
  }

  get execIsStalled(): boolean {
    return this.#isForced && this.#exec >= 0;
  }

  /** SMx_INSTR: at once, whether enabled or not, whatever the divider says. What was stalled is tried again after it; a delay goes on. */
  force(opcode: number, cycle: number): void {
    const due = this.stall === STALL.none ? this.due : cycle + 1;
    this.#exec = opcode;
    this.#isForced = true;
    this.#isBegun = false;
    if (this.#run(cycle) < 0) this.due = this.#afterStall(cycle);
    else
      this.due =
        this.#isEnabled || this.#exec >= 0
          ? this.#divider.from(Math.min(due, this.#exec >= 0 ? cycle + 1 : due))
          : NEVER;
  }

  /** What it waits for may have come: it looks at its first tick from this cycle on. */
  wake(cycle: number): void {
    if (!this.#isEnabled && this.#exec < 0) return;
    const due = this.#divider.from(cycle);
    if (due < this.due) this.due = due;
  }

  /** A word came into the TX FIFO. An empty OSR takes it by itself, and an OUT that stalled goes on one tick later (3.5.4.2). */
  filled(cycle: number): void {
    const isRefilled = this.#isEnabled && this.#refill();
    if (this.stall !== STALL.tx) return;
    this.wake(isRefilled ? this.#divider.from(cycle + 1) + 1 : cycle + 1);
  }

  step(cycle: number): void {
    const delay = this.#run(cycle);
    if (delay < 0) this.due = this.#afterStall(cycle);
    else this.due = this.#isEnabled || this.#exec >= 0 ? this.#divider.after(cycle, 1 + delay) : NEVER;
  }

  #afterStall(cycle: number): number {
    if (this.stall === STALL.refilled) return this.#divider.after(cycle, 1);
    const { settledAt } = this.#block;
    return this.stall === STALL.pin && settledAt > cycle ? this.#divider.from(settledAt) : NEVER;
  }

  /** Executes one instruction. Its delay, or −1 where it stalls. */
  #run(cycle: number): number {
    const exec = this.#exec;
    const opcode = exec >= 0 ? exec : (this.#block.instructions[this.pc] as number);
    const field = (opcode >>> 8) & 31;
    this.#jumped = false;
    this.#exec = -1;
    const stall = this.#execute(opcode, cycle);
    if (this.#sideCount > 0) this.#sideSet(field);
    this.stall = stall;
    if (stall !== STALL.none) {
      this.#isBegun = true;
      this.#exec = exec;
      this.#block.stalled(this, stall);
      return -1;
    }
    this.#isBegun = false;
    if (exec < 0 && !this.#jumped) this.pc = this.pc === this.#wrapTop ? this.#wrapBottom : (this.pc + 1) & 31;
    if (exec >= 0 && this.#exec < 0) this.#isForced = false;
    if (this.osrCount >= this.#pullAt) this.#refill();
    // The delay of an instruction that puts another one in its place is ignored (3.4.5.2, 3.4.8.2).
    return this.#exec >= 0 ? 0 : field & this.#delayMask;
  }

  #execute(opcode: number, cycle: number): Stall {
    const argument = (opcode >>> 5) & 7;
    const low = opcode & 31;
    switch (opcode >>> 13) {
      case 0:
        if (this.#condition(argument, cycle)) {
          this.pc = low;
          this.#jumped = true;
        }
        return STALL.none;
      case 1:
        return this.#wait(argument, low, cycle);
      case 2:
        return this.#in(argument, low || 32, cycle);
      case 3:
        return this.#out(argument, low || 32);
      case 4:
        return (opcode & 0x80) === 0 ? this.#push(argument) : this.#pull(argument);
      case 5:
        this.#move(argument, (opcode >>> 3) & 3, opcode & 7, cycle);
        return STALL.none;
      case 6:
        return this.#irq(argument, low);
      default:
        this.#set(argument, low);
        return STALL.none;
    }
  }

  #condition(condition: number, cycle: number): boolean {
    switch (condition) {
      case 0:
        return true;
      case 1:
        return this.x === 0;
      case 2: {
        const { x } = this;
        this.x = (x - 1) >>> 0;
        return x !== 0;
      }
      case 3:
        return this.y === 0;
      case 4: {
        const { y } = this;
        this.y = (y - 1) >>> 0;
        return y !== 0;
      }
      case 5:
        return this.x !== this.y;
      case 6:
        return ((this.#block.pins(cycle) >>> ((this.execctrl >>> 24) & 31)) & 1) !== 0;
      default:
        return this.osrCount < this.#pullAt;
    }
  }

  #wait(argument: number, low: number, cycle: number): Stall {
    const polarity = argument >>> 2;
    switch (argument & 3) {
      case 0:
        return ((this.#block.pins(cycle) >>> low) & 1) === polarity ? STALL.none : STALL.pin;
      case 1: {
        const pin = (low + ((this.pinctrl >>> 15) & 31)) & 31;
        return ((this.#block.pins(cycle) >>> pin) & 1) === polarity ? STALL.none : STALL.pin;
      }
      case 2: {
        const flag = this.#flag(low);
        if (((this.#block.flags >>> flag) & 1) !== polarity) return STALL.flag;
        if (polarity === 1) this.#block.nextFlags &= ~(1 << flag);
        return STALL.none;
      }
      default:
        return STALL.none; // reserved
    }
  }

  #in(source: number, count: number, cycle: number): Stall {
    if (!this.#isBegun) {
      const value = this.#source(source, cycle);
      if (count === 32) this.isr = value;
      else {
        const bits = value & ((1 << count) - 1);
        const right = (this.shiftctrl & SHIFTCTRL.inRight) !== 0;
        this.isr = (right ? (this.isr >>> count) | (bits << (32 - count)) : (this.isr << count) | bits) >>> 0;
      }
      this.isrCount = Math.min(32, this.isrCount + count);
    }
    if ((this.shiftctrl & SHIFTCTRL.autopush) === 0 || this.isrCount < this.#pushAt) return STALL.none;
    if (this.rx.isFull) return STALL.rx;
    this.#pushIsr();
    return STALL.none;
  }

  #out(destination: number, count: number): Stall {
    if ((this.shiftctrl & SHIFTCTRL.autopull) !== 0 && this.osrCount >= this.#pullAt) {
      return this.#refill() ? STALL.refilled : STALL.tx;
    }
    const { osr } = this;
    let value = osr;
    if (count === 32) this.osr = 0;
    else if ((this.shiftctrl & SHIFTCTRL.outRight) !== 0) {
      value = osr & ((1 << count) - 1);
      this.osr = osr >>> count;
    } else {
      value = osr >>> (32 - count);
      this.osr = (osr << count) >>> 0;
    }
    this.osrCount = Math.min(32, this.osrCount + count);
    switch (destination) {
      case 0:
        this.#outPins(value);
        break;
      case 1:
        this.x = value;
        break;
      case 2:
        this.y = value;
        break;
      case 4:
        this.#block.directions = inField(this.#block.directions, value, this.pinctrl & 31, (this.pinctrl >>> 20) & 63);
        break;
      case 5:
        this.pc = value & 31;
        this.#jumped = true;
        break;
      case 6:
        this.isr = value;
        this.isrCount = count;
        break;
      case 7:
        this.#exec = value & 0xffff;
        break;
      default:
        break; // NULL
    }
    return STALL.none;
  }

  #push(argument: number): Stall {
    if ((argument & 2) !== 0 && this.isrCount < this.#pushAt) return STALL.none; // IfFull
    if (this.rx.isFull) {
      if ((argument & 1) !== 0) return STALL.rx;
      this.#block.stalled(this, STALL.rx); // the word is lost, and FDEBUG says so
      this.isr = 0;
      this.isrCount = 0;
    } else this.#pushIsr();
    return STALL.none;
  }

  #pull(argument: number): Stall {
    if ((argument & 2) !== 0 && this.osrCount < this.#pullAt) return STALL.none; // IfEmpty
    // Where the OSR is refilled by itself, PULL waits only until it is (3.4.7.2).
    if ((this.shiftctrl & SHIFTCTRL.autopull) !== 0 && this.osrCount === 0) return STALL.none;
    if (this.tx.level === 0) {
      if ((argument & 1) !== 0) return STALL.tx;
      this.osr = this.x;
    } else {
      this.osr = this.tx.pull();
      this.#block.txChanged(this);
    }
    this.osrCount = 0;
    return STALL.none;
  }

  #move(destination: number, operation: number, source: number, cycle: number): void {
    let value = this.#source(source, cycle);
    if (operation === 1) value = ~value >>> 0;
    else if (operation === 2) value = reversed(value);
    switch (destination) {
      case 0:
        this.#outPins(value);
        break;
      case 1:
        this.x = value;
        break;
      case 2:
        this.y = value;
        break;
      case 4:
        this.#exec = value & 0xffff;
        break;
      case 5:
        this.pc = value & 31;
        this.#jumped = true;
        break;
      case 6:
        this.isr = value;
        this.isrCount = 0;
        break;
      case 7:
        this.osr = value;
        this.osrCount = 0;
        break;
      default:
        break; // reserved
    }
  }

  #irq(argument: number, low: number): Stall {
    if ((argument & 4) !== 0) return STALL.none; // reserved
    const flag = this.#flag(low);
    if ((argument & 2) !== 0) this.#block.nextFlags &= ~(1 << flag);
    else if (!this.#isBegun) {
      this.#block.nextFlags |= 1 << flag;
      if ((argument & 1) !== 0) return STALL.flag;
    } else if (((this.#block.flags >>> flag) & 1) !== 0) return STALL.flag;
    return STALL.none;
  }

  #set(destination: number, value: number): void {
    const block = this.#block;
    const base = (this.pinctrl >>> 5) & 31;
    const count = (this.pinctrl >>> 26) & 7;
    if (destination === 0) block.values = inField(block.values, value, base, count);
    else if (destination === 1) this.x = value;
    else if (destination === 2) this.y = value;
    else if (destination === 4) block.directions = inField(block.directions, value, base, count);
  }

  #sideSet(field: number): void {
    let count = this.#sideCount;
    const value = field >>> (5 - count);
    if ((this.execctrl & EXECCTRL.sideEnable) !== 0) {
      if ((field & 16) === 0) return;
      count--;
    }
    const block = this.#block;
    const base = (this.pinctrl >>> 10) & 31;
    if ((this.execctrl & EXECCTRL.sideDirections) === 0) block.values = inField(block.values, value, base, count);
    else block.directions = inField(block.directions, value, base, count);
  }

  /** Sources of IN and MOV. */
  #source(source: number, cycle: number): number {
    switch (source) {
      case 0: {
        const pins = this.#block.pins(cycle);
        const base = (this.pinctrl >>> 15) & 31;
        return base === 0 ? pins >>> 0 : ((pins >>> base) | (pins << (32 - base))) >>> 0;
      }
      case 1:
        return this.x;
      case 2:
        return this.y;
      case 5: {
        const fifo = (this.execctrl & EXECCTRL.status) !== 0 ? this.rx : this.tx;
        return fifo.level < (this.execctrl & 15) ? 0xffff_ffff : 0;
      }
      case 6:
        return this.isr;
      case 7:
        return this.osr;
      default:
        return 0; // NULL
    }
  }

  #outPins(value: number): void {
    const block = this.#block;
    block.values = inField(block.values, value, this.pinctrl & 31, (this.pinctrl >>> 20) & 63);
  }

  /** An IRQ flag's number, which may count from this machine's own (3.4.9.2). */
  #flag(low: number): number {
    return (low & 16) !== 0 ? (low & 4) | ((low + this.index) & 3) : low & 7;
  }

  #pushIsr(): void {
    this.rx.push(this.isr);
    this.isr = 0;
    this.isrCount = 0;
    this.#block.rxChanged(this);
  }

  /** Autopull goes on in the background, whatever the program does meanwhile (3.5.4.2). */
  #refill(): boolean {
    if ((this.shiftctrl & SHIFTCTRL.autopull) === 0 || this.osrCount < this.#pullAt || this.tx.level === 0)
      return false;
    this.osr = this.tx.pull();
    this.osrCount = 0;
    this.#block.txChanged(this);
    return true;
  }
}
