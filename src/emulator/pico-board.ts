/** A Raspberry Pi Pico with its LAN8720 module, on a cable and a serial line: the image that is flashed, executed. */
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { after, type Duration, type Instant, microseconds, START } from '../base/time.ts';
import type { Plug } from '../cable/plug.ts';
import type { FlashImage } from '../firmware/uf2.ts';
import type { Tracer } from '../trace/event.ts';
import { Lan8720, type Lan8720Options } from './lan8720/lan8720.ts';
import { LineGate } from './line-gate.ts';
import type { Nanoseconds } from './pins.ts';
import { PlugGate } from './plug-gate.ts';
import { BOOT_LOADER_BREAKPOINT, bootFromFlash } from './rp2040/boot-rom.ts';
import { Machine } from './rp2040/machine.ts';
import { Pl011 } from './rp2040/pl011.ts';
import type { SerialEnd } from './serial-end.ts';
import { UsbHost } from './usb/usb-host.ts';

export type PicoLine = 'usb' | 'uart';

export interface PicoBoardOptions {
  readonly image: FlashImage;
  /** What the module's socket is plugged into. */
  readonly plug: Plug;
  /** Where the computer is: at the Pico's USB socket, or at UART0. Default `usb`. */
  readonly line?: PicoLine;
  /**
   * Instructions that one poll may execute. In real time: a bound, so that the program has its turn, and a board that cannot keep up has slower clocks.
   * Default, for virtual time: none, and the board is exactly where the time is.
   */
  readonly budget?: number;
  readonly phy?: Partial<Omit<Lan8720Options, 'pins' | 'plug'>>;
  readonly trace?: Tracer | undefined;
}

/** While the processor runs, a poll is wanted so often: bytes and frames enter the board at polls. */
const STEP = microseconds(20);
/** With a budget: how far the board may lag behind. What is more is time that its clock never sees. */
const LAG_MAX = 1e6; // ns
const NS = 1_000;

export class PicoBoard implements Engine {
  readonly machine: Machine;
  readonly phy: Lan8720;
  readonly usb: UsbHost;
  readonly uart: Pl011;
  readonly #gate: PlugGate;
  readonly #line: LineGate;
  readonly #budget: number;
  #now: Instant = START;
  /** What the board's clock has lost against its owner's, in ns. */
  #slip = 0;
  /** Instructions that are left of this poll's; −1: the board stands where they ended, before the present. */
  #left = 0;
  #isInBootLoader = false;

  /** Throws IMAGE_WRONG where the ROM would not start the image. */
  constructor(options: PicoBoardOptions) {
    const { image, plug, line = 'usb', trace } = options;
    // What is traced is at its owner's time.
    const traceAtOwners: Tracer | undefined =
      trace && ((event) => trace({ ...event, at: (event.at + this.#slip / NS) as Instant }));
    this.#budget = options.budget ?? Number.POSITIVE_INFINITY;
    this.#gate = new PlugGate(plug, trace);
    this.machine = new Machine({ referenceHz: () => this.phy?.referenceHz ?? 0 });
    this.phy = new Lan8720({ ...options.phy, pins: this.machine.pins, plug: this.#gate, trace: traceAtOwners });
    this.phy.onReferenceChange = () => this.machine.referenceChanged();
    this.machine.add(this.phy);
    this.usb = new UsbHost(this.machine);
    this.uart = new Pl011(this.machine);
    if (line === 'usb') this.usb.plug();
    this.#line = new LineGate(line === 'usb' ? this.usb : this.uart);
    this.machine.onBreakpoint = (code) => {
      if (code === BOOT_LOADER_BREAKPOINT) this.#enterBootLoader();
    };
    const refused = bootFromFlash(this.machine, image);
    if (refused !== undefined) throw new LanError('IMAGE_WRONG', `the Pico does not start this image: ${refused}`);
  }

  /** The computer's end of the serial line. */
  get serial(): SerialEnd {
    return this.#line;
  }
  /** The firmware has gone into the ROM's boot loader, where a new one is waited for. */
  get isInBootLoader(): boolean {
    return this.#isInBootLoader;
  }
  /** Frames from the cable that nobody took: the board was not polled. */
  get lostFrames(): number {
    return this.#gate.lost;
  }

  poll(now: Instant): void {
    this.#now = now;
    this.#left = this.#budget;
    this.#gate.deliver(now, (at) => this.#reach(at));
    const isThere = this.#reach(now);
    this.#line.deliver();
    if (!isThere) this.#slip += Math.max(0, this.#ownTime(now) - this.machine.now - LAG_MAX);
  }

  nextDeadline(): Instant | undefined {
    if (this.#gate.isWaiting || this.#line.isWaiting || this.#left < 0) return START;
    const next = this.machine.nextEvent();
    if (next === Number.POSITIVE_INFINITY) return;
    // Never sooner than a step from now: an event that is a rounding error away from the present must not hold the time.
    return Math.max((next + this.#slip) / NS, after(this.#now, STEP as Duration)) as Instant;
  }

  /** The board's time at its owner's. */
  #ownTime(at: Instant): number {
    return at * NS - this.#slip;
  }

  /** False: the instructions of this poll have ended before. */
  #reach(at: Instant): boolean {
    if (this.#left >= 0) this.#left = this.machine.run(this.#ownTime(at) as Nanoseconds, this.#left);
    return this.#left >= 0;
  }

  /** Both cables are pulled, and with them the supply. */
  unplug(): void {
    this.usb.unplug();
    this.phy.setPower(false);
  }

  #enterBootLoader(): void {
    this.#isInBootLoader = true;
    this.usb.unplug();
  }
}
