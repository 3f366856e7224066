/** A bulk IN pipe as Linux's drivers read it: a read ends when it is full, or with a short packet (USB 2.0, 5.8.3). */
import type { Transaction, UsbPipe } from './usb-bus.ts';
import type { Answer, UsbController } from './usb-controller.ts';

export class UsbBulkIn implements UsbPipe {
  readonly address: number;
  readonly endpoint: number;
  readonly #device: UsbController;
  readonly #packetSize: number;
  readonly #read: Uint8Array;
  readonly #onRead: (bytes: Uint8Array) => void;
  #length = 0;
  #pid: 0 | 1 = 0;
  #isBroken = false;

  /** `readSize`: bytes of one read, packets of `packetSize`. */
  constructor(
    device: UsbController,
    { address, endpoint, packetSize }: { address: number; endpoint: number; packetSize: number },
    readSize: number,
    onRead: (bytes: Uint8Array) => void,
  ) {
    this.#device = device;
    this.address = address;
    this.endpoint = endpoint;
    this.#packetSize = packetSize;
    this.#read = new Uint8Array(Math.ceil(readSize / packetSize) * packetSize);
    this.#onRead = onRead;
  }

  /** Nobody reads any more: what came of a read that was not full is lost. */
  forget(): void {
    this.#length = 0;
  }
  /** Bytes that came, and wait for the end of their read. */
  get held(): number {
    return this.#length;
  }

  get wants(): Transaction | undefined {
    return this.#isBroken ? undefined : { kind: 'in' };
  }

  answered(answer: Answer): void {
    if (answer === 'nak' || answer === 'ack') return;
    if (answer === 'silent' || answer === 'stall') {
      this.#isBroken = true;
      this.#device.complain(`endpoint ${this.endpoint} IN: ${answer}`);
    } else if (answer.pid !== this.#pid) {
      this.#device.complain(`endpoint ${this.endpoint} IN: DATA${answer.pid} came where DATA${this.#pid} was expected`);
    } else if (answer.bytes.length > this.#packetSize) {
      this.#isBroken = true;
      this.#device.complain(`endpoint ${this.endpoint} IN: a packet of ${answer.bytes.length} bytes`);
    } else {
      this.#pid = this.#pid === 0 ? 1 : 0;
      this.#take(answer.bytes);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#read.set(bytes, this.#length);
    this.#length += bytes.length;
    if (bytes.length === this.#packetSize && this.#length < this.#read.length) return;
    const read = this.#read.slice(0, this.#length);
    this.#length = 0;
    if (read.length > 0) this.#onRead(read);
  }
}
