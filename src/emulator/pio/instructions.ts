/** What each of the nine instructions of a PIO state machine does with its registers, its FIFOs and the pins (data sheet 3.4). */
import { inField, reversed } from './pin-field.ts';
import { type Block, type Registers, SHIFTCTRL, STALL, type Stall } from './registers.ts';

const EXECCTRL = { sideEnable: 1 << 30, sideDirections: 1 << 29, status: 1 << 4 } as const;

export class Instructions {
  readonly #block: Block;
  readonly #registers: Registers;

  constructor(block: Block, registers: Registers) {
    this.#block = block;
    this.#registers = registers;
  }

  /** What it does; its side-set is told apart. */
  execute(opcode: number, cycle: number): Stall {
    const registers = this.#registers;
    registers.jumped = false;
    const argument = (opcode >>> 5) & 7;
    const low = opcode & 31;
    switch (opcode >>> 13) {
      case 0:
        if (this.#condition(argument, cycle)) {
          registers.pc = low;
          registers.jumped = true;
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
    const registers = this.#registers;
    switch (condition) {
      case 0:
        return true;
      case 1:
        return registers.x === 0;
      case 2: {
        const { x } = registers;
        registers.x = (x - 1) >>> 0;
        return x !== 0;
      }
      case 3:
        return registers.y === 0;
      case 4: {
        const { y } = registers;
        registers.y = (y - 1) >>> 0;
        return y !== 0;
      }
      case 5:
        return registers.x !== registers.y;
      case 6:
        return ((this.#block.pins(cycle) >>> ((registers.execctrl >>> 24) & 31)) & 1) !== 0;
      default:
        return registers.osrCount < registers.pullAt;
    }
  }

  #wait(argument: number, low: number, cycle: number): Stall {
    const polarity = argument >>> 2;
    switch (argument & 3) {
      case 0:
        return ((this.#block.pins(cycle) >>> low) & 1) === polarity ? STALL.none : STALL.pin;
      case 1: {
        const pin = (low + ((this.#registers.pinctrl >>> 15) & 31)) & 31;
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
    const registers = this.#registers;
    if (!registers.isBegun) {
      const value = this.#source(source, cycle);
      if (count === 32) registers.isr = value;
      else {
        const bits = value & ((1 << count) - 1);
        const right = (registers.shiftctrl & SHIFTCTRL.inRight) !== 0;
        registers.isr =
          (right ? (registers.isr >>> count) | (bits << (32 - count)) : (registers.isr << count) | bits) >>> 0;
      }
      registers.isrCount = Math.min(32, registers.isrCount + count);
    }
    if ((registers.shiftctrl & SHIFTCTRL.autopush) === 0 || registers.isrCount < registers.pushAt) return STALL.none;
    if (registers.rx.isFull) return STALL.rx;
    registers.pushIsr();
    return STALL.none;
  }

  #out(destination: number, count: number): Stall {
    const registers = this.#registers;
    if ((registers.shiftctrl & SHIFTCTRL.autopull) !== 0 && registers.osrCount >= registers.pullAt) {
      return registers.refill() ? STALL.refilled : STALL.tx;
    }
    const { osr } = registers;
    let value = osr;
    if (count === 32) registers.osr = 0;
    else if ((registers.shiftctrl & SHIFTCTRL.outRight) !== 0) {
      value = osr & ((1 << count) - 1);
      registers.osr = osr >>> count;
    } else {
      value = osr >>> (32 - count);
      registers.osr = (osr << count) >>> 0;
    }
    registers.osrCount = Math.min(32, registers.osrCount + count);
    switch (destination) {
      case 4:
        this.#block.directions = inField(
          this.#block.directions,
          value,
          registers.pinctrl & 31,
          (registers.pinctrl >>> 20) & 63,
        );
        break;
      case 6:
        registers.isr = value;
        registers.isrCount = count;
        break;
      case 7:
        registers.exec = value & 0xffff;
        break;
      default:
        this.#give(destination, value);
    }
    return STALL.none;
  }

  #push(argument: number): Stall {
    const registers = this.#registers;
    if ((argument & 2) !== 0 && registers.isrCount < registers.pushAt) return STALL.none; // IfFull
    if (registers.rx.isFull) {
      if ((argument & 1) !== 0) return STALL.rx;
      this.#block.stalled(registers, STALL.rx); // the word is lost, and FDEBUG says so
      registers.isr = 0;
      registers.isrCount = 0;
    } else registers.pushIsr();
    return STALL.none;
  }

  #pull(argument: number): Stall {
    const registers = this.#registers;
    if ((argument & 2) !== 0 && registers.osrCount < registers.pullAt) return STALL.none; // IfEmpty
    // Where the OSR is refilled by itself, PULL waits only until it is (3.4.7.2).
    if ((registers.shiftctrl & SHIFTCTRL.autopull) !== 0 && registers.osrCount === 0) return STALL.none;
    if (registers.tx.level === 0) {
      if ((argument & 1) !== 0) return STALL.tx;
      registers.osr = registers.x;
    } else {
      registers.osr = registers.tx.pull();
      this.#block.txChanged(registers);
    }
    registers.osrCount = 0;
    return STALL.none;
  }

  #move(destination: number, operation: number, source: number, cycle: number): void {
    const registers = this.#registers;
    let value = this.#source(source, cycle);
    if (operation === 1) value = ~value >>> 0;
    else if (operation === 2) value = reversed(value);
    switch (destination) {
      case 4:
        registers.exec = value & 0xffff;
        break;
      case 6:
        registers.isr = value;
        registers.isrCount = 0;
        break;
      case 7:
        registers.osr = value;
        registers.osrCount = 0;
        break;
      default:
        this.#give(destination, value);
    }
  }

  /** The destinations that OUT and MOV share; 3 is NULL to the one and reserved to the other. */
  #give(destination: number, value: number): void {
    const registers = this.#registers;
    if (destination === 0) this.#outPins(value);
    else if (destination === 1) registers.x = value;
    else if (destination === 2) registers.y = value;
    else if (destination === 5) {
      registers.pc = value & 31;
      registers.jumped = true;
    }
  }

  #irq(argument: number, low: number): Stall {
    if ((argument & 4) !== 0) return STALL.none; // reserved
    const flag = this.#flag(low);
    if ((argument & 2) !== 0) this.#block.nextFlags &= ~(1 << flag);
    else if (!this.#registers.isBegun) {
      this.#block.nextFlags |= 1 << flag;
      if ((argument & 1) !== 0) return STALL.flag;
    } else if (((this.#block.flags >>> flag) & 1) !== 0) return STALL.flag;
    return STALL.none;
  }

  #set(destination: number, value: number): void {
    const registers = this.#registers;
    const block = this.#block;
    const base = (registers.pinctrl >>> 5) & 31;
    const count = (registers.pinctrl >>> 26) & 7;
    if (destination === 0) block.values = inField(block.values, value, base, count);
    else if (destination === 1) registers.x = value;
    else if (destination === 2) registers.y = value;
    else if (destination === 4) block.directions = inField(block.directions, value, base, count);
  }

  sideSet(field: number): void {
    const registers = this.#registers;
    if (registers.sideCount === 0) return;
    let count = registers.sideCount;
    const value = field >>> (5 - count);
    if ((registers.execctrl & EXECCTRL.sideEnable) !== 0) {
      if ((field & 16) === 0) return;
      count--;
    }
    const block = this.#block;
    const base = (registers.pinctrl >>> 10) & 31;
    if ((registers.execctrl & EXECCTRL.sideDirections) === 0) block.values = inField(block.values, value, base, count);
    else block.directions = inField(block.directions, value, base, count);
  }

  /** Sources of IN and MOV. */
  #source(source: number, cycle: number): number {
    const registers = this.#registers;
    switch (source) {
      case 0: {
        const pins = this.#block.pins(cycle);
        const base = (registers.pinctrl >>> 15) & 31;
        return base === 0 ? pins >>> 0 : ((pins >>> base) | (pins << (32 - base))) >>> 0;
      }
      case 1:
        return registers.x;
      case 2:
        return registers.y;
      case 5: {
        const fifo = (registers.execctrl & EXECCTRL.status) !== 0 ? registers.rx : registers.tx;
        return fifo.level < (registers.execctrl & 15) ? 0xffff_ffff : 0;
      }
      case 6:
        return registers.isr;
      case 7:
        return registers.osr;
      default:
        return 0; // NULL
    }
  }

  #outPins(value: number): void {
    const registers = this.#registers;
    const block = this.#block;
    block.values = inField(block.values, value, registers.pinctrl & 31, (registers.pinctrl >>> 20) & 63);
  }

  /** An IRQ flag's number, which may count from this machine's own (3.4.9.2). */
  #flag(low: number): number {
    return (low & 16) !== 0 ? (low & 4) | ((low + this.#registers.index) & 3) : low & 7;
  }
}
