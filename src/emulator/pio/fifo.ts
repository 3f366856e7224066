/** One FIFO of a state machine (data sheet 3.5.3): 4 deep, 8 where it has the other's storage too, 0 where the other has it. */
export class StateMachineFifo {
  readonly #words = new Uint32Array(8);
  depth = 4;
  level = 0;
  #first = 0;

  get isFull(): boolean {
    return this.level >= this.depth;
  }
  /** The caller has looked at isFull. */
  push(word: number): void {
    this.#words[(this.#first + this.level) & 7] = word;
    this.level++;
  }
  /** The caller has looked at level. */
  pull(): number {
    const word = this.#words[this.#first] as number;
    this.#first = (this.#first + 1) & 7;
    this.level--;
    return word;
  }
  clear(depth: number): void {
    this.depth = depth;
    this.level = 0;
  }
}
