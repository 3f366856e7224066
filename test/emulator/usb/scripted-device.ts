/** A CDC-ACM device whose driver is TypeScript and writes the RP2040's registers: right, or wrong in one way. It echoes what comes, if it is told to. */
import { bytes, put16le } from '../../../src/base/bytes.ts';
import type { SleepingMachine } from '../rp2040/sleeping-machine.ts';

const DPRAM = 0x5010_0000;
const USB = 0x5011_0000;
const ADDR_ENDP = USB;
const MAIN_CTRL = USB + 0x40;
const SIE_CTRL = USB + 0x4c;
const SIE_STATUS = USB + 0x50;
const BUFF_STATUS = USB + 0x58;
const SHOULD_HANDLE = USB + 0x5c;
const STALL_ARM = USB + 0x68;
const MUXING = USB + 0x74;
const PWR = USB + 0x78;
const INTE = USB + 0x90;
const BUS_RESET = 1 << 19;
const SETUP_REC = 1 << 17;
const [FULL, LAST, DATA1, SELECT_0, STALL, AVAILABLE] = [1 << 15, 1 << 14, 1 << 13, 1 << 12, 1 << 11, 1 << 10];
const OUT = 3;
const IN = 2;
const DOUBLE = 1 << 30;
const INT_1BUF = 1 << 29;
const BULK = 2 << 26;
const IRQ = 5;

export type Fault =
  | 'toggle of IN stands still'
  | 'toggle of OUT stands still'
  | 'AVAILABLE with the rest'
  | 'no FULL'
  | 'answers more than asked'
  | 'takes its address at once'
  | 'data stage begins with DATA0'
  | 'status with data'
  | 'never answers'
  | 'wrong wTotalLength'
  | 'answers the device qualifier'
  | 'forgets the line coding'
  | 'stalls bulk IN'
  | 'odd string';

const DEVICE = bytes('1201 0002 ef0201 40 0912 0100 0001 01 02 00 01');
const CONFIGURATION = bytes(`
  0902 4b00 02 01 00 80 96  080b 00 02 02 02 00 00
  0904 00 00 01 02 02 00 00  0524 00 1001  0524 01 00 01  0424 02 06  0524 06 00 01  0705 81 03 0800 10
  0904 01 00 02 0a 00 00 00  0705 03 02 4000 00  0705 82 02 4000 00`);
const STRINGS = [bytes('0403 0904'), bytes('0803 6100 6200 6300'), bytes('0603 7800 7900')];

export class ScriptedDevice {
  readonly #machine: SleepingMachine;
  readonly #fault: Fault | undefined;
  /** SETUP packets, as hex of bmRequestType and bRequest and the value. */
  readonly requests: string[] = [];
  readonly received: number[] = [];
  lineCoding: Uint8Array = bytes('80250000 000008');
  lineState = -1;
  resets = 0;
  /** Whether bulk OUT buffers are given to the controller. */
  takes = true;
  echoes = false;
  /** Packets to the host that wait; an empty one is a packet, too. */
  readonly toSend: Uint8Array[] = [];
  #answer: Uint8Array | undefined;
  #answered = 0;
  #pid = 0;
  #onStatus: () => void = () => {};
  #isOut = false;
  #given = [0, 0];
  #back = [0, 0];
  #configured = false;

  constructor(machine: SleepingMachine, fault?: Fault) {
    this.#machine = machine;
    this.#fault = fault;
  }

  connect(): void {
    const { put } = this.#bound;
    put(MUXING, 9);
    put(PWR, 12);
    put(MAIN_CTRL, 1);
    put(INTE, (1 << 12) | (1 << 16) | (1 << 4));
    put(SIE_CTRL, (1 << 29) | (1 << 16));
  }
  disconnect(): void {
    this.#machine.put(SIE_CTRL, 1 << 29);
  }

  get #bound() {
    return { put: this.#machine.put.bind(this.#machine), get: this.#machine.get.bind(this.#machine) };
  }

