/**
 * The wire between a computer and one full speed device: time (USB 2.0, 5.11.3), frames, and who may send next. Each of the pipes that want something has its
 * turn, and a NAK costs time as it does on a wire; while all would only hear NAK, nothing is computed until the device has something to give or to take.
 */
import type { RP2040 } from 'rp2040js';
import type { Answer, Packet, UsbController } from './usb-controller.ts';

export type Transaction =
  | { readonly kind: 'setup'; readonly bytes: Uint8Array }
  | { readonly kind: 'in' }
  | { readonly kind: 'out'; readonly packet: Packet };

/** One endpoint as the host uses it. */
export interface UsbPipe {
  readonly address: number;
  readonly endpoint: number;
  /** What it would do next; undefined: nothing. Stays what it is until `answered`. */
  readonly wants: Transaction | undefined;
  answered(answer: Answer): void;
}

const FRAME = 1e6; // ns
const BYTE = 8e9 / 12e6; // ns, at 12 Mb/s; stuffed bits are not counted
/** Tokens, synchronisation, CRC, handshake and turnarounds of a bulk transaction (table 5-9): 19 of 64 bytes are a frame. */
const OVERHEAD = 13;
/** An IN and its NAK; an OUT is sent whole before it is refused. */
const REFUSED_IN = 8;
const START_OF_FRAME = 4 * BYTE;

const timeOf = (wants: Transaction, readiness: string, length: number): number => {
  if (wants.kind === 'in') return BYTE * (readiness === 'ready' ? OVERHEAD + length : REFUSED_IN);
  return BYTE * (OVERHEAD + (wants.kind === 'setup' ? wants.bytes.length : wants.packet.bytes.length));
};

export class UsbBus {
  readonly #device: UsbController;
  readonly #clock: RP2040['clock'];
  readonly #alarm;
  readonly #pipes: UsbPipe[] = [];
  #turn = 0;
  #framesFrom = 0;
  #isRunning = false;
  /** What is on the wire; it ends at the alarm. */
  #current: { readonly pipe: UsbPipe; readonly wants: Transaction; readonly isRefused: boolean } | undefined;
  /** All hear NAK since then, each once in `round` ns. */
  #idle: { readonly since: number; readonly round: number } | undefined;

  constructor(device: UsbController, clock: RP2040['clock']) {
    this.#device = device;
    this.#clock = clock;
    this.#alarm = clock.createAlarm(() => this.#step());
    device.onArmed = () => this.wake();
  }

  /** Frames begin. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#framesFrom = this.#clock.nanos;
    this.#device.startFrames();
    this.wake();
  }

  /** The bus stands still: the device will fall asleep. */
  stop(): void {
    this.#isRunning = false;
    this.#current = this.#idle = undefined;
    this.#alarm.cancel();
    this.#device.stopFrames();
  }

  set pipes(pipes: readonly UsbPipe[]) {
    this.#pipes.splice(0, this.#pipes.length, ...pipes);
    if (this.#current !== undefined && !pipes.includes(this.#current.pipe)) this.#current = undefined;
    this.#idle = undefined;
    this.wake();
  }

  /** A pipe wants something, or the device can do something, that was not so before. */
  wake(): void {
    if (!this.#isRunning || this.#current !== undefined) return;
    const { nanos } = this.#clock;
    const passed = this.#idle === undefined ? 0 : nanos - this.#idle.since;
    const round = this.#idle?.round ?? 0;
    // The round of NAKs that is under way ends first.
    this.#alarm.schedule(Math.max(1, round === 0 ? 0 : Math.ceil(passed / round) * round - passed));
  }

  #step(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) {
      const { pipe, wants, isRefused } = current;
      pipe.answered(isRefused ? 'nak' : this.#transact(pipe, wants));
    }
    if (this.#isRunning && this.#current === undefined) this.#next();
  }

  #transact({ address, endpoint }: UsbPipe, wants: Transaction): Answer {
    if (wants.kind === 'setup') return this.#device.setup(address, wants.bytes);
    if (wants.kind === 'in') return this.#device.in(address, endpoint);
    return this.#device.out(address, endpoint, wants.packet);
  }

  #next(): void {
    let round = 0;
    let first:
      | { readonly at: number; readonly wants: Transaction; readonly time: number; readonly isRefused: boolean }
      | undefined;
    let isReady = false;
    for (let i = 0; i < this.#pipes.length; i++) {
      const at = (this.#turn + i) % this.#pipes.length;
      const pipe = this.#pipes[at] as UsbPipe;
      const { wants } = pipe;
      if (wants === undefined) continue;
      const readiness =
        wants.kind === 'setup' ? 'ready' : this.#device.look(pipe.address, pipe.endpoint, wants.kind === 'out');
      const isRefused = readiness === 'nak';
      const length = wants.kind === 'in' ? this.#device.lengthOf(pipe.endpoint) : 0;
      const time = timeOf(wants, readiness, length);
      round += time;
      isReady ||= !isRefused;
      first ??= { at, wants, time, isRefused };
    }
    if (first === undefined || !isReady) {
      this.#idle = first === undefined ? undefined : { since: this.#clock.nanos, round };
      return;
    }
    this.#idle = undefined;
    this.#turn = (first.at + 1) % this.#pipes.length;
    this.#current = { pipe: this.#pipes[first.at] as UsbPipe, wants: first.wants, isRefused: first.isRefused };
    this.#alarm.schedule(this.#waitForFrame(first.time) + first.time);
  }

  /** What does not fit into this frame waits for the next one (5.11.3). */
  #waitForFrame(time: number): number {
    const passed = (this.#clock.nanos - this.#framesFrom) % FRAME;
    if (passed < START_OF_FRAME) return START_OF_FRAME - passed;
    return passed + time <= FRAME ? 0 : FRAME - passed + START_OF_FRAME;
  }
}
