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
/** ns that an instruction takes at most, with the entry of an exception: the board stops between two of them. */
const INSTRUCTION = 2_000;

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
  #isInBootLoader = false;

  /** Throws IMAGE_WRONG where the ROM would not start the image. */
  constructor(options: PicoBoardOptions) {
    const { image, plug, line = 'usb', trace } = options;
    this.#budget = options.budget ?? Number.POSITIVE_INFINITY;
    this.#gate = new PlugGate(plug);
    this.machine = new Machine({ referenceHz: () => this.phy?.referenceHz ?? 0 });
    this.phy = new Lan8720({ ...options.phy, pins: this.machine.pins, plug: this.#gate, trace });
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
    this.#gate.deliver(now, (at) => this.#reach(at));
    this.#reach(now);
    this.#line.deliver();
    const lag = now * NS - this.#slip - this.machine.now - LAG_MAX;
    if (lag > 0) this.#slip += lag;
  }

  nextDeadline(): Instant | undefined {
    if (this.#gate.isWaiting || this.#line.isWaiting) return START;
    const next = this.machine.nextEvent();
    if (next === Number.POSITIVE_INFINITY) return;
    return Math.max(
      (next + this.#slip) / NS,
      this.#isBehind ? this.#now : after(this.#now, STEP as Duration),
    ) as Instant;
  }

  get #isBehind(): boolean {
    return this.#now * NS - this.#slip > this.machine.now + INSTRUCTION;
  }

  #reach(at: Instant): void {
    this.machine.run((at * NS - this.#slip) as Nanoseconds, this.#budget);
  }

  #enterBootLoader(): void {
    this.#isInBootLoader = true;
    this.usb.unplug();
  }
}
