/** A computer with a CDC-ACM driver on the token bus, as far as a device can tell it from Linux: its order of requests, its toggles, its reads of 128 bytes. */
import { u16le } from '../../src/base/bytes.ts';
import type { Packet } from '../../src/emulator/usb/usb-controller.ts';
import type { TokenBus } from './token-bus.ts';

export const STALLED = 'stalled';
export type ControlAnswer = Uint8Array | typeof STALLED;

const PACKET = 64;
/** Linux's cdc_acm reads two packets at a time. */
const READ = 128;
const TRIES = 200;
const RARE = 400; // µs

const NOTHING = new Uint8Array();

export class AcmHost {
  readonly #bus: TokenBus;
  address = 0;
  isReading = true;
  onBytes: (bytes: Uint8Array) => void = () => {};
  /** NAKs of the data pipe to the board. */
  refusals = 0;
  /** Packets that were taken for repetitions. */
  wrongToggles = 0;
  #in: 0 | 1 = 0;
  #out: 0 | 1 = 0;
  #read: number[] = [];
  #queue: Uint8Array[] = [];
  #idle = 0;

  constructor(bus: TokenBus) {
    this.#bus = bus;
  }

  /** Packets not sent yet. */
  get queued(): number {
    return this.#queue.length;
  }

  setup(type: number, request: number, value: number, index: number, length: number): void {
    const bytes = Uint8Array.of(
      type,
      request,
      value & 255,
      value >> 8,
      index & 255,
      index >> 8,
      length & 255,
      length >> 8,
    );
    if (this.#bus.setup(this.address, bytes) !== 'ack') throw new Error('no answer to SETUP');
  }

  /** A control transfer, with every toggle looked at (USB 2.0, 8.5.3). */
  control(type: number, request: number, value: number, index: number, length: number, data = NOTHING): ControlAnswer {
    this.setup(type, request, value, index, length);
    if ((type & 0x80) === 0 || length === 0) {
      if (length > 0 && this.#give(1, data) === 'stall') return STALLED;
      const status = this.#take();
      if (status === STALLED) return STALLED;
      if (status.bytes.length > 0 || status.pid !== 1) throw new Error('no status stage');
      return NOTHING;
    }
    const answer: number[] = [];
    for (let pid: 0 | 1 = 1; ; pid = pid === 1 ? 0 : 1) {
      const part = this.#take();
      if (part === STALLED) return STALLED;
      if (part.pid !== pid) throw new Error('wrong toggle in the data stage');
      answer.push(...part.bytes);
      if (answer.length > length) throw new Error('more than was asked for');
      if (part.bytes.length < PACKET || answer.length === length) break;
    }
    return this.#give(1, NOTHING) === 'ack' ? Uint8Array.from(answer) : STALLED;
  }

  descriptor(type: number, number: number, length: number): Uint8Array {
    const answer = this.control(0x80, 6, (type << 8) | number, type === 3 && number > 0 ? 0x409 : 0, length);
    if (answer === STALLED) throw new Error(`no descriptor ${type}.${number}`);
    return answer;
  }
  text(number: number): string {
    const bytes = this.descriptor(3, number, 255);
    return Buffer.from(bytes.subarray(2)).toString('utf16le');
  }

  /** As the hub driver of Linux does it ("new scheme": reset, 64 bytes of the device descriptor, reset, address, all of it), then usb_set_configuration. */
  enumerate(): void {
    this.#bus.reset();
    this.address = 0;
    this.descriptor(1, 0, PACKET);
    this.#bus.reset();
    this.#must(this.control(0x00, 5, 5, 0, 0));
    this.#bus.pass(2_000);
    this.address = 5;
    const device = this.descriptor(1, 0, 18);
    if (this.control(0x80, 6, 0x0600, 0, 10) !== STALLED) throw new Error('a device qualifier');
    const total = u16le(this.descriptor(2, 0, 9), 2);
    this.descriptor(2, 0, total);
    this.descriptor(3, 0, 255);
    for (const number of device.subarray(14, 17)) if (number > 0) this.text(number);
    this.#must(this.control(0x00, 9, 1, 0, 0));
    this.#in = this.#out = 0;
    this.#must(this.control(0x21, 0x20, 0, 0, 7, Uint8Array.of(0x80, 0x25, 0, 0, 0, 0, 8)));
  }

  /** Enumerated, and an application has opened the port. */
  open(): void {
    this.enumerate();
    this.lineState(true);
  }
  lineState(isOpen: boolean): void {
    this.#must(this.control(0x21, 0x22, isOpen ? 3 : 0, 0, 0));
  }
  clearHalt(endpoint: number): ControlAnswer {
    const answer = this.control(0x02, 1, 0, endpoint, 0);
    if (endpoint & 0x80) this.#in = 0;
    else this.#out = 0;
    return answer;
  }

  write(bytes: Uint8Array): true {
    for (let at = 0; at < bytes.length; at += PACKET) this.#queue.push(bytes.slice(at, at + PACKET));
    return true;
  }
  forgetQueued(): void {
    this.#queue = [];
    this.#read = [];
  }
  /** The device is gone from the host's tables. */
  forget(): void {
    this.forgetQueued();
    this.address = 0;
  }

  /** A token for each data pipe; where nothing goes, they become rare. */
  step(): void {
    const came = this.isReading && this.#stepIn();
    const [packet] = this.#queue;
    this.#idle = came || packet !== undefined ? 0 : Math.min(this.#idle + 20, RARE);
    if (packet === undefined) {
      this.#bus.pass(this.#idle);
      return;
    }
    const answer = this.#bus.out(this.address, 2, this.#out, packet);
    if (answer === 'nak') this.refusals++;
    if (answer !== 'ack') return;
    this.#queue.shift();
    this.#out = this.#out === 1 ? 0 : 1;
  }

  /** The application has a read's bytes when it is full or a short packet ends it (5.8.3). */
  #stepIn(): boolean {
    const answer = this.#bus.in(this.address, 2);
    if (typeof answer === 'string') return false;
    if (answer.pid !== this.#in) {
      this.wrongToggles++;
      return false;
    }
    this.#in = this.#in === 1 ? 0 : 1;
    this.#read.push(...answer.bytes);
    if (answer.bytes.length === PACKET && this.#read.length < READ) return true;
    const bytes = Uint8Array.from(this.#read);
    this.#read = [];
    if (bytes.length > 0) this.onBytes(bytes);
    return true;
  }

  #take(): Packet | typeof STALLED {
    for (let i = 0; i < TRIES; i++) {
      const answer = this.#bus.in(this.address, 0);
      if (typeof answer !== 'string') return answer;
      if (answer === 'stall') return STALLED;
    }
    throw new Error('no answer to IN');
  }
  #give(pid: 0 | 1, bytes: Uint8Array): 'ack' | 'stall' {
    for (let i = 0; i < TRIES; i++) {
      const answer = this.#bus.out(this.address, 0, pid, bytes);
      if (answer === 'ack' || answer === 'stall') return answer;
    }
    throw new Error('no answer to OUT');
  }
  #must(answer: ControlAnswer): void {
    if (answer === STALLED) throw new Error('a request was refused that must not be');
  }
}
