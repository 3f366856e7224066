/** A bulk OUT pipe: packets of what waits, at most full ones, the same again after each NAK (USB 2.0, 5.8.4). */
import { ByteFifo } from '../byte-fifo.ts';
import type { Transaction, UsbPipe } from './usb-bus.ts';
import type { Answer, Packet, UsbController } from './usb-controller.ts';

/** Bytes that wait; `write` beyond it is an assertion. */
const QUEUE = 65_536;

export class UsbBulkOut implements UsbPipe {
  readonly address: number;
  readonly endpoint: number;
  readonly #device: UsbController;
  readonly #packetSize: number;
  readonly #onRoom: () => void;
  readonly #queue = new ByteFifo(QUEUE);
  #packet: Packet | undefined;
  #pid: 0 | 1 = 0;
  #isBroken = false;

  constructor(
    device: UsbController,
    { address, endpoint, packetSize }: { address: number; endpoint: number; packetSize: number },
    onRoom: () => void,
  ) {
    this.#device = device;
    this.address = address;
    this.endpoint = endpoint;
    this.#packetSize = packetSize;
    this.#onRoom = onRoom;
  }

  get room(): number {
    return this.#queue.room;
  }
  write(bytes: Uint8Array): void {
    this.#queue.write(bytes);
  }
  /** What has not gone is lost. Not while a packet is on the wire. */
  forget(): void {
    this.#queue.clear();
    this.#packet = undefined;
  }

  get wants(): Transaction | undefined {
    if (this.#isBroken || this.#queue.length === 0) return undefined;
    this.#packet ??= { pid: this.#pid, bytes: this.#queue.peek(this.#packetSize) };
    return { kind: 'out', packet: this.#packet };
  }

  answered(answer: Answer): void {
    if (answer === 'nak' || this.#packet === undefined) return;
    if (answer !== 'ack') {
      this.#isBroken = true;
      this.#device.complain(`endpoint ${this.endpoint} OUT: ${typeof answer === 'string' ? answer : 'data'}`);
      return;
    }
    this.#queue.drop(this.#packet.bytes.length);
    this.#packet = undefined;
    this.#pid = this.#pid === 0 ? 1 : 0;
    this.#onRoom();
  }
}
