/**
 * What the PHY hears, driven onto CRS_DV and RXD (LAN8720A data sheet, 3.4.1.1): CRS_DV rises with the carrier, whenever that is; RXD is 00 until data
 * are decoded; when the carrier ends while the FIFO drains, CRS_DV is low on the first and high on the second di-bit of each nibble.
 */
import { FrameQueue } from '../../cable/frame-queue.ts';
import { PIN, type Pins } from '../pins.ts';
import { DIBIT, type RmiiClock, SLACK } from './rmii-clock.ts';

/** Output valid after REF_CLK's edge, in ns, at most (LAN8720A data sheet, 5.5.3). */
const OUTPUT_VALID = 14;
/** Frames that wait for the pins; the cable may be faster than they are. One more is refused. */
const QUEUE_FRAMES = 64;
const QUEUE_OCTETS = QUEUE_FRAMES * 2_048;
const NEVER = Number.POSITIVE_INFINITY;
const NOTHING = new Uint8Array(0);
/** What another station's fragment in a collision is made of. */
const PREAMBLE = new Uint8Array(64).fill(0x55);
/** Di-bits that were heard but are part of no octet. */
const DRIBBLE = 0b01;

export interface ReceiveTiming {
  /** Di-bits between the rise of CRS_DV and the first one decoded. */
  readonly lead: number;
  /** Di-bits of the preamble that are lost. */
  readonly lostPreamble: number;
  /** Nibbles at the end on which CRS_DV toggles. */
  readonly toggles: number;
  /** Di-bits from the end of one frame to the rise of CRS_DV for the next, at least. */
  readonly gap: number;
}

/** One carrier on the pins. Its di-bits count from the first of the preamble, lost or not. */
interface Playing {
  octets: Uint8Array;
  /** Infinity while it is not known where a loopback ends. */
  dibits: number;
  /** Di-bits before the first one decoded, and what RXD is on them. */
  lead: number;
  leadRxd: number;
  lost: number;
  /** Di-bit from which CRS_DV toggles. */
  tail: number;
  /** Where in `octets` there is nothing more yet, and which is why nothing is looked up in advance. */
  isLive: boolean;
}

