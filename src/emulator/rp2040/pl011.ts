/**
 * UART0 as the RP2040 has it (data sheet 4.2; ARM PrimeCell PL011, TRM DDI 0183), and the computer's end of its line. It stands in for rp2040js's UART, which
 * knows neither time nor levels. Not modelled: a wrong baud rate (the bytes arrive all the same), breaks, framing and parity errors, flow control, loop back.
 */
import { BasePeripheral, type RP2040 } from 'rp2040js';
import { ByteFifo } from '../byte-fifo.ts';
import { PIN } from '../pins.ts';
import type { SerialEnd } from '../serial-end.ts';
import type { Machine } from './machine.ts';
import { CR, DEPTH, DMACR, DR_OE, FR, INT, LCR_H, LEVELS, REG, RSR_OE } from './pl011-registers.ts';

const UART0_BASE = 0x4003_4000;
const UART0_IRQ = 20; // 2.3.2
const DREQ = { tx: 20, rx: 21 } as const; // 2.5.3.1
const FUNCTION_UART = 2; // 1.4.3
/** The receive time-out, in bit times (4.2.6.4). */
const TIME_OUT_BITS = 32;
/** What the computer's end has ready for the board; `write` beyond it is an assertion. */
const QUEUE = 65_536;
/** The computer's adapter hands over what it has when it is full or the line falls silent, as the FT232's packets of 62 bytes. */
const ADAPTER = 62;
const ADAPTER_BAUD = 3_000_000;

export interface Pl011Options {
  /** Of the computer's end. Default: what the board has programmed. */
  readonly baud?: number;
}

export class Pl011 extends BasePeripheral implements SerialEnd {
  /** A UART's line is there, whoever listens. */
  readonly isConnected = true;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onConnected: (isConnected: boolean) => void = () => {};
  onRoom: () => void = () => {};
  /** Bytes that were lost: receive FIFO full, receiver or pin not on, written into a full transmit FIFO, sent while the pin was not on. */
  readonly lost = { overrun: 0, notListening: 0, overwritten: 0, notConnected: 0 };

  readonly #chip: RP2040;
  readonly #baud: number | undefined;
  readonly #toBoard = new ByteFifo(QUEUE);
  readonly #fromBoard = new ByteFifo(ADAPTER);

  #txFifo: number[] = [];
  #txShift: number | undefined;
  #txEnd = 0;
  #rxFifo: number[] = [];
  #isReceiving = false;
  #rxEnd = 0;
  /** An overrun marks the next byte that finds room (TRM 2.4.3). */
  #overran = false;
  #rsr = 0;
  #ibrd = 0;
  #fbrd = 0;
  /** In 1/64 of 16 clocks. The three registers of the line are one: it changes when LCR_H is written. */
  #divisor = 0;
  #lcr = 0;
  #cr = CR.TXE | CR.RXE;
  #ifls = 0b010_010;
  #imsc = 0;
  #ris = 0;
  #dmacr = 0;

  readonly #txAlarm;
  readonly #rxAlarm;
  readonly #timeOutAlarm;

  constructor(machine: Pick<Machine, 'chip' | 'replace'>, options: Pl011Options = {}) {
    super(machine.chip, 'UART0');
    this.#chip = machine.chip;
    this.#baud = options.baud;
    const { clock } = machine.chip;
    this.#txAlarm = clock.createAlarm(() => this.#sent());
    this.#rxAlarm = clock.createAlarm(() => this.#came());
    this.#timeOutAlarm = clock.createAlarm(() => this.#timedOut());
    machine.replace(UART0_BASE, this);
  }

  // ---- the computer's end ----

  get room(): number {
    return this.#toBoard.room;
  }

  write(bytes: Uint8Array): void {
    this.#toBoard.write(bytes);
    this.#startReceiving();
  }

  /** Bits a second that the board has programmed; 0: none yet. */
  get baud(): number {
    return this.#divisor === 0 ? 0 : (this.#chip.clocks.periFreq * 4) / this.#divisor;
  }

  // ---- as after the reset of the block; what is on the line is lost ----

