/** Endpoint 0 as a host uses it: SETUP, data, status (USB 2.0, 8.5.3 and 5.5). */
import { u16le } from '../../base/bytes.ts';
import type { Transaction, UsbPipe } from './usb-bus.ts';
import type { Answer, UsbController } from './usb-controller.ts';

/** `timeout` is said by who waits for it. */
export type ControlResult = Uint8Array | 'stall' | 'broken' | 'timeout';

const SILENCE_MOST = 3; // 8.4.5: three errors, and the transfer has failed
const NOTHING = new Uint8Array(0);

type Stage =
  | { readonly kind: 'idle' }
  | { readonly kind: 'setup' }
  | { readonly kind: 'data'; readonly isIn: boolean; readonly pid: 0 | 1 }
  | { readonly kind: 'status'; readonly isIn: boolean };

export class UsbControlPipe implements UsbPipe {
  readonly endpoint = 0;
  address = 0;
  /** bMaxPacketSize0; before it is known, what full speed allows at most. */
  packetSize = 64;
  readonly #device: UsbController;
  #stage: Stage = { kind: 'idle' };
  #setup: Uint8Array = NOTHING;
  #data: Uint8Array = NOTHING;
  #moved = 0;
  #silence = 0;
  #done: (result: ControlResult) => void = () => {};

  constructor(device: UsbController) {
    this.#device = device;
  }

  /** One at a time. `data` is what is sent; where the request reads, `done` is given what came. */
  request(setup: Uint8Array, data: Uint8Array, done: (result: ControlResult) => void): void {
    this.#setup = setup;
    this.#data = this.#isRead ? new Uint8Array(this.#length) : data;
    this.#moved = this.#silence = 0;
    this.#done = done;
    this.#stage = { kind: 'setup' };
  }

  /** The transfer is given up; `done` is not called. */
  cancel(): void {
    this.#stage = { kind: 'idle' };
  }

  get wants(): Transaction | undefined {
    const stage = this.#stage;
    switch (stage.kind) {
      case 'setup':
        return { kind: 'setup', bytes: this.#setup };
      case 'data': {
        if (stage.isIn) return { kind: 'in' };
        const bytes = this.#data.subarray(this.#moved, this.#moved + this.packetSize);
        return { kind: 'out', packet: { pid: stage.pid, bytes } };
      }
      case 'status':
        return stage.isIn ? { kind: 'in' } : { kind: 'out', packet: { pid: 1, bytes: NOTHING } };
      default:
        return undefined;
    }
  }

  answered(answer: Answer): void {
    const stage = this.#stage;
    if (stage.kind === 'idle' || answer === 'nak') return;
    if (answer === 'silent') {
      if (++this.#silence < SILENCE_MOST) return;
      this.#fail(`no answer to ${stage.kind} at address ${this.address}`);
    } else if (answer === 'stall') {
      this.#end('stall');
    } else if (stage.kind === 'setup') {
      this.#stage = this.#length === 0 ? { kind: 'status', isIn: true } : { kind: 'data', isIn: this.#isRead, pid: 1 };
    } else if (stage.kind === 'data') {
      this.#dataAnswered(stage, answer);
    } else if (answer !== 'ack' && (answer.bytes.length > 0 || answer.pid !== 1)) {
      this.#fail(`a status stage of ${answer.bytes.length} bytes, DATA${answer.pid}, not of none, DATA1`);
    } else {
      this.#end(this.#isRead ? this.#data.slice(0, this.#moved) : NOTHING);
    }
  }

  #dataAnswered(stage: Stage & { readonly kind: 'data' }, answer: Exclude<Answer, string> | 'ack'): void {
    const pid = stage.pid === 1 ? 0 : 1;
    if (answer === 'ack') {
      this.#moved += Math.min(this.packetSize, this.#data.length - this.#moved);
      this.#stage = this.#moved < this.#data.length ? { ...stage, pid } : { kind: 'status', isIn: true };
      return;
    }
    const { bytes } = answer;
    if (answer.pid !== stage.pid) {
      // 8.6.4: taken for a repetition, and thrown away.
      this.#device.complain(`endpoint 0 IN: DATA${answer.pid} came where DATA${stage.pid} was expected`);
    } else if (bytes.length > this.packetSize || bytes.length > this.#data.length - this.#moved) {
      this.#fail(
        `${bytes.length} bytes in a packet of ${this.packetSize}, after ${this.#moved} of ${this.#data.length}`,
      );
    } else {
      this.#data.set(bytes, this.#moved);
      this.#moved += bytes.length;
      const isLast = bytes.length < this.packetSize || this.#moved === this.#data.length;
      this.#stage = isLast ? { kind: 'status', isIn: false } : { ...stage, pid };
    }
  }

  get #isRead(): boolean {
    return ((this.#setup[0] ?? 0) & 0x80) !== 0;
  }
  get #length(): number {
    return u16le(this.#setup, 6);
  }

  #fail(why: string): void {
    this.#device.complain(`endpoint 0: ${why}`);
    this.#end('broken');
  }

  #end(result: ControlResult): void {
    this.#stage = { kind: 'idle' };
    this.#done(result);
  }
}
