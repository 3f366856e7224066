/** The PHY as the card knows it: the state of the line that the board reports, and the management registers behind MDIO. */
import { board } from '../bridge/registers.ts';
import type { Line } from './line.ts';
import type { RegisterFile } from './register-file.ts';
import { CARD_REGISTERS, card } from './registers.ts';
import type { Scope } from './scope.ts';

const LINK_UP = board.mask('STATUS', 'linkUp');
const SPEED_100 = board.mask('STATUS', 'speed100');
const FULL_DUPLEX = board.mask('STATUS', 'fullDuplex');
const LINE_STATE = LINK_UP | SPEED_100 | FULL_DUPLEX;

const BUSY = card.mask('MDIO', 'busy');
const DATA = card.mask('MDIO', 'data');
const OPERATION = card.mask('MDIO', 'data', 'register', 'phy', 'write');

export class Phy {
  onLinkChange: () => void = () => {};
  onMdioDone: () => void = () => {};
  readonly #file: RegisterFile;
  readonly #line: Line;
  readonly #scope: Scope;
  #status = 0;

  constructor(file: RegisterFile, line: Line, scope: Scope) {
    this.#file = file;
    this.#line = line;
    this.#scope = scope;
  }

  get linkUp(): boolean {
    return (this.#status & LINK_UP) !== 0;
  }

  get speed100(): boolean {
    return (this.#status & SPEED_100) !== 0;
  }

  get fullDuplex(): boolean {
    return (this.#status & FULL_DUPLEX) !== 0;
  }

  /** `status` is the board's STATUS register; 0 when there is no board. */
  update(status: number): void {
    const before = this.#status;
    this.#status = status & LINE_STATE;
    if (this.#status === before) return;
    this.#scope.trace?.({
      kind: 'phy',
      at: this.#scope.now,
      link: this.linkUp,
      speed: this.speed100 ? 100 : 10,
      duplex: this.fullDuplex ? 'full' : 'half',
    });
    this.onLinkChange();
  }

  /** Runs one management frame (IEEE 802.3 clause 22.2.4.5). While one is under way, another is ignored: look at `busy`. */
  manage(operation: number): void {
    const { MDIO } = CARD_REGISTERS;
    if ((this.#file.get(MDIO) & BUSY) !== 0) return;
    const bits = operation & OPERATION;
    this.#file.set(MDIO, bits | BUSY);
    this.#line.mdio(bits, (data) => {
      this.#file.set(MDIO, (bits & ~DATA) | data);
      this.onMdioDone();
    });
  }
}
