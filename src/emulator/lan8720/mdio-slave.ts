/** The PHY's end of MDC and MDIO, bit by bit (IEEE 802.3 clause 22.2.4.5). It takes MDIO at MDC's rising edges and answers behind them. */

/** Ones before a frame. LAN8720A: BMSR bit 6 is 0, no preamble may be left out. */
const PREAMBLE = 32;
/** Bits from ST to the last of REGAD, and of a whole frame behind its preamble. */
const HEADER = 14;
const FRAME = 32;
const READ = 0b10;
const WRITE = 0b01;
const START = 0b01;
const WRITE_TURN_AROUND = 0b10;

/** The registers behind it. */
export interface Managed {
  isAddressed(address: number): boolean;
  read(register: number): number;
  write(register: number, value: number): void;
}

export class MdioSlave {
  /** Frames whose preamble was too short, or whose start, operation or turn-around was none. */
  malformed = 0;
  readonly #phy: Managed;
  #ones = 0;
  /** Bits of the frame so far, the last one lowest; 0 of them: the preamble. */
  #bits = 0;
  #count = 0;
  /** After a malformed frame nothing is one before the next whole preamble, and it is counted once. */
  #isLost = false;
  #isAddressed = false;
  /** 17 bits to be driven: the zero of the turn-around and the data. */
  #answer: number | undefined;
  #output: boolean | undefined;

  constructor(phy: Managed) {
    this.#phy = phy;
  }

  /** What the PHY drives onto MDIO; undefined: nothing. */
  get output(): boolean | undefined {
    return this.#output;
  }

  reset(): void {
    this.#ones = 0;
    this.#count = 0;
    this.#isLost = false;
    this.#answer = undefined;
    this.#output = undefined;
  }

  /** MDC rises while MDIO is `level`. */
  rise(level: boolean): void {
    if (this.#count === 0) this.#listen(level);
    else this.#take(level);
  }

  #listen(level: boolean): void {
    if (level) {
      if (this.#ones < PREAMBLE) this.#ones++;
      if (this.#ones === PREAMBLE) this.#isLost = false;
      return;
    }
    if (this.#ones === PREAMBLE) {
      this.#bits = 0;
      this.#count = 1;
      this.#answer = undefined;
      this.#isAddressed = false;
    } else if (!this.#isLost) this.#lose();
    this.#ones = 0;
  }

  #take(level: boolean): void {
    this.#bits = (this.#bits << 1) | (level ? 1 : 0);
    const count = ++this.#count;
    if (count === 2 && this.#bits !== START) this.#lose();
    else if (count === 4 && (this.#bits & 3) !== READ && (this.#bits & 3) !== WRITE) this.#lose();
    else if (count === HEADER) this.#address();
    else if (count > HEADER && this.#isAddressed) this.#transfer(count);
    if (count === FRAME) this.#count = 0;
  }

  #address(): void {
    this.#isAddressed = this.#phy.isAddressed((this.#bits >> 5) & 31);
    if (this.#isAddressed && ((this.#bits >> 10) & 3) === READ) this.#answer = this.#phy.read(this.#bits & 31);
  }

  #transfer(count: number): void {
    if (this.#answer !== undefined) {
      // Behind edge 15 the zero of the turn-around, behind 16 to 31 the data, from the highest bit; behind 32 nothing.
      this.#output = count === FRAME ? undefined : ((this.#answer >> (FRAME - 1 - count)) & 1) === 1;
    } else if (count === HEADER + 2 && (this.#bits & 3) !== WRITE_TURN_AROUND) this.#lose();
    else if (count === FRAME) this.#phy.write((this.#bits >>> 18) & 31, this.#bits & 0xffff);
  }

  #lose(): void {
    this.malformed++;
    this.#isLost = true;
    this.#count = 0;
    this.#ones = 0;
  }
}
