/**
 * A computer with Linux at the Pico's USB socket: it finds the device, gets to know it, and opens its serial port. A device that breaks a rule is put on
 * record in `complaints`, which is empty for one that is right.
 */
import { assert } from '../../base/errors.ts';
import type { Machine } from '../rp2040/machine.ts';
import type { SerialEnd } from '../serial-end.ts';
import { UsbBulkIn } from './usb-bulk-in.ts';
import { UsbBulkOut } from './usb-bulk-out.ts';
import { UsbBus } from './usb-bus.ts';
import { type ControlResult, UsbControlPipe } from './usb-control-pipe.ts';
import { UsbController } from './usb-controller.ts';
import type { AcmConfiguration } from './usb-descriptors.ts';
import { enumerate, type Script, type Step, setLineCoding, setLineState, type UsbIdentity } from './usb-enumeration.ts';

const MS = 1e6; // ns
const RESET = 50 * MS; // TDRSTR, 7.1.7.5
const RESET_RECOVERY = 10 * MS; // TRSTRCY
const RESUME = 30 * MS; // TDRSMDN and TRSMRCY, 7.1.7.7
const CONTROL_MOST = 5_000 * MS; // Linux: USB_CTRL_GET_TIMEOUT
/** What cdc_acm sets before anybody opens the port. */
const FIRST_BAUD = 9_600;
const DTR_RTS = 3;
const RTS = 2;
/** A device that fails is tried so often (hub.c). */
const TRIES = 4;
/** Requests that wait; what comes beyond is not asked, and is a complaint. */
const WAITING = 32;

export interface UsbHostOptions {
  /** Bytes of a read request; a multiple of the packets. Default 128: cdc_acm's, two packets. */
  readonly readSize?: number;
  /** Whether the port is opened as soon as it is there. Default true. */
  readonly opens?: boolean;
  /** Whether opening it sets DTR. Default true. */
  readonly dtr?: boolean;
}

type Phase = 'unplugged' | 'waiting' | 'enumerating' | 'configured' | 'failed';

export class UsbHost implements SerialEnd {
  readonly device: UsbController;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onConnected: (isConnected: boolean) => void = () => {};
  onRoom: () => void = () => {};
  /** Bits a second, which mean nothing to a device but for 1200. */
  baud = 115_200;
  /** Of the device that is there, or was last. */
  identity: UsbIdentity | undefined;

  readonly #options: Required<UsbHostOptions>;
  readonly #clock;
  readonly #bus: UsbBus;
  readonly #control: UsbControlPipe;
  readonly #alarm;
  readonly #resumeAlarm;
  #phase: Phase = 'unplugged';
  #tries = 0;
  #address = 0;
  #acm: AcmConfiguration | undefined;
  #in: UsbBulkIn | undefined;
  #out: UsbBulkOut | undefined;
  #wanted: boolean;
  #isConnected = false;
  #script: Script<void> | undefined;
  #waiting: Script<void>[] = [];
  /** What the alarm does: the end of a wait, or of the patience with a request. */
  #rung: () => void = () => {};

  constructor(machine: Pick<Machine, 'chip' | 'replace'>, options: UsbHostOptions = {}) {
    this.#options = { readSize: 128, opens: true, dtr: true, ...options };
    this.#wanted = this.#options.opens;
    this.#clock = machine.chip.clock;
    this.device = new UsbController(machine);
    this.#control = new UsbControlPipe(this.device);
    this.#bus = new UsbBus(this.device, this.#clock);
    this.#alarm = this.#clock.createAlarm(() => this.#rung());
    this.#resumeAlarm = this.#clock.createAlarm(() => this.#bus.start());
    this.device.onAttached = (isAttached) => this.#attached(isAttached);
  }

  /** Rules that the device has broken, the first hundred. */
  get complaints(): readonly string[] {
    return this.device.complaints;
  }
  get phase(): Phase {
    return this.#phase;
  }
  /** The port is open; without DTR, too, where that is asked for. */
  get isConnected(): boolean {
    return this.#isConnected;
  }
  /** Bytes that came, and that no short packet has released to the reader. */
  get heldBytes(): number {
    return this.#in?.held ?? 0;
  }

