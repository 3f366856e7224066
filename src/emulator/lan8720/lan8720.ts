/**
 * A module with a LAN8720A PHY and its 50 MHz oscillator, at the pins of the chip and at a cable's plug. 10 Mb/s only: at 100 nothing passes.
 * Times are ns of the board. A frame that is driven or sampled takes its time on the pins, and its time on the cable besides: stored, then forwarded.
 */
import type { Instant } from '../../base/time.ts';
import { FrameQueue } from '../../cable/frame-queue.ts';
import type { LineState, Plug, Station, Transmission } from '../../cable/plug.ts';
import type { Tracer } from '../../trace/event.ts';
import { PIN, type PinDevice, type Pins } from '../pins.ts';
import { type Lan8720Counters, type Lan8720Options, NO_DROPS, type PhyDrop } from './lan8720-options.ts';
import { MdioSlave } from './mdio-slave.ts';
import { type LineMode, PhyRegisters } from './phy-registers.ts';
import { DIBIT, RmiiClock, SLACK } from './rmii-clock.ts';
import { RmiiReceive } from './rmii-receive.ts';
import { RmiiTransmit } from './rmii-transmit.ts';

export type { Lan8720Options };

const REFERENCE_HZ = 50e6;
/** interPacketGap, 96 bit times. */
const GAP = 48;
/** Frames that wait for the cable. One more is dropped: `phy:transmit-queue-full`. */
const TRANSMIT_FRAMES = 32;
const TRANSMIT_OCTETS = 64 * 1024;
/** Di-bits of another station's fragment: preamble, SFD and jam (clause 4.2.3.2.4). */
const FRAGMENT = 48;
const NOTHING = new Uint8Array(0);
const NEVER = Number.POSITIVE_INFINITY;
const UNPLUGGED: LineState = { up: false, speed: 10, duplex: 'full' };

export class Lan8720 implements PinDevice, Station {
  readonly counters: Lan8720Counters = {
    transmitted: 0,
    transmitDropped: 0,
    received: 0,
    receiveDropped: 0,
    oddDibits: 0,
    jabbers: 0,
    mdioContentions: 0,
  };
  /** Of transmissions and receptions, by reason. */
  readonly drops: Record<PhyDrop, number> = { ...NO_DROPS };
  readonly registers: PhyRegisters;
  /** REF_CLK at the chip has started or stopped: look at `referenceHz`. */
  onReferenceChange: () => void = () => {};
  readonly #pins: Pins;
  readonly #plug: Plug;
  readonly #trace: Tracer | undefined;
  readonly #extra: number;
  readonly #hasOwnCarrier: boolean;
  readonly #mdioDelay: number;
  readonly #clock: RmiiClock;
  readonly #transmit: RmiiTransmit;
  readonly #receive: RmiiReceive;
  readonly #mdio: MdioSlave;
  readonly #waiting = new FrameQueue(TRANSMIT_OCTETS);
  #isOnPlug = false;
  #isPowered = false;
  #isOscillating = true;
  #isWired = true;
  #txEnable = false;
  #txd = 0;
  #mdc = false;
  /** When MDIO changes next. */
  #mdioAt = NEVER;
  #isMdioDriven = false;
  /** The frame being sampled: it comes back; another carrier was there. */
  #isLoopback = false;
  #isCollided = false;
  /** Where in a transmission another station is to be heard, and for how many di-bits. */
  #collision: { readonly at: number; readonly dibits: number } | undefined;
  #collisionAt = NEVER;

