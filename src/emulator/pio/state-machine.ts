/** When one PIO state machine steps (data sheet 3.2, 3.5): it is due at ticks of its divider; while it stalls it is not due until what it waits for may have come. */
import { Divider } from './divider.ts';
import { Instructions } from './instructions.ts';
import { type Block, Registers, STALL, type Stall } from './registers.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class StateMachine {
  readonly index: number;
  readonly registers: Registers;
  /** The cycle of its next step. */
  due = NEVER;
  stall: Stall = STALL.none;
  readonly #block: Block;
  readonly #instructions: Instructions;
  readonly #divider = new Divider();
  #isEnabled = false;
  /** Cycles of a delay that were left when it was disabled. */
  #left = 0;
  /** The instruction before the one at the program counter came by SMx_INSTR. */
  #isForced = false;
  /** What is behind a forced instruction was begun, and stalled. */
  #isBegunBehind = false;

  constructor(block: Block, index: number) {
    this.#block = block;
    this.index = index;
    this.registers = new Registers(block, index);
    this.#instructions = new Instructions(block, this.registers);
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

  /** CTRL.SM_RESTART. */
  restart(cycle: number): void {
    this.registers.restart();
    this.#isForced = this.#isBegunBehind = false;
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

  get execIsStalled(): boolean {
    return this.#isForced && this.registers.exec >= 0;
  }

  /** SMx_INSTR: at once, whether enabled or not, whatever the divider says. What was stalled is tried again after it; a delay goes on. */
  force(opcode: number, cycle: number): void {
    const { registers } = this;
    const due = this.stall === STALL.none ? this.due : cycle + 1;
    if (registers.exec < 0) this.#isBegunBehind = registers.isBegun;
    registers.exec = opcode;
    registers.isBegun = false;
    this.#isForced = true;
    if (this.#run(cycle) < 0) this.due = this.#afterStall(cycle);
    else if (registers.exec >= 0) this.due = this.#divider.from(Math.min(due, cycle + 1));
    else this.due = this.#isEnabled ? this.#divider.from(due) : NEVER;
  }

  /** What it waits for may have come: it looks at its first tick from this cycle on. */
  wake(cycle: number): void {
    if (!this.#isEnabled && this.registers.exec < 0) return;
    const due = this.#divider.from(cycle);
    if (due < this.due) this.due = due;
  }

  /** A word came into the TX FIFO. An empty OSR takes it by itself, and an OUT that stalled goes on one tick later (3.5.4.2). */
  filled(cycle: number): void {
    const isRefilled = this.#isEnabled && this.registers.refill();
    if (this.stall !== STALL.tx) return;
    this.wake(isRefilled ? this.#divider.from(cycle + 1) + 1 : cycle + 1);
  }

  step(cycle: number): void {
    const delay = this.#run(cycle);
    if (delay < 0) this.due = this.#afterStall(cycle);
    else this.due = this.#isEnabled || this.registers.exec >= 0 ? this.#divider.after(cycle, 1 + delay) : NEVER;
  }

  #afterStall(cycle: number): number {
    if (this.stall === STALL.refilled) return this.#divider.after(cycle, 1);
    const { settledAt } = this.#block;
    return this.stall === STALL.pin && settledAt > cycle ? this.#divider.from(settledAt) : NEVER;
  }

  /** Executes one instruction. Its delay, or −1 where it stalls. */
  #run(cycle: number): number {
    const { registers } = this;
    const { exec } = registers;
    const opcode = exec >= 0 ? exec : (this.#block.instructions[registers.pc] as number);
    const field = (opcode >>> 8) & 31;
    registers.exec = -1;
    const stall = this.#instructions.execute(opcode, cycle);
    this.#instructions.sideSet(field);
    this.stall = stall;
    if (stall !== STALL.none) {
      registers.isBegun = true;
      registers.exec = exec;
      this.#block.stalled(registers, stall);
      return -1;
    }
    registers.isBegun = false;
    if (exec < 0 && !registers.jumped) registers.advance();
    if (exec >= 0 && registers.exec < 0) this.#resume();
    registers.refill();
    // The delay of an instruction that puts another one in its place is ignored (3.4.5.2, 3.4.8.2).
    return registers.exec >= 0 ? 0 : registers.delay(field);
  }

  /** What a forced instruction had come before goes on where it was, unless the program was sent elsewhere. */
  #resume(): void {
    this.registers.isBegun = this.#isBegunBehind && !this.registers.jumped;
    this.#isForced = this.#isBegunBehind = false;
  }
}
