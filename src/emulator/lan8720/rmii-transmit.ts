/**
 * What the MAC sends, as the PHY samples it: TX_EN and TXD once every ten REF_CLKs, di-bits of an octet from the lowest (RMII Specification 1.2, 5.4).
 * Between two changes of the pins all samples are equal: they are taken when a pin changes, and nothing runs per di-bit.
 */
import { DIBIT, type RmiiClock, SLACK } from './rmii-clock.ts';

/** Setup time of TXD and TX_EN before REF_CLK's edge, in ns (LAN8720A data sheet, 5.5.3): what changes later is sampled at the next edge. */
const SETUP = 4;
/** The PHY stops a transmission after this, in ns (LAN8720A data sheet, 3.1: jabber detection within 45 ms). */
const JABBER = 45e6;
const JABBER_DIBITS = JABBER / DIBIT;
const BIT = DIBIT / 2;
const NEVER = Number.POSITIVE_INFINITY;

export class RmiiTransmit {
  /** The frame under way, or the last one: `dibits` of it are there. */
  readonly octets = new Uint8Array(JABBER_DIBITS / 4);
  dibits = 0;
  /** Between the end of a frame and the start of the next, in bit times; Infinity before the second frame. */
  shortestGap = NEVER;
  isJabber = false;
  onStart: (at: number) => void = () => {};
  /** TX_EN was low at a sample. `octets` and `dibits` hold the frame until the next one starts. */
  onEnd: (at: number) => void = () => {};
  onJabber: () => void = () => {};
  readonly #clock: RmiiClock;
  #enable = false;
  #txd = 0;
  #isInFrame = false;
  /** The next sample, while TX_EN is high or a frame is under way. */
  #sampleAt = NEVER;
  #startedAt = 0;
  #endedAt: number | undefined;

  constructor(clock: RmiiClock) {
    this.#clock = clock;
  }

  get isInFrame(): boolean {
    return this.#isInFrame;
  }
  /** When the first di-bit was sampled. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** When a frame starts or ends, or is too long. */
  get next(): number {
    if (!this.#isInFrame || !this.#enable) return this.#sampleAt;
    return this.isJabber ? NEVER : this.#startedAt + JABBER;
  }

  /** The pins are now this. */
  set(enable: boolean, txd: number, now: number): void {
    this.settle(now + SETUP - SLACK);
    if (enable && this.#sampleAt === NEVER) this.#sampleAt = this.#clock.edgeFrom(now + SETUP - SLACK);
    if (!enable && !this.#isInFrame) this.#sampleAt = NEVER;
    this.#enable = enable;
    this.#txd = txd;
  }

  /** Takes every sample up to this time. */
  settle(until: number): void {
    while (this.#sampleAt <= until) this.#sample();
  }

  /** REF_CLK or power is gone: what was under way is forgotten. */
  stop(): void {
    this.#isInFrame = false;
    this.#sampleAt = NEVER;
    this.#endedAt = undefined;
  }

  /** REF_CLK is back; TX_EN may be high. */
  start(now: number): void {
    if (this.#enable) this.#sampleAt = this.#clock.edgeFrom(now + SETUP - SLACK);
  }

  #sample(): void {
    const at = this.#sampleAt;
    if (!this.#enable) {
      this.#sampleAt = NEVER;
      this.#isInFrame = false;
      this.#endedAt = at;
      this.onEnd(at);
      return;
    }
    this.#sampleAt = at + DIBIT;
    if (!this.#isInFrame) this.#begin(at);
    this.#store();
  }

  #begin(at: number): void {
    if (this.#endedAt !== undefined)
      this.shortestGap = Math.min(this.shortestGap, Math.round((at - this.#endedAt) / BIT));
    this.#isInFrame = true;
    this.#startedAt = at;
    this.isJabber = false;
    this.dibits = 0;
    this.onStart(at);
  }

  #store(): void {
    if (this.dibits === JABBER_DIBITS) {
      if (!this.isJabber) {
        this.isJabber = true;
        this.onJabber();
      }
      return;
    }
    const { octets, dibits } = this;
    const at = dibits >> 2;
    const place = (dibits & 3) * 2;
    octets[at] = place === 0 ? this.#txd : (octets[at] as number) | (this.#txd << place);
    this.dibits = dibits + 1;
  }
}
