/**
 * The RP2040's USB controller as a device (data sheet 4.1), with the rules for whoever drives it; it stands in for rp2040js's. What is modelled:
 *  - SETUP, IN and OUT as the buffer control words in DPRAM say: AVAILABLE, FULL, PID, LEN, LAST, STALL (endpoint 0: with EP_STALL_ARM, which a SETUP
 *    clears); afterwards AVAILABLE is 0, FULL is 0 (IN) or 1 (OUT), LEN of an OUT is what came.
 *  - Two buffers an endpoint (DOUBLE_BUF) in turn; bit 12 chooses buffer 0 again, and clears itself. Nothing else does, neither an abort nor a bus reset.
 *  - BUFF_STATUS by INTERRUPT_PER_BUFF, INTERRUPT_PER_DOUBLE_BUFF and EP0_INT_1BUF; with two buffers done it is set again as soon as it is cleared;
 *    BUFF_CPU_SHOULD_HANDLE. EP_ABORT: NAK, and EP_ABORT_DONE at once.
 *  - A bus reset changes no register but SIE_STATUS: address and buffers are the driver's. SUSPENDED 3 ms after the last frame, RESUME, SOF.
 *  - The device is there when CONTROLLER_EN, PULLUP_EN, TO_PHY, SOFTCON, VBUS_DETECT with its override, and clk_usb of 48 MHz are.
 * A broken rule becomes a complaint. Not modelled: EP_STATUS_STALL_NAK for a NAK, host mode, isochronous endpoints, bit errors, errata E2, E5 and E15.
 */
import { BasePeripheral, type RP2040 } from 'rp2040js';
import type { Machine } from '../rp2040/machine.ts';
import { BUFFER, ENDPOINT, indexOf, LENGTH, nameOf, PACKET_MAX, UsbBuffers } from './usb-buffers.ts';
import { INT, INT_OF_SIE, REG, SIE_CTRL, SIE_STATUS } from './usb-registers.ts';

const USBCTRL_BASE = 0x5011_0000;
const USBCTRL_IRQ = 5;
const MS = 1e6; // ns
const SUSPEND_AFTER = 3 * MS; // USB 2.0, 7.1.7.6
const CLK_USB = 48e6;
const CLK_ENABLE = 1 << 11;

const MUXING_ON = (1 << 0) | (1 << 3); // TO_PHY, SOFTCON
const VBUS_FORCED = (1 << 3) | (1 << 2); // VBUS_DETECT, VBUS_DETECT_OVERRIDE_EN

const COMPLAINTS = 100;

export interface Packet {
  readonly pid: 0 | 1;
  readonly bytes: Uint8Array;
}
/** What a host hears: `silent` is nothing at all. */
export type Answer = Packet | 'ack' | 'nak' | 'stall' | 'silent';
type Readiness = 'ready' | 'nak' | 'stall' | 'silent';

export class UsbController extends BasePeripheral {
  /** Rules that were broken, the first hundred. */
  readonly complaints: string[] = [];
  /** The pull-up has come or gone. */
  onAttached: (isAttached: boolean) => void = () => {};
  /** A buffer was given to the controller, or a stall. */
  onArmed: () => void = () => {};

  readonly #chip: RP2040;
  readonly #buffers: UsbBuffers;
  /** Buffers that are done and that the program has not been told of, each once: BUFF_STATUS shows the first. */
  readonly #done: number[][] = Array.from({ length: 32 }, () => []);
  readonly #frameAlarm;
  readonly #suspendAlarm;

  #registers = new Map<number, number>();
  #sieStatus = 0;
  #stallArm = 0;
  #abortDone = 0;
  #stallNak = 0;
  #sof = false;
  #isAttached = false;
  #isSuspended = false;
  #framesFrom: number | undefined;

