/** The bus of one full-speed device, token by token: each handshake is seen, and each takes its time. What the device does wrong is in `faults`. */

import type { Nanoseconds } from '../../src/emulator/pins.ts';
import type { Machine } from '../../src/emulator/rp2040/machine.ts';
import { type Answer, UsbController } from '../../src/emulator/usb/usb-controller.ts';

const ADDR_ENDP = 0x00;
const SOF_RD = 0x48;
const AVAILABLE = 1 << 10;
const MICROSECOND = 1_000; // ns
/** Token, handshake and turnarounds, and a byte at 12 Mb/s; µs. */
const OVERHEAD = 9;
const BYTE = 2 / 3;

export class TokenBus {
  readonly #machine: Machine;
  readonly #device: UsbController;
  readonly #late: string[] = [];
  /** µs: the last frame that the device has taken notice of. */
  #frameAt = Number.NEGATIVE_INFINITY;
  #given = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#device = new UsbController(machine);
    const read = this.#device.readUint32.bind(this.#device);
    this.#device.readUint32 = (offset) => {
      if (offset === SOF_RD) this.#frameAt = this.now;
      return read(offset);
    };
    const { usbCtrl } = machine.chip;
    const written = usbCtrl.DPRAMUpdated.bind(usbCtrl);
    usbCtrl.DPRAMUpdated = (offset, value) => {
      this.#watch(offset, value);
      written(offset, value);
    };
  }

  get faults(): readonly string[] {
    return [...this.#device.complaints, ...this.#late];
  }
  /** µs. */
  get now(): number {
    return this.#machine.now / MICROSECOND;
  }
  /** That the device answers to. */
  get address(): number {
    return this.#device.readUint32(ADDR_ENDP) & 0x7f;
  }

  /** µs. */
  pass(time: number): void {
    this.#machine.run((this.#machine.now + time * MICROSECOND) as Nanoseconds);
  }

  /** And frames begin. */
  reset(): void {
    this.#device.stopFrames();
    this.#device.busReset();
    this.pass(10_000);
    this.resume();
  }
  /** No frames: the device finds out after 3 ms. */
  suspend(): void {
    this.#device.stopFrames();
    this.pass(4_000);
  }
  resume(): void {
    this.#device.startFrames();
    this.pass(10);
  }

  setup(address: number, bytes: Uint8Array): Answer {
    return this.#after(this.#device.setup(address, bytes), 3);
  }
  in(address: number, endpoint: number): Answer {
    const answer = this.#device.in(address, endpoint);
    return this.#after(answer, OVERHEAD + (typeof answer === 'string' ? 0 : answer.bytes.length * BYTE));
  }
  /** A packet that is refused has been sent all the same. */
  out(address: number, endpoint: number, pid: 0 | 1, bytes: Uint8Array): Answer {
    return this.#after(this.#device.out(address, endpoint, { pid, bytes }), OVERHEAD + bytes.length * BYTE);
  }

  #after(answer: Answer, time: number): Answer {
    this.pass(time);
    return answer;
  }

  /** Erratum RP2040-E15: no bulk IN is given in the last 200 µs of a frame, as far as the device knows when that is. */
  #watch(offset: number, value: number): void {
    const isBulkIn = offset >= 0x90 && offset < 0x100 && (offset & 4) === 0;
    if (!isBulkIn || (value & (AVAILABLE | (AVAILABLE << 16))) === 0 || value === this.#given) return;
    this.#given = value;
    const since = this.now - this.#frameAt;
    if (since > 800 && since < 990) this.#late.push(`bulk IN ${since} µs after a frame's start`);
  }
}