  reset(): void {
    for (const alarm of [this.#txAlarm, this.#rxAlarm, this.#timeOutAlarm]) alarm.cancel();
    this.#txFifo = [];
    this.#txShift = undefined;
    this.#rxFifo = [];
    this.#isReceiving = false;
    this.#overran = false;
    this.#rsr = this.#ibrd = this.#fbrd = this.#divisor = this.#lcr = this.#imsc = this.#ris = this.#dmacr = 0;
    this.#cr = CR.TXE | CR.RXE;
    this.#ifls = 0b010_010;
    this.#update();
    this.#startReceiving();
  }

  // ---- registers ----

  override readUint32(offset: number): number {
    switch (offset) {
      case REG.DR:
        return this.#read();
      case REG.RSR:
        return this.#rsr;
      case REG.FR:
        return this.#flags;
      case REG.IBRD:
        return this.#ibrd;
      case REG.FBRD:
        return this.#fbrd;
      case REG.LCR_H:
        return this.#lcr;
      case REG.CR:
        return this.#cr;
      case REG.IFLS:
        return this.#ifls;
      case REG.IMSC:
        return this.#imsc;
      case REG.RIS:
        return this.#ris;
      case REG.MIS:
        return this.#ris & this.#imsc;
      case REG.ICR:
        return 0;
      case REG.DMACR:
        return this.#dmacr;
      default:
        return super.readUint32(offset);
    }
  }

  override writeUint32(offset: number, value: number): void {
    switch (offset) {
      case REG.DR:
        this.#send(value & 0xff);
        break;
      case REG.RSR:
        this.#rsr = 0;
        break;
      case REG.IBRD:
        this.#ibrd = value & 0xffff;
        break;
      case REG.FBRD:
        this.#fbrd = value & 0x3f;
        break;
      case REG.LCR_H:
        this.#setLine(value & 0xff);
        break;
      case REG.CR:
        this.#cr = value & 0xff87;
        break;
      case REG.IFLS:
        this.#ifls = value & 0x3f;
        break;
      case REG.IMSC:
        this.#imsc = value & 0x7ff;
        break;
      case REG.ICR:
        this.#ris &= ~value;
        break;
      case REG.DMACR:
        this.#dmacr = value & 7;
        break;
      default:
        super.writeUint32(offset, value);
    }
    this.#startSending();
    this.#update();
  }

  get #flags(): number {
    return (
      (this.#txFifo.length > 0 || this.#txShift !== undefined ? FR.BUSY : 0) |
      (this.#txFifo.length === 0 ? FR.TXFE : 0) |
      (this.#txFifo.length >= this.#depth ? FR.TXFF : 0) |
      (this.#rxFifo.length === 0 ? FR.RXFE : 0) |
      (this.#rxFifo.length >= this.#depth ? FR.RXFF : 0)
    );
  }

  #setLine(lcr: number): void {
    // Without FEN the FIFOs are registers of one byte, and what was in them is gone.
    if (((lcr ^ this.#lcr) & LCR_H.FEN) !== 0) {
      this.#txFifo = [];
      this.#emptied();
    }
    this.#lcr = lcr;
    this.#divisor = this.#ibrd * 64 + this.#fbrd;
  }

  get #depth(): number {
    return (this.#lcr & LCR_H.FEN) !== 0 ? DEPTH : 1;
  }
  /** The transmit interrupt comes when so few bytes are left. */
  get #txLevel(): number {
    return this.#depth === 1 ? 0 : (LEVELS[this.#ifls & 7] ?? DEPTH);
  }
  /** The receive interrupt comes when so many bytes are there. */
  get #rxLevel(): number {
    return this.#depth === 1 ? 1 : (LEVELS[this.#ifls >> 3] ?? DEPTH);
  }

  // ---- time ----

  /** In ns; Infinity while the block has no clock or no divisor. */
  get #bitTime(): number {
    return this.baud === 0 ? Number.POSITIVE_INFINITY : 1e9 / this.baud;
  }
  /** Start, data, parity, stop. */
  get #characterBits(): number {
    const { PEN, STP2, WLEN_LSB } = LCR_H;
    return 7 + ((this.#lcr >> WLEN_LSB) & 3) + ((this.#lcr & PEN) !== 0 ? 1 : 0) + ((this.#lcr & STP2) !== 0 ? 1 : 0);
  }
  #isOn(direction: number): boolean {
    return (this.#cr & CR.UARTEN) !== 0 && (this.#cr & direction) !== 0 && Number.isFinite(this.#bitTime);
  }

  // ---- transmitter ----

  #send(byte: number): void {
    if (this.#txFifo.length >= this.#depth) {
      this.lost.overwritten++;
      return;
    }
    this.#txFifo.push(byte);
    if (this.#txFifo.length > this.#txLevel) this.#ris &= ~INT.TX;
  }

  /** `from`: the end of the byte before, which the machine may tell up to one of its cycles late. */
  #startSending(from = this.#chip.clock.nanos): void {
    if (this.#txShift !== undefined || !this.#isOn(CR.TXE)) return;
    this.#txShift = this.#txFifo.shift();
    if (this.#txShift === undefined) return;
    // On the transition through the level, not at the level (4.2.6.3): who waits for it must have filled the FIFO beyond.
    if (this.#txFifo.length === this.#txLevel) this.#ris |= INT.TX;
    this.#txEnd = from + this.#characterBits * this.#bitTime;
    this.#txAlarm.schedule(this.#txEnd - this.#chip.clock.nanos);
  }

  #sent(): void {
    const byte = this.#txShift ?? 0;
    this.#txShift = undefined;
    this.#startSending(this.#txEnd);
    this.#update();
    if (this.#chip.gpio[PIN.uartTx]?.functionSelect === FUNCTION_UART) this.#fromBoard.write(Uint8Array.of(byte));
    else this.lost.notConnected++;
    if (this.#fromBoard.room > 0 && this.#txShift !== undefined) return;
    const bytes = this.#fromBoard.peek(ADAPTER);
    this.#fromBoard.clear();
    if (bytes.length > 0) this.onBytes(bytes);
  }

  // ---- receiver ----

  #startReceiving(from = this.#chip.clock.nanos): void {
    if (this.#isReceiving || this.#toBoard.length === 0) return;
    this.#isReceiving = true;
    this.#rxEnd = from + (10 * 1e9) / (this.#baud ?? (this.baud || ADAPTER_BAUD));
    this.#rxAlarm.schedule(this.#rxEnd - this.#chip.clock.nanos);
  }

  #came(): void {
    const byte = this.#toBoard.shift();
    this.#isReceiving = false;
    this.#startReceiving(this.#rxEnd);
    this.#receive(byte);
    this.#update();
    if (this.#toBoard.length === 0 || this.#toBoard.room === QUEUE / 2) this.onRoom();
  }

  #receive(byte: number): void {
    const pin = this.#chip.gpio[PIN.uartRx];
    if (!this.#isOn(CR.RXE) || pin?.functionSelect !== FUNCTION_UART || !pin.inputEnable) {
      this.lost.notListening++;
    } else if (this.#rxFifo.length >= this.#depth) {
      this.lost.overrun++;
      this.#overran = true;
      this.#rsr |= RSR_OE;
      this.#ris |= INT.OE;
    } else {
      this.#rxFifo.push(byte | (this.#overran ? DR_OE : 0));
      this.#overran = false;
      if (this.#rxFifo.length >= this.#rxLevel) this.#ris |= INT.RX;
      this.#timeOutAlarm.schedule(TIME_OUT_BITS * this.#bitTime);
    }
  }

  /**
   * 4.2.6.4: nothing came for 32 bit times, and the FIFO is not empty. The data sheet does not say that reading, or clearing the interrupt, starts the time
   * anew: here only a byte does, so that a driver that leaves bytes in the FIFO and clears the interrupt is found.
   */
  #timedOut(): void {
    if (this.#rxFifo.length > 0) this.#ris |= INT.RT;
    this.#update();
  }

  #read(): number {
    const value = this.#rxFifo.shift() ?? 0;
    if (this.#rxFifo.length < this.#rxLevel) this.#ris &= ~INT.RX;
    if (this.#rxFifo.length === 0) this.#emptied();
    this.#update();
    return value;
  }

  #emptied(): void {
    this.#rxFifo = [];
    this.#ris &= ~(INT.RX | INT.RT);
    this.#timeOutAlarm.cancel();
  }

  /** The one place that moves the interrupt and the requests to the DMA. */
  #update(): void {
    const { dma } = this.#chip;
    this.#chip.setInterrupt(UART0_IRQ, (this.#ris & this.#imsc) !== 0);
    const wantsTx = (this.#dmacr & DMACR.TXDMAE) !== 0 && this.#txFifo.length < this.#depth;
    const wantsRx = (this.#dmacr & DMACR.RXDMAE) !== 0 && this.#rxFifo.length > 0;
    if (wantsTx) dma.setDREQ(DREQ.tx);
    else dma.clearDREQ(DREQ.tx);
    if (wantsRx) dma.setDREQ(DREQ.rx);
    else dma.clearDREQ(DREQ.rx);
  }
}
