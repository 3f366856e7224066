/** Finds the cells in a stream of bytes, hw/LINK.md section 2. An error costs the cell that it hits and none behind it. */
import { u8 } from '../../base/bytes.ts';
import { CELL_SIZE, CellView, isCell, SYNC } from './cell.ts';

export class Aligner {
  /** Takes a cell; it is borrowed until return. Must not push. */
  readonly #onCell: (cell: CellView) => void;
  /** The start of a cell whose end has not come. */
  readonly #bytes = new Uint8Array(CELL_SIZE);
  #held = 0;
  #searching = false;
  #badStretches = 0;

  constructor(onCell: (cell: CellView) => void) {
    this.#onCell = onCell;
  }

  /** Stretches of bytes that were no cell and have been thrown away. */
  get badStretches(): number {
    return this.#badStretches;
  }

  /** Bytes of an unfinished cell: 0–63. */
  get held(): number {
    return this.#held;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#held === 0 && bytes.length - from >= CELL_SIZE && isCell(bytes, from)) {
        this.#found(bytes.subarray(from, from + CELL_SIZE));
        from += CELL_SIZE;
        continue;
      }
      const more = Math.min(CELL_SIZE - this.#held, bytes.length - from);
      this.#bytes.set(bytes.subarray(from, from + more), this.#held);
      this.#held += more;
      from += more;
      this.#settle();
    }
  }

  /** Forgets the unfinished cell: the line was cut. */
  clear(): void {
    this.#held = 0;
  }

  /** Takes the cell that is held, or throws bytes away until what is held could be the start of one. */
  #settle(): void {
    if (this.#held === CELL_SIZE && isCell(this.#bytes)) {
      this.#held = 0;
      this.#found(this.#bytes);
      return;
    }
    let start = this.#held === CELL_SIZE ? 1 : 0;
    while (start < this.#held && u8(this.#bytes, start) !== SYNC) start++;
    if (start === 0) return;
    if (!this.#searching) this.#badStretches++;
    this.#searching = true;
    this.#bytes.copyWithin(0, start, this.#held);
    this.#held -= start;
  }

  #found(bytes: Uint8Array): void {
    this.#searching = false;
    this.#onCell(new CellView(bytes));
  }
}