  /** Time passes, and the interrupt is served every 5 µs. */
  pass(microseconds: number): void {
    for (let passed = 0; passed < microseconds; passed += 5) {
      this.#machine.pass(5);
      if (this.#machine.isPending(IRQ)) this.#interrupt();
    }
  }
  /** As `pass`, but where it only waits. */
  wait(milliseconds: number): void {
    for (let i = 0; i < milliseconds; i++) {
      this.#machine.pass(900);
      this.pass(100);
    }
  }

  #interrupt(): void {
    const { put, get } = this.#bound;
    const status = get(SIE_STATUS);
    if ((status & BUS_RESET) !== 0) {
      this.resets++;
      put(SIE_STATUS, BUS_RESET | SETUP_REC);
      put(BUFF_STATUS, 0xffff_ffff);
      put(ADDR_ENDP, 0);
      for (let i = 0; i < 32; i++) put(DPRAM + 0x80 + 4 * i, 0);
      this.#configured = false;
      return;
    }
    for (let done = get(BUFF_STATUS); done !== 0; done = get(BUFF_STATUS)) {
      const index = 31 - Math.clz32(done);
      const half = (get(SHOULD_HANDLE) >>> index) & 1;
      put(BUFF_STATUS, 1 << index);
      this.#done(index, half);
    }
    if ((status & SETUP_REC) !== 0 && this.#fault !== 'never answers') {
      put(SIE_STATUS, SETUP_REC);
      this.#setup(Uint8Array.from({ length: 8 }, (_, i) => this.#machine.chip.usbDPRAM[i] ?? 0));
    }
    this.run();
  }