export class RmiiReceive {
  /** A carrier begins. */
  onCarrier: () => void = () => {};
  /** A frame of the queue is wholly on the pins. */
  onDriven: () => void = () => {};
  readonly #pins: Pins;
  readonly #clock: RmiiClock;
  readonly #timing: ReceiveTiming;
  readonly #queue = new FrameQueue(QUEUE_OCTETS);
  readonly #now: Playing = {
    octets: NOTHING,
    dibits: 0,
    lead: 0,
    leadRxd: 0,
    lost: 0,
    tail: 0,
    isLive: false,
  };
  #isPlaying = false;
  /** It came from the queue, whose first frame it still is. */
  #isQueued = false;
  /** The time of di-bit 0 of `lead`, and the one that is driven at `#next`. */
  #zero = 0;
  #at = 0;
  #next = NEVER;
  /** Before this, the gap is not over. */
  #freeAt = 0;
  #isOwnCarrier = false;
  #level = 0;

  constructor(pins: Pins, clock: RmiiClock, timing: ReceiveTiming) {
    this.#pins = pins;
    this.#clock = clock;
    this.#timing = timing;
    this.#drive(0);
  }

  get next(): number {
    return this.#next;
  }
  get hasCarrier(): boolean {
    return this.#isPlaying;
  }

  /** Copies a frame with `extra` di-bits behind its octets, 0–3. False: the queue is full. */
  push(octets: Uint8Array, extra: number, now: number): boolean {
    if (this.#queue.count === QUEUE_FRAMES || !this.#queue.push(octets, extra, now)) return false;
    this.#startNext(now);
    return true;
  }

  /** A carrier of so many di-bits without data; waits for its turn. False: the queue is full. */
  falseCarrier(dibits: number, rxd: number, now: number): boolean {
    return this.push(NOTHING, dibits * 4 + rxd, now);
  }

  /** Another station's fragment of a frame, now; nothing where a carrier is already there. */
  interfere(dibits: number, now: number): void {
    if (!this.#isPlaying) this.#play(PREAMBLE, Math.min(dibits, 4 * PREAMBLE.length), this.#timing.lead, 0, now);
  }

  /** A loopback: `octets` fills while it is driven. */
  beginLoopback(octets: Uint8Array, now: number): void {
    if (this.#isPlaying) this.#finish(now);
    this.#play(octets, NEVER, this.#timing.lead, 0, now);
    this.#now.lost = 0;
    this.#now.isLive = true;
  }

  endLoopback(dibits: number): void {
    if (this.#now.isLive) this.#setLength(dibits);
  }

  /** The PHY's own transmission makes a carrier, too. */
  setOwnCarrier(isOn: boolean): void {
    this.#isOwnCarrier = isOn;
    this.#drive(this.#level);
  }

  run(now: number): void {
    while (this.#next <= now + SLACK) {
      if (!this.#isPlaying) {
        this.#next = NEVER;
        this.#startNext(now);
      } else if (this.#isOver) {
        if (this.#isQueued && this.#now.octets.length > 0) this.onDriven();
        this.#finish(this.#next);
        this.#startNext(now);
      } else {
        this.#drive(this.#levelAt(this.#at));
        this.#advance();
      }
    }
  }

  /** Everything ends at once: `lose` is told each frame that was not, or not wholly, driven. */
  clear(lose: (octets: Uint8Array) => void, now: number): void {
    const isCut = this.#isPlaying;
    for (; this.#queue.count > 0; this.#queue.shift()) if (this.#queue.bytes.length > 0) lose(this.#queue.bytes);
    this.#isQueued = false;
    if (isCut) this.#finish(now);
    this.#next = NEVER;
  }

  get #isOver(): boolean {
    const { lead, lost, dibits } = this.#now;
    return this.#at - lead + lost >= dibits;
  }

  #startNext(now: number): void {
    if (this.#isPlaying || this.#queue.count === 0) return;
    if (now + SLACK < this.#freeAt) {
      this.#next = this.#freeAt;
      return;
    }
    const { bytes, tag } = this.#queue;
    this.#isQueued = true;
    if (bytes.length === 0) this.#play(NOTHING, 0, tag >> 2, tag & 3, now);
    else this.#play(bytes, 4 * bytes.length + tag, this.#timing.lead, 0, now);
  }

  #play(octets: Uint8Array, dibits: number, lead: number, leadRxd: number, now: number): void {
    const playing = this.#now;
    playing.octets = octets;
    playing.lead = lead;
    playing.leadRxd = leadRxd;
    playing.lost = dibits === 0 ? 0 : this.#timing.lostPreamble;
    playing.isLive = false;
    this.#setLength(dibits);
    this.#isPlaying = true;
    this.#zero = this.#clock.edgeFrom(now) + OUTPUT_VALID;
    this.#at = 0;
    this.#next = this.#zero;
    this.#drive(0b100);
    this.onCarrier();
  }

  #setLength(dibits: number): void {
    this.#now.dibits = dibits;
    // Whole nibbles; and where nothing is left in the FIFO, or it is not known yet, there is no tail.
    const tail = Math.max(0, dibits - 2 * this.#timing.toggles);
    this.#now.tail = tail === dibits || tail === NEVER ? dibits : tail & ~1;
  }

  #finish(now: number): void {
    this.#isPlaying = false;
    this.#now.isLive = false;
    this.#next = NEVER;
    this.#freeAt = now + this.#timing.gap * DIBIT;
    if (this.#isQueued) this.#queue.shift();
    this.#isQueued = false;
    this.#drive(0);
  }

  /** To the next di-bit on which the pins are others, or the end. */
  #advance(): void {
    do this.#at++;
    while (!this.#now.isLive && !this.#isOver && this.#levelAt(this.#at) === this.#level);
    this.#next = this.#zero + this.#at * DIBIT;
  }

  /** CRS_DV in bit 2, RXD in bits 1:0. */
  #levelAt(at: number): number {
    const { octets, lead, leadRxd, lost, tail } = this.#now;
    if (at < lead) return 0b100 | leadRxd;
    const dibit = at - lead + lost;
    const octet = octets[dibit >> 2];
    const rxd = octet === undefined ? DRIBBLE : (octet >> ((dibit & 3) * 2)) & 3;
    return dibit < tail || (dibit & 1) === 1 ? 0b100 | rxd : rxd;
  }

  #drive(level: number): void {
    this.#level = level;
    this.#pins.drive(PIN.crsDv, (level & 0b100) !== 0 || this.#isOwnCarrier);
    this.#pins.drive(PIN.rxd0, (level & 0b01) !== 0);
    this.#pins.drive(PIN.rxd1, (level & 0b10) !== 0);
  }
}