  /** Puts itself into `plug`, with power. */
  constructor(options: Lan8720Options) {
    const { pins, plug, address = 1, mode = 7, phase = 0, negotiation = 50e6 } = options;
    const { lead = 4, lostPreamble = 0, toggles = 2, extra = 2, ownCarrier = false, mdioDelay = 300 } = options;
    const gap = options.gap ?? Math.max(1, GAP - Math.max(0, lead - lostPreamble));
    this.#pins = pins;
    this.#plug = plug;
    this.#trace = options.trace;
    this.#extra = extra;
    this.#hasOwnCarrier = ownCarrier;
    this.#mdioDelay = mdioDelay;
    this.registers = new PhyRegisters({ address, mode, negotiation });
    this.#clock = new RmiiClock(phase);
    this.#transmit = new RmiiTransmit(this.#clock);
    this.#receive = new RmiiReceive(pins, this.#clock, { lead, lostPreamble, toggles, gap });
    this.#mdio = new MdioSlave({
      isAddressed: (address) => address === this.registers.address,
      read: (register) => this.registers.read(register),
      write: (register, value) => this.registers.write(register, value, this.#pins.now),
    });
    this.registers.onChange = () => this.#lineChanged();
    this.#transmit.onStart = (at) => this.#transmissionStarts(at);
    this.#transmit.onEnd = () => this.#transmissionEnds();
    this.#transmit.onJabber = () => this.#jabber();
    this.#receive.onCarrier = () => this.#carrierBegins();
    this.#receive.onDriven = () => this.counters.received++;
    pins.drive(PIN.mdio, true);
    this.#connectPins();
    this.setPower(true);
  }

  /** Hz of the clock that the chip sees; 0: none. */
  get referenceHz(): number {
    return this.#isClocked && this.#isWired ? REFERENCE_HZ : 0;
  }
  /** What was agreed with the partner; undefined: there is no link. */
  get mode(): LineMode | undefined {
    return this.registers.mode;
  }
  /** Frames on MDIO that were none. */
  get malformed(): number {
    return this.#mdio.malformed;
  }
  /** The shortest gap between two transmissions, in bit times; Infinity before the second one. */
  get shortestGap(): number {
    return this.#transmit.shortestGap;
  }

  get next(): number {
    if (!this.#isClocked) return NEVER;
    const { registers } = this;
    return Math.min(this.#receive.next, this.#transmit.next, this.#mdioAt, this.#collisionAt, registers.next);
  }

  run(now: number): void {
    if (!this.#isClocked) return;
    this.#transmit.settle(now + SLACK);
    if (this.#collisionAt <= now + SLACK) this.#collide(now);
    if (this.#receive.next <= now + SLACK) this.#receive.run(now);
    if (this.#mdioAt <= now + SLACK) this.#driveMdio();
    if (this.registers.next <= now + SLACK) this.registers.run(now + SLACK);
  }

  /** The module's supply. Without it nothing moves, and the partner loses the link. */
  setPower(on: boolean): void {
    if (on === this.#isPowered) return;
    this.#changeClock(() => {
      this.#isPowered = on;
    });
    if (!on) {
      this.#plug.attach(undefined);
      this.registers.partnerChanged(UNPLUGGED, this.#now);
      return;
    }
    this.#isOnPlug = false;
    this.#plug.attach(this);
    this.registers.start(this.#plug.state, this.#now);
  }

  /** The module's oscillator. Without it the PHY does nothing, not even on MDIO. */
  setReference(on: boolean): void {
    this.#changeClock(() => {
      this.#isOscillating = on;
    });
  }

  /** The wire of nINT/REFCLKO. Without it the PHY works, but the chip has no clock. */
  setReferenceWire(on: boolean): void {
    this.#changeClock(() => {
      this.#isWired = on;
    });
  }

  /** CRS_DV is up for so many di-bits while RXD is 00 (no data decoded) or 10 (RMII Specification 1.2, 5.3.3). */
  falseCarrier(dibits: number, rxd: 0b00 | 0b10 = 0b00): void {
    this.#receive.falseCarrier(dibits, rxd, this.#now);
  }

  /** Another station is heard from di-bit `atDibit` on, of the transmission under way or else the next one. It lasts preamble and jam. */
  collide(atDibit: number, dibits = FRAGMENT): void {
    this.#collision = { at: atDibit, dibits };
    if (this.#transmit.isInFrame) this.#collisionAt = this.#transmit.startedAt + atDibit * DIBIT;
  }

  receive(octets: Uint8Array, aligned: boolean): void {
    const refused = this.#receiveRefusal;
    if (refused !== undefined) this.#dropReceived(refused, octets);
    else if (!this.#receive.push(octets, aligned ? 0 : this.#extra, this.#now))
      this.#dropReceived('phy:receive-queue-full', octets);
  }

  transmitted(outcome: Transmission): void {
    // One that began before power went is nobody's.
    if (!this.#isOnPlug) return;
    this.#isOnPlug = false;
    if (outcome.kind === 'sent') this.counters.transmitted++;
    else this.#dropTransmitted(outcome.kind === 'no-link' ? 'phy:no-link' : 'phy:collision', NOTHING);
    if (this.#waiting.count === 0) return;
    this.#send(this.#waiting.bytes);
    this.#waiting.shift();
  }

  lineChanged(state: LineState): void {
    this.registers.partnerChanged(state, this.#now);
  }

  get #now(): number {
    return this.#pins.now;
  }
  get #isClocked(): boolean {
    return this.#isPowered && this.#isOscillating;
  }
  /** The plug's clock, which is in µs. */
  get #instant(): Instant {
    return (this.#now / 1_000) as Instant;
  }
  /** Why nothing passes from the pins. */
  get #refusal(): PhyDrop | undefined {
    if (!this.#isClocked) return 'phy:no-reference';
    if (this.registers.isIsolated) return 'phy:isolated';
    const mode = this.registers.loopback ?? this.mode;
    if (mode === undefined) return 'phy:no-link';
    return mode.speed === 10 ? undefined : 'phy:speed';
  }
  /** Why nothing passes to the pins. */
  get #receiveRefusal(): PhyDrop | undefined {
    return this.registers.loopback === undefined ? this.#refusal : 'phy:loopback';
  }
  get #isHalfDuplex(): boolean {
    return (this.registers.loopback ?? this.mode)?.duplex === 'half';
  }

  #connectPins(): void {
    const onTransmit = (bit: number) => (level: boolean | undefined, now: number) => {
      this.#txd = level === true ? this.#txd | bit : this.#txd & ~bit;
      this.#sampleFrom(now);
    };
    this.#pins.onOutput(PIN.txd0, onTransmit(1));
    this.#pins.onOutput(PIN.txd1, onTransmit(2));
    this.#pins.onOutput(PIN.txEn, (level, now) => {
      this.#txEnable = level === true;
      this.#sampleFrom(now);
    });
    this.#pins.onOutput(PIN.mdc, (level, now) => {
      const isRise = level === true && !this.#mdc;
      this.#mdc = level === true;
      if (isRise && this.#isClocked) this.#clockMdio(now);
    });
  }

  #sampleFrom(now: number): void {
    this.#transmit.set(this.#txEnable, this.#txd, now);
  }

  #clockMdio(now: number): void {
    const driven = this.#pins.output(PIN.mdio);
    if (driven !== undefined && this.#isMdioDriven) this.counters.mdioContentions++;
    // Nobody drives: the pull-up does.
    this.#mdio.rise(driven ?? true);
    this.#mdioAt = now + this.#mdioDelay;
  }

  #driveMdio(): void {
    this.#mdioAt = NEVER;
    const { output } = this.#mdio;
    this.#isMdioDriven = output !== undefined;
    this.#pins.drive(PIN.mdio, output ?? true);
  }

  #changeClock(change: () => void): void {
    const wasClocked = this.#isClocked;
    const before = this.referenceHz;
    change();
    if (wasClocked && !this.#isClocked) this.#stop();
    if (!wasClocked && this.#isClocked) this.#start();
    if (this.referenceHz !== before) this.onReferenceChange();
  }

  /** The pins stay as they are. What is queued is lost when the clock comes back. */
  #stop(): void {
    this.#transmit.stop();
    this.#mdioAt = NEVER;
    this.#collisionAt = NEVER;
  }

  #start(): void {
    this.#clock.start(this.#now);
    this.#mdio.reset();
    this.#driveMdio();
    this.#clearQueues('phy:no-reference');
    this.#receive.setOwnCarrier(false);
    this.registers.partnerChanged(this.#plug.state, this.#now);
    this.#transmit.start(this.#now);
  }

  /** What is on its way stops where the line does. */
  #lineChanged(): void {
    const refused = this.#receiveRefusal;
    if (refused !== undefined && !this.#isLoopback) this.#clearQueues(refused);
  }

  #transmissionStarts(at: number): void {
    this.#isLoopback = this.registers.loopback !== undefined && this.#refusal === undefined;
    this.#isCollided = this.#receive.hasCarrier && this.#isHalfDuplex;
    if (this.#isLoopback) this.#receive.beginLoopback(this.#transmit.octets, at);
    else if (this.#hasOwnCarrier && this.#isHalfDuplex) this.#receive.setOwnCarrier(true);
    if (this.#collision !== undefined) this.#collisionAt = at + this.#collision.at * DIBIT;
  }

  #carrierBegins(): void {
    if (this.#transmit.isInFrame && !this.#isLoopback && this.#isHalfDuplex) this.#isCollided = true;
  }

  #collide(now: number): void {
    this.#receive.interfere(this.#collision?.dibits ?? FRAGMENT, now);
    this.#collision = undefined;
    this.#collisionAt = NEVER;
  }

  #jabber(): void {
    this.counters.jabbers++;
    this.registers.jabber();
    this.#receive.endLoopback(this.#transmit.dibits);
  }

  #transmissionEnds(): void {
    const { octets, dibits, isJabber } = this.#transmit;
    this.#receive.setOwnCarrier(false);
    this.#collisionAt = NEVER;
    if (this.#isLoopback) {
      this.#isLoopback = false;
      this.#receive.endLoopback(dibits);
      return;
    }
    this.counters.oddDibits += dibits & 3;
    const frame = octets.subarray(0, dibits >> 2);
    const broken = isJabber
      ? 'phy:jabber'
      : this.#isCollided
        ? 'phy:collision'
        : frame.length === 0
          ? 'phy:short'
          : undefined;
    const refused = this.#refusal ?? broken;
    if (refused !== undefined) this.#dropTransmitted(refused, frame);
    else if (!this.#isOnPlug) this.#send(frame);
    else if (this.#waiting.count === TRANSMIT_FRAMES || !this.#waiting.push(frame, 0, 0))
      this.#dropTransmitted('phy:transmit-queue-full', frame);
  }

  #send(octets: Uint8Array): void {
    this.#isOnPlug = true;
    this.#plug.transmit(octets, this.#instant);
  }

  #clearQueues(reason: PhyDrop): void {
    this.#receive.clear((octets) => this.#dropReceived(reason, octets), this.#now);
    for (; this.#waiting.count > 0; this.#waiting.shift()) this.#dropTransmitted(reason, this.#waiting.bytes);
  }

  #dropReceived(reason: PhyDrop, octets: Uint8Array): void {
    this.counters.receiveDropped++;
    this.#drop(reason, octets);
  }

  #dropTransmitted(reason: PhyDrop, octets: Uint8Array): void {
    this.counters.transmitDropped++;
    this.#drop(reason, octets);
  }

  #drop(reason: PhyDrop, bytes: Uint8Array): void {
    this.drops[reason]++;
    this.#trace?.({ kind: 'drop', at: this.#instant, reason, bytes });
  }
}