  /** Gives a buffer to the controller as the data sheet asks for it: AVAILABLE last. */
  #give(index: number, half: number, bits: number): void {
    const at = DPRAM + 0x80 + 4 * index;
    const rest = this.#machine.get(at) & ~(0xffff << (16 * half));
    const together = this.#fault === 'AVAILABLE with the rest' && index > 1;
    if (!together) this.#machine.put(at, rest | (bits << (16 * half)));
    if (!together) this.#machine.pass(0.1);
    this.#machine.put(at, rest | ((bits | AVAILABLE) << (16 * half)));
  }

  #setup(setup: Uint8Array): void {
    const { put } = this.#bound;
    const [type = 0, request = 0, low = 0, high = 0] = setup;
    const length = (setup[6] ?? 0) | ((setup[7] ?? 0) << 8);
    this.requests.push(`${type.toString(16)}.${request.toString(16)} ${((high << 8) | low).toString(16)} ${length}`);
    put(DPRAM + 0x80, 0);
    put(DPRAM + 0x84, 0);
    this.#pid = this.#fault === 'data stage begins with DATA0' ? 0 : DATA1;
    this.#onStatus = () => {};
    this.#isOut = false;
    const answer = this.#answerTo(type, request, low, high);
    if (answer === undefined) {
      put(STALL_ARM, 3);
      put(DPRAM + 0x80, STALL);
      put(DPRAM + 0x84, STALL);
    } else if (type >= 0x80) {
      this.#answer = this.#fault === 'answers more than asked' ? answer : answer.subarray(0, length);
      this.#answered = 0;
      this.#sendAnswer();
    } else if (length > 0) {
      this.#isOut = true;
      this.#give(1, 0, DATA1 | LAST | 64);
    } else this.#sendStatus();
  }

  #answerTo(type: number, request: number, low: number, high: number): Uint8Array | undefined {
    const fault = this.#fault;
    switch ((type << 8) | request) {
      case 0x0005:
        if (fault === 'takes its address at once') this.#machine.put(ADDR_ENDP, low);
        else this.#onStatus = () => this.#machine.put(ADDR_ENDP, low);
        return DEVICE;
      case 0x8006: {
        if (high === 1) return DEVICE;
        if (high === 6) return fault === 'answers the device qualifier' ? DEVICE.subarray(0, 10) : undefined;
        if (high === 3 && fault === 'odd string' && low > 0) return bytes('0503 6100 00');
        if (high === 3) return STRINGS[low];
        if (high !== 2) return undefined;
        const configuration = CONFIGURATION.slice();
        if (fault === 'wrong wTotalLength') put16le(configuration, 2, 80);
        return configuration;
      }
      case 0x0009:
        this.#configure();
        return DEVICE;
      case 0x2120:
        return DEVICE;
      case 0x2122:
        this.lineState = low;
        return DEVICE;
      case 0xa121:
        return fault === 'forgets the line coding' ? bytes('00000000 000008') : this.lineCoding;
      default:
        return undefined;
    }
  }

  #configure(): void {
    const { put } = this.#bound;
    this.#configured = true;
    this.#given = [0, 0];
    this.#back = [0, 0];
    for (const [index, at] of [
      [2 * OUT + 1, 0x200],
      [2 * IN, 0x280],
    ] as const) {
      put(DPRAM + 0x80 + 4 * index, SELECT_0 | (this.#fault === 'stalls bulk IN' && index === 2 * IN ? STALL : 0));
      put(DPRAM + 4 * index, (1 << 31) | DOUBLE | INT_1BUF | BULK | at);
    }
  }

  #put(at: number, data: Uint8Array): void {
    this.#machine.chip.usbDPRAM.set(data, at);
  }

  #sendAnswer(): void {
    const answer = this.#answer ?? DEVICE;
    const part = answer.subarray(this.#answered, this.#answered + 64);
    this.#put(0x100, part);
    this.#answered += part.length;
    this.#give(0, 0, FULL | LAST | this.#pid | part.length);
    this.#pid ^= DATA1;
    if (part.length < 64 || this.#answered === answer.length) this.#answer = undefined;
  }
  #sendStatus(): void {
    this.#give(0, 0, FULL | LAST | DATA1 | (this.#fault === 'status with data' ? 1 : 0));
  }

  #done(index: number, half: number): void {
    const bits = this.#machine.get(DPRAM + 0x80 + 4 * index) >>> (16 * half);
    const data = (at: number): Uint8Array => this.#machine.chip.usbDPRAM.slice(at, at + (bits & 0x3ff));
    if (index === 0 && this.#answer !== undefined) this.#sendAnswer();
    else if (index === 0) {
      this.#onStatus();
      // After the data to the host, its status stage.
      if ((this.requests.at(-1)?.charCodeAt(0) ?? 0) >= 0x38) this.#give(1, 0, DATA1 | LAST | 64);
    } else if (index === 1 && this.#isOut) {
      this.lineCoding = data(0x100);
      this.#isOut = false;
      this.#sendStatus();
    } else if (index === 2 * IN) this.#back[1] = (this.#back[1] ?? 0) + 1;
    else if (index === 2 * OUT + 1) {
      this.#back[0] = (this.#back[0] ?? 0) + 1;
      const came = data(0x200 + 64 * half);
      this.received.push(...came);
      if (this.echoes) this.toSend.push(came);
    }
  }

  /** Gives what there is to give: two buffers in each direction. */
  run(): void {
    if (!this.#configured) return;
    const fault = this.#fault;
    for (;;) {
      const [out = 0, into = 0] = this.#given;
      const mayTake = this.takes && this.toSend.length < 8;
      if (mayTake && out - (this.#back[0] ?? 0) < 2) {
        const pid = (out & 1) === 1 && fault !== 'toggle of OUT stands still' ? DATA1 : 0;
        this.#give(2 * OUT + 1, out & 1, pid | 64);
        this.#given[0] = out + 1;
      } else if (this.toSend.length > 0 && into - (this.#back[1] ?? 0) < 2) {
        const packet = this.toSend.shift() ?? DEVICE;
        this.#put(0x280 + 64 * (into & 1), packet);
        const pid = (into & 1) === 1 && fault !== 'toggle of IN stands still' ? DATA1 : 0;
        this.#give(2 * IN, into & 1, (fault === 'no FULL' ? 0 : FULL) | pid | packet.length);
        this.#given[1] = into + 1;
      } else return;
    }
  }
}
