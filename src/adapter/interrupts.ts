/** The interrupt line on the expansion slot: up while IRQ_STATUS AND IRQ_ENABLE is not 0. */
import type { RegisterFile } from './register-file.ts';
import { CARD_REGISTERS } from './registers.ts';
import type { Scope } from './scope.ts';

export class Interrupts {
  /** Called with each new level of the line, and only then. */
  onLine: (level: boolean) => void = () => {};
  readonly #file: RegisterFile;
  readonly #scope: Scope;

  constructor(file: RegisterFile, scope: Scope) {
    this.#file = file;
    this.#scope = scope;
  }

  /** `causes` become pending; those that are already, stay. */
  raise(causes: number): void {
    this.#set(this.#status | causes, this.#enable);
  }

  acknowledge(causes: number): void {
    this.#set(this.#status & ~causes, this.#enable);
  }

  enable(causes: number): void {
    this.#set(this.#status, causes);
  }

  get #status(): number {
    return this.#file.get(CARD_REGISTERS.IRQ_STATUS);
  }

  get #enable(): number {
    return this.#file.get(CARD_REGISTERS.IRQ_ENABLE);
  }

  #set(status: number, enable: number): void {
    const before = (this.#status & this.#enable) !== 0;
    this.#file.set(CARD_REGISTERS.IRQ_STATUS, status);
    this.#file.set(CARD_REGISTERS.IRQ_ENABLE, enable);
    const causes = (status & enable) >>> 0;
    const level = causes !== 0;
    if (level === before) return;
    this.#scope.trace?.({ kind: 'interrupt', at: this.#scope.now, map: 'card', level, causes });
    this.onLine(level);
  }
}