  constructor(machine: Pick<Machine, 'chip' | 'replace'>) {
    super(machine.chip, 'USBCTRL');
    this.#chip = machine.chip;
    this.#buffers = new UsbBuffers(machine.chip, {
      complain: (what) => this.complain(what),
      isAborted: (index) => this.#isAborted(index),
      control0: () =>
        this.#get(REG.SIE_CTRL) & (SIE_CTRL.EP0_DOUBLE_BUF | SIE_CTRL.EP0_INT_1BUF | SIE_CTRL.EP0_INT_2BUF),
    });
    this.#frameAlarm = machine.chip.clock.createAlarm(() => this.#frame());
    this.#suspendAlarm = machine.chip.clock.createAlarm(() => this.#suspend());
    machine.replace(USBCTRL_BASE, this);
    machine.chip.usbCtrl.DPRAMUpdated = (offset, value) => {
      if (this.#buffers.written(offset, value >>> 0)) this.onArmed();
    };
  }

  // ---- the bus ----

  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Why the device is not on the bus; undefined: it is. */
  get detachedBecause(): string | undefined {
    const { clocks, pllUsb } = this.#chip;
    const { MAIN_CTRL, SIE_CTRL: CTRL, USB_MUXING, USB_PWR } = REG;
    if ((this.#get(MAIN_CTRL) & 3) !== 1) return 'MAIN_CTRL does not say CONTROLLER_EN, as a device';
    if ((this.#get(CTRL) & SIE_CTRL.PULLUP_EN) === 0) return 'SIE_CTRL does not say PULLUP_EN';
    if ((this.#get(USB_MUXING) & MUXING_ON) !== MUXING_ON) return 'USB_MUXING does not say TO_PHY and SOFTCON';
    if ((this.#get(USB_PWR) & VBUS_FORCED) !== VBUS_FORCED) return 'USB_PWR does not force VBUS_DETECT';
    if ((clocks.usbCtrl & CLK_ENABLE) === 0 || ((clocks.usbCtrl >>> 5) & 7) !== 0)
      return 'clk_usb does not come from PLL_USB';
    if (pllUsb.frequency !== CLK_USB) return `clk_usb is ${pllUsb.frequency} Hz, not 48 MHz`;
    return undefined;
  }

  /** The bus is pulled to SE0, for longer than 2.5 µs: told at once, and no sleep. */
  busReset(): void {
    this.#suspendAlarm.cancel();
    this.#buffers.forgetAsked();
    this.#isSuspended = false;
    this.#raise(SIE_STATUS.BUS_RESET | SIE_STATUS.CONNECTED);
  }

  startFrames(): void {
    if (this.#framesFrom !== undefined) return;
    this.#suspendAlarm.cancel();
    if (this.#isSuspended) this.#raise(SIE_STATUS.RESUME);
    this.#isSuspended = false;
    this.#framesFrom = this.#chip.clock.nanos;
    this.#frame();
  }

  stopFrames(): void {
    if (this.#framesFrom === undefined) return;
    this.#framesFrom = undefined;
    this.#frameAlarm.cancel();
    this.#suspendAlarm.schedule(SUSPEND_AFTER);
  }

  /** A device never refuses it (USB 2.0, 8.5.3.1). */
  setup(address: number, bytes: Uint8Array): Answer {
    if (!this.#hears(address)) return 'silent';
    this.#chip.usbDPRAM.set(bytes.subarray(0, 8));
    this.#stallArm = 0;
    this.#buffers.forgetAsked();
    this.#raise(SIE_STATUS.SETUP_REC);
    return 'ack';
  }

  /** What an IN or OUT would find now. */
  look(address: number, endpoint: number, isOut: boolean): Readiness {
    const index = indexOf(endpoint, isOut);
    if (!this.#hears(address) || (endpoint !== 0 && (this.#buffers.control(index) & ENDPOINT.ENABLE) === 0))
      return 'silent';
    if (this.#buffers.isStalled(index) && (endpoint !== 0 || (this.#stallArm & (1 << index)) !== 0)) return 'stall';
    if (this.#isAborted(index)) return 'nak';
    const bits = this.#buffers.bits(index);
    const full = (bits & BUFFER.FULL) !== 0;
    return (bits & BUFFER.AVAILABLE) !== 0 && full !== isOut ? 'ready' : 'nak';
  }

  /** Bytes that an IN would bring now. */
  lengthOf(endpoint: number): number {
    return Math.min(this.#buffers.bits(indexOf(endpoint, false)) & LENGTH, PACKET_MAX);
  }

  in(address: number, endpoint: number): Answer {
    const index = indexOf(endpoint, false);
    const found = this.#ask(address, index);
    if (found !== 'ready') return found;
    const bits = this.#buffers.bits(index);
    const at = this.#buffers.address(index);
    const bytes = this.#chip.usbDPRAM.slice(at, at + Math.min(bits & LENGTH, PACKET_MAX));
    this.#finish(index, bits & ~(BUFFER.AVAILABLE | BUFFER.FULL));
    this.#raise(SIE_STATUS.ACK_REC);
    return { pid: (bits & BUFFER.DATA1) === 0 ? 0 : 1, bytes };
  }

  out(address: number, endpoint: number, { pid, bytes }: Packet): Answer {
    const index = indexOf(endpoint, true);
    const found = this.#ask(address, index);
    if (found !== 'ready') return found;
    const bits = this.#buffers.bits(index);
    if (((bits & BUFFER.DATA1) !== 0) !== (pid === 1)) {
      // USB 2.0, 8.6.3: taken for a repetition: acknowledged, and thrown away.
      this.complain(`${nameOf(index)}: DATA${pid} came where DATA${1 - pid} was expected`);
      this.#raise(SIE_STATUS.DATA_SEQ_ERROR);
      return 'ack';
    }
    if (bytes.length > (bits & LENGTH)) {
      this.complain(`${nameOf(index)}: ${bytes.length} bytes came where there was room for ${bits & LENGTH}`);
      this.#raise(SIE_STATUS.RX_OVERFLOW);
      return 'silent';
    }
    const { usbDPRAM } = this.#chip;
    const at = this.#buffers.address(index) % usbDPRAM.length;
    usbDPRAM.set(bytes.subarray(0, usbDPRAM.length - at), at);
    this.#finish(index, (bits & ~(BUFFER.AVAILABLE | LENGTH)) | BUFFER.FULL | bytes.length);
    return 'ack';
  }

  complain(what: string): undefined {
    if (this.complaints.length < COMPLAINTS) this.complaints.push(what);
  }

  /** As after the reset of the block: it is off the bus. DPRAM keeps what it has. */
  reset(): void {
    this.#registers = new Map();
    this.#sieStatus = this.#stallArm = this.#abortDone = this.#stallNak = 0;
    this.#sof = this.#isSuspended = false;
    for (const done of this.#done) done.length = 0;
    this.#buffers.reset();
    this.#attach();
    this.#update();
  }

  #isAborted(index: number): boolean {
    return ((this.#get(REG.EP_ABORT) >>> index) & 1) === 1;
  }

  #hears(address: number): boolean {
    return this.#isAttached && (this.#get(REG.ADDR_ENDP) & 0x7f) === address;
  }

  #ask(address: number, index: number): Readiness {
    const found = this.look(address, index >> 1, (index & 1) === 1);
    this.#buffers.asked(index);
    const control = this.#buffers.control(index);
    if (
      (found === 'nak' && (control & ENDPOINT.INT_NAK) !== 0) ||
      (found === 'stall' && (control & ENDPOINT.INT_STALL) !== 0)
    ) {
      this.#stallNak |= 1 << index;
      this.#update();
    }
    return found;
  }

  #finish(index: number, bits: number): void {
    const control = this.#buffers.control(index);
    const half = this.#buffers.finish(index, bits);
    const isLast = (bits & BUFFER.LAST) !== 0;
    const isTold = (control & ENDPOINT.INT_1BUF) !== 0;
    const isPairTold = (control & ENDPOINT.INT_2BUF) !== 0 && (half === 1 || isLast);
    const done = this.#done[index] as number[];
    if ((isTold || isPairTold) && !done.includes(half)) done.push(half);
    if (isLast) this.#sieStatus |= SIE_STATUS.TRANS_COMPLETE;
    this.#update();
  }

  #suspend(): void {
    this.#isSuspended = true;
    this.#raise(SIE_STATUS.SUSPENDED);
  }

  #frame(): void {
    this.#sof = true;
    this.#update();
    if (this.#framesFrom === undefined) return;
    const passed = this.#chip.clock.nanos - this.#framesFrom;
    this.#frameAlarm.schedule(MS * (Math.floor(passed / MS + 0.5) + 1) - passed);
  }

  // ---- registers ----

  #get(offset: number): number {
    return this.#registers.get(offset) ?? 0;
  }

  override readUint32(offset: number): number {
    switch (offset) {
      case REG.SIE_STATUS:
        return this.#sieStatus | (this.#hasVbus ? SIE_STATUS.VBUS_DETECTED : 0);
      case REG.SOF_RD:
        this.#sof = false;
        this.#update();
        return this.#framesFrom === undefined
          ? 0
          : Math.floor((this.#chip.clock.nanos - this.#framesFrom) / MS) & 0x7ff;
      case REG.BUFF_STATUS:
        return this.#buffStatus;
      case REG.BUFF_CPU_SHOULD_HANDLE:
        return this.#done.reduce((bits, done, index) => bits | ((done[0] ?? 0) << index), 0);
      case REG.EP_ABORT_DONE:
        return this.#abortDone;
      case REG.EP_STALL_ARM:
        return this.#stallArm;
      case REG.EP_STATUS_STALL_NAK:
        return this.#stallNak;
      case REG.INTR:
        return this.#raw;
      case REG.INTS:
        return (this.#raw & this.#get(REG.INTE)) | this.#get(REG.INTF);
      case REG.ADDR_ENDP:
      case REG.MAIN_CTRL:
      case REG.SIE_CTRL:
      case REG.EP_ABORT:
      case REG.USB_MUXING:
      case REG.USB_PWR:
      case REG.INTE:
      case REG.INTF:
        return this.#get(offset);
      default:
        return super.readUint32(offset);
    }
  }

  /** What is written to a register whose bits are cleared by writing 1: by any alias the bits themselves (the SDK uses the one that clears). */
  override writeUint32(offset: number, value: number): void {
    const cleared = this.rawWriteValue;
    switch (offset) {
      case REG.SIE_STATUS:
        this.#sieStatus &= ~cleared;
        break;
      case REG.BUFF_STATUS:
        for (const [index, done] of this.#done.entries()) if (((cleared >>> index) & 1) === 1) done.shift();
        break;
      case REG.EP_ABORT_DONE:
        this.#abortDone &= ~cleared;
        break;
      case REG.EP_STATUS_STALL_NAK:
        this.#stallNak &= ~cleared;
        break;
      case REG.EP_STALL_ARM:
        this.#stallArm = value & 3;
        this.onArmed();
        break;
      case REG.EP_ABORT:
        this.#abortDone |= value;
        this.#registers.set(offset, value >>> 0);
        break;
      case REG.ADDR_ENDP:
      case REG.MAIN_CTRL:
      case REG.SIE_CTRL:
      case REG.USB_MUXING:
      case REG.USB_PWR:
      case REG.INTE:
      case REG.INTF:
        this.#registers.set(offset, value >>> 0);
        this.#attach();
        break;
      default:
        super.writeUint32(offset, value);
    }
    this.#update();
  }

  get #hasVbus(): boolean {
    return (this.#get(REG.USB_PWR) & VBUS_FORCED) === VBUS_FORCED;
  }
  get #buffStatus(): number {
    return this.#done.reduce((bits, done, index) => (done.length > 0 ? bits | (1 << index) : bits), 0) >>> 0;
  }
  get #raw(): number {
    let raw = this.#sof ? INT.DEV_SOF : 0;
    if (this.#buffStatus !== 0) raw |= INT.BUFF_STATUS;
    if (this.#abortDone !== 0) raw |= INT.ABORT_DONE;
    if (this.#stallNak !== 0) raw |= INT.EP_STALL_NAK;
    const status = this.#sieStatus | (this.#hasVbus ? SIE_STATUS.VBUS_DETECTED : 0);
    for (const [bit, cause] of INT_OF_SIE) if ((status & bit) !== 0) raw |= cause;
    return raw;
  }

  #raise(bits: number): void {
    this.#sieStatus |= bits;
    this.#update();
  }

  #attach(): void {
    const isAttached = this.detachedBecause === undefined;
    if (isAttached === this.#isAttached) return;
    this.#isAttached = isAttached;
    this.onAttached(isAttached);
  }

  /** The one place that moves the interrupt. */
  #update(): void {
    this.#chip.setInterrupt(USBCTRL_IRQ, ((this.#raw & this.#get(REG.INTE)) | this.#get(REG.INTF)) !== 0);
  }
}
