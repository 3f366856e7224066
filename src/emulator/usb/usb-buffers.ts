/** The RP2040's USB buffers and the words in DPRAM that control them (data sheet 4.1.2.5): whose each one is, and the rules for whoever hands one over. */
import type { RP2040 } from 'rp2040js';

/** One buffer's half of the buffer control word (4.1.2.5.4). */
export const BUFFER = {
  FULL: 1 << 15,
  LAST: 1 << 14,
  DATA1: 1 << 13,
  SELECT_0: 1 << 12,
  STALL: 1 << 11,
  AVAILABLE: 1 << 10,
} as const;
export const LENGTH = 0x3ff;
/** An endpoint control word (4.1.2.5.3). */
export const ENDPOINT = {
  ENABLE: 1 << 31,
  DOUBLE: 1 << 30,
  INT_1BUF: 1 << 29,
  INT_2BUF: 1 << 28,
  INT_STALL: 1 << 17,
  INT_NAK: 1 << 16,
} as const;
const BUFFER_CONTROL = 0x80;
const EP0_BUFFER = 0x100;
const BUFFERS = 0x180;
const DPRAM_SIZE = 4096;
/** Full speed: of bulk, control and interrupt endpoints (USB 2.0, 5.5.3 to 5.8.3). */
export const PACKET_MAX = 64;
/** The rest of a buffer control word must lie there for a cycle of clk_usb before AVAILABLE does (4.1.2.5.1). */
const SETTLE = 1e9 / 48e6; // ns

/** An endpoint's place in BUFF_STATUS, and in DPRAM. */
export const indexOf = (endpoint: number, isOut: boolean): number => 2 * endpoint + (isOut ? 1 : 0);
export const nameOf = (index: number): string => `endpoint ${index >> 1} ${(index & 1) === 1 ? 'OUT' : 'IN'}`;

export interface UsbBuffersOptions {
  complain(what: string): void;
  isAborted(index: number): boolean;
  /** Endpoint 0 has no control word: the bits of SIE_CTRL stand in the same places, but for ENABLE. */
  control0(): number;
}

export class UsbBuffers {
  readonly #words: DataView;
  readonly #clock: RP2040['clock'];
  readonly #options: UsbBuffersOptions;
  /** The buffer control words as they were before the last write, when that was, and whether the host has used them since the last SETUP. */
  readonly #before = new Uint32Array(32);
  readonly #writtenAt = new Float64Array(32).fill(Number.NEGATIVE_INFINITY);
  readonly #asked = new Uint8Array(32);
  readonly #selected = new Uint8Array(32);

  constructor(chip: RP2040, options: UsbBuffersOptions) {
    this.#words = chip.usbDPRAMView;
    this.#clock = chip.clock;
    this.#options = options;
  }

  reset(): void {
    this.#selected.fill(0);
  }
  asked(index: number): void {
    this.#asked[index] = 1;
  }
  forgetAsked(): void {
    this.#asked.fill(0);
  }

  control(index: number): number {
    return index >= 2 ? this.#words.getUint32(4 * index, true) : this.#options.control0();
  }
  isStalled(index: number): boolean {
    return (this.#words.getUint32(BUFFER_CONTROL + 4 * index, true) & BUFFER.STALL) !== 0;
  }
  /** Of the buffer whose turn it is. */
  bits(index: number): number {
    return (this.#words.getUint32(BUFFER_CONTROL + 4 * index, true) >>> (16 * this.#half(index))) & 0xffff;
  }
  /** In DPRAM, of the buffer whose turn it is. */
  address(index: number, half = this.#half(index)): number {
    return (index < 2 ? EP0_BUFFER : this.control(index) & 0xffc0) + PACKET_MAX * half;
  }

  /** The buffer whose turn it is goes back to the program with these bits; which one it was. */
  finish(index: number, bits: number): number {
    const half = this.#half(index);
    const at = BUFFER_CONTROL + 4 * index;
    const word = (this.#words.getUint32(at, true) & ~(0xffff << (16 * half))) | (bits << (16 * half));
    this.#words.setUint32(at, word, true);
    this.#before[index] = word;
    if ((this.control(index) & ENDPOINT.DOUBLE) !== 0) this.#selected[index] = 1 - half;
    return half;
  }

  /** The program has written a word to DPRAM. True: there is a buffer, or a stall, that the host may have. */
  written(offset: number, value: number): boolean {
    if (offset < BUFFER_CONTROL || offset >= EP0_BUFFER) return false;
    const index = (offset - BUFFER_CONTROL) >> 2;
    const before = this.#before[index] as number;
    if ((value & BUFFER.SELECT_0) !== 0) {
      this.#selected[index] = 0;
      this.#words.setUint32(offset, value & ~BUFFER.SELECT_0, true);
    }
    const now = (value & ~BUFFER.SELECT_0) >>> 0;
    for (const half of [0, 1])
      this.#check(index, half, (before >>> (16 * half)) & 0xffff, (now >>> (16 * half)) & 0xffff);
    this.#before[index] = now;
    this.#writtenAt[index] = this.#clock.nanos;
    return (now & (BUFFER.STALL | BUFFER.AVAILABLE | (BUFFER.AVAILABLE << 16))) !== 0;
  }

  #half(index: number): number {
    return (this.control(index) & ENDPOINT.DOUBLE) !== 0 ? (this.#selected[index] as number) : 0;
  }

  /** What the data sheet asks of whoever writes one buffer's half of the word (4.1.2.5). */
  #check(index: number, half: number, before: number, now: number): void {
    if (before === now) return;
    const name = `${nameOf(index)}, buffer ${half}`;
    const complain = (what: string): void => this.#options.complain(`${name}: ${what}`);
    if ((before & BUFFER.AVAILABLE) !== 0 && !this.#options.isAborted(index) && this.#asked[index] === 1)
      complain(`its control is written while the controller has it`);
    if ((now & BUFFER.AVAILABLE) === 0 || (before & BUFFER.AVAILABLE) !== 0) return;
    const isSettled = this.#clock.nanos - (this.#writtenAt[index] as number) >= SETTLE;
    if ((before ^ now) !== BUFFER.AVAILABLE || !isSettled)
      complain(`AVAILABLE is set together with the rest, or less than a cycle of clk_usb later`);
    if (((now & BUFFER.FULL) !== 0) === ((index & 1) === 1)) complain(`FULL is wrong for its direction`);
    if ((now & LENGTH) > PACKET_MAX) complain(`${now & LENGTH} bytes are no packet`);
    const control = this.control(index);
    if (index >= 2 && (control & ENDPOINT.ENABLE) === 0) complain(`given while the endpoint is not enabled`);
    if (half === 1 && (control & ENDPOINT.DOUBLE) === 0) complain(`given while the endpoint has one buffer`);
    const at = this.address(index, half);
    if (at < (index < 2 ? EP0_BUFFER : BUFFERS) || at + PACKET_MAX > DPRAM_SIZE) complain(`it lies at ${at}`);
  }
}