  get room(): number {
    return this.#isConnected ? (this.#out?.room ?? 0) : 0;
  }
  write(bytes: Uint8Array): void {
    assert(this.#isConnected && this.#out !== undefined, 'bytes are written to a USB port that is not open');
    this.#out.write(bytes);
    this.#bus.wake();
  }

  // ---- what a user does ----

  plug(): void {
    if (this.#phase !== 'unplugged') return;
    this.#phase = 'waiting';
    if (this.device.isAttached) this.#attached(true);
  }

  unplug(): void {
    this.#leave('unplugged');
  }

  open(): void {
    this.#wanted = true;
    if (this.#phase === 'configured' && !this.#isConnected) this.#queue(this.#opening());
  }

  /** What was written and has not gone is lost. */
  close(): void {
    this.#wanted = false;
    if (this.#phase === 'configured') this.#queue(this.#closing());
  }

  setLineCoding(baud: number): void {
    this.baud = baud;
    if (this.#phase === 'configured') this.#queue(this.#coding(baud));
  }

  /** One request of the caller's own, when those before it are done. */
  request(setup: Uint8Array, data: Uint8Array, done: (result: ControlResult) => void): void {
    this.#queue(
      (function* (): Script<void> {
        done((yield { kind: 'request', setup, data }) ?? 'broken');
      })(),
    );
  }

  /** As Linux's usb_reset_device: the device is got to know again; the port is closed and opened. */
  busReset(): void {
    if (!this.device.isAttached || this.#phase === 'unplugged') return;
    this.#drop();
    this.#enumerate(true);
  }

  /** No frames any more; the device may draw no power. */
  suspend(): void {
    this.#bus.stop();
  }

  resume(): void {
    if (this.#phase !== 'unplugged' && this.#phase !== 'waiting') this.#resumeAlarm.schedule(RESUME);
  }

  // ---- the device comes and goes ----

  #attached(isAttached: boolean): void {
    if (this.#phase === 'unplugged') return;
    if (!isAttached) this.#leave('waiting');
    else {
      this.#tries = 0;
      this.#enumerate(false);
    }
  }

  #leave(phase: 'unplugged' | 'waiting'): void {
    this.#drop();
    this.#bus.stop();
    this.#phase = phase;
  }

  #drop(): void {
    this.#alarm.cancel();
    this.#resumeAlarm.cancel();
    this.#control.cancel();
    this.#script = undefined;
    this.#waiting = [];
    this.#acm = this.#in = this.#out = undefined;
    this.#bus.pipes = [this.#control];
    this.#connected(false);
  }

  #enumerate(afterReset: boolean): void {
    this.#phase = 'enumerating';
    this.#tries++;
    this.#address = (this.#address % 127) + 1;
    this.#bus.pipes = [this.#control];
    this.#queue(this.#discover(afterReset));
  }

  *#discover(afterReset: boolean): Script<void> {
    const complain = (what: string): undefined => this.device.complain(what);
    const found = yield* enumerate(this.#address, complain, afterReset);
    if (found === undefined) {
      this.#phase = 'failed';
      if (this.#tries < TRIES) this.#enumerate(false);
      return;
    }
    this.identity = found.identity;
    this.#acm = found.acm;
    const { in: input, out: output } = found.acm;
    const address = this.#address;
    this.#in = new UsbBulkIn(this.device, { ...input, address }, this.#options.readSize, (bytes) =>
      this.onBytes(bytes),
    );
    this.#out = new UsbBulkOut(this.device, { ...output, address }, () => this.onRoom());
    this.#phase = 'configured';
    this.#tries = 0;
    yield* setLineCoding(FIRST_BAUD, found.acm, complain);
    if (this.#wanted) yield* this.#opening();
  }

  // ---- the port ----

  *#opening(): Script<void> {
    if (this.#acm === undefined || this.#isConnected) return;
    const complain = (what: string): undefined => this.device.complain(what);
    yield* setLineState(this.#options.dtr ? DTR_RTS : RTS, this.#acm, complain);
    yield* setLineCoding(this.baud, this.#acm, complain);
    if (this.#in === undefined || this.#out === undefined) return;
    this.#bus.pipes = [this.#control, this.#in, this.#out];
    this.#connected(true);
  }

  *#closing(): Script<void> {
    if (this.#acm === undefined || !this.#isConnected) return;
    this.#bus.pipes = [this.#control];
    this.#in?.forget();
    this.#out?.forget();
    this.#connected(false);
    yield* setLineState(0, this.#acm, (what) => this.device.complain(what));
  }

  *#coding(baud: number): Script<void> {
    if (this.#acm !== undefined) yield* setLineCoding(baud, this.#acm, (what) => this.device.complain(what));
  }

  #connected(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.onConnected(isConnected);
  }

  // ---- scripts, one after the other ----

  #queue(script: Script<void>): void {
    if (this.#waiting.length >= WAITING) this.device.complain('the host has too many requests waiting');
    else this.#waiting.push(script);
    if (this.#script === undefined) this.#advance(undefined);
  }

  #advance(result: ControlResult | undefined): void {
    this.#script ??= this.#waiting.shift();
    const script = this.#script;
    if (script === undefined) return;
    const next = script.next(result);
    if (this.#script !== script) return; // it was dropped from within
    if (!next.done) this.#do(next.value);
    else {
      this.#script = undefined;
      this.#advance(undefined);
    }
  }

  #do(step: Step): void {
    switch (step.kind) {
      case 'wait':
        this.#after(step.for, () => this.#advance(undefined));
        break;
      case 'reset':
        this.#bus.stop();
        this.device.busReset();
        this.#after(RESET, () => {
          this.#bus.start();
          this.#after(RESET_RECOVERY, () => this.#advance(undefined));
        });
        break;
      case 'address':
        this.#control.address = step.address;
        this.#advance(undefined);
        break;
      case 'packet-size':
        this.#control.packetSize = step.size;
        this.#advance(undefined);
        break;
      case 'request':
        this.#ask(step.setup, step.data);
    }
  }

  #ask(setup: Uint8Array, data: Uint8Array): void {
    this.#after(CONTROL_MOST, () => {
      this.#control.cancel();
      this.#advance('timeout');
    });
    this.#control.request(setup, data, (result) => {
      this.#alarm.cancel();
      this.#advance(result);
    });
    this.#bus.wake();
  }

  #after(delay: number, then: () => void): void {
    this.#rung = then;
    this.#alarm.schedule(delay);
  }
}
