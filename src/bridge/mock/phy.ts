/** The mock board's PHY as clause 22 management sees it: IEEE 802.3 clause 22.2.4, registers 0–5. */
import type { LineState } from '../../cable/plug.ts';

const BMCR = {
  reset: 0x8000,
  loopback: 0x4000,
  speed100: 0x2000,
  autoNegotiate: 0x1000,
  restart: 0x0200,
  full: 0x0100,
};
/** What of BMCR holds what was written: neither reset nor restart, which clear themselves, nor the reserved bits. */
const BMCR_KEPT = 0x7d80;
const BMSR = { abilities: 0x7849, negotiated: 0x0020, link: 0x0004 };
/** ANAR and ANLPAR: selector IEEE 802.3, all four modes of 10 and 100 Mb/s; `acknowledge` is the partner's. */
const ANAR_RESET = 0x01e1;
const ACKNOWLEDGE = 0x4000;
/** What a partner offers so that the line's mode is the best that both have (clause 28B.3). */
const OFFERS = { '10 half': 0x0021, '10 full': 0x0061, '100 half': 0x00a1, '100 full': 0x01e1 } as const;
/** Identifies itself as the PHY of the board that users build: SMSC LAN8720A, revision 1. */
const PHY_ID = [0x0007, 0xc0f1] as const;

export class Phy {
  #control = BMCR.autoNegotiate | BMCR.speed100 | BMCR.full;
  #advertised = ANAR_RESET;
  #line: LineState;
  /** Link status latches low: a drop stays to be seen until the register is read (clause 22.2.4.2.13). */
  #dropped = false;

  constructor(line: LineState) {
    this.#line = line;
  }

  /** BMCR.loopback: what is sent comes back, and nothing goes to the line. */
  get loopback(): boolean {
    return (this.#control & BMCR.loopback) !== 0;
  }

  lineChanged(line: LineState): void {
    if (!line.up) this.#dropped = true;
    this.#line = line;
  }

  /** 16 bits; a register that is not there reads 0. */
  read(register: number): number {
    switch (register) {
      case 0:
        return this.#control;
      case 1:
        return this.#readStatus();
      case 2:
        return PHY_ID[0];
      case 3:
        return PHY_ID[1];
      case 4:
        return this.#advertised;
      case 5:
        return this.#isNegotiated ? OFFERS[`${this.#line.speed} ${this.#line.duplex}`] | ACKNOWLEDGE : 0;
      default:
        return 0;
    }
  }

  write(register: number, value: number): void {
    if (register === 4) this.#advertised = value & 0xffff;
    if (register !== 0) return;
    if (value & BMCR.reset) this.reset();
    else this.#control = value & BMCR_KEPT;
  }

  reset(): void {
    this.#control = BMCR.autoNegotiate | BMCR.speed100 | BMCR.full;
    this.#advertised = ANAR_RESET;
  }

  get #isNegotiated(): boolean {
    return this.#line.up && (this.#control & BMCR.autoNegotiate) !== 0;
  }

  #readStatus(): number {
    const link = this.#line.up && !this.#dropped ? BMSR.link : 0;
    this.#dropped = false;
    return BMSR.abilities | link | (this.#isNegotiated ? BMSR.negotiated : 0);
  }
}
