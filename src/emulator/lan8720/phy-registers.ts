/**
 * The LAN8720A's management registers (data sheet, 4.2; IEEE 802.3 clauses 22.2.4 and 28) and what they decide: whether there is a link, and how fast.
 * Times are ns of the board.
 */
import type { LineState } from '../../cable/plug.ts';

const BMCR = {
  reset: 0x8000,
  loopback: 0x4000,
  speed100: 0x2000,
  negotiate: 0x1000,
  powerDown: 0x0800,
  isolate: 0x0400,
  restart: 0x0200,
  full: 0x0100,
} as const;
/** What of BMCR holds what was written; reset and restart clear themselves, the collision test is not offered. */
const BMCR_KEPT = 0x7d00;
/** Another value of these is another line. */
const BMCR_LINE = BMCR.loopback | BMCR.speed100 | BMCR.negotiate | BMCR.powerDown | BMCR.full;
const BMSR = { abilities: 0x7809, negotiated: 0x0020, link: 0x0004, jabber: 0x0002 } as const;
const ID = [0x0007, 0xc0f1] as const;
const SELECTOR = 0x0001; // IEEE 802.3
const ACKNOWLEDGE = 0x4000;
/** Remote fault, pause and the four modes; next pages are not offered. */
const ANAR_WRITABLE = 0x2de0;
const ANER = { pageReceived: 0x0002, partnerNegotiates: 0x0001 } as const;
const ENERGY_ON = 0x0002;
const MODE_CONTROL_WRITABLE = 0x2240;
const SPECIAL_MODES = { reserved: 0x4000, writable: 0x00ff } as const;
const INDICATIONS_WRITABLE = 0xa800;
/** Interrupt sources, register 29. */
const INTERRUPT = { energyOn: 0x80, negotiated: 0x40, linkDown: 0x10, acknowledged: 0x08, pageReceived: 0x02 } as const;
const SPECIAL_STATUS = { reserved: 0x0040, negotiated: 0x1000 } as const;

/** What straps or register 18 choose as the start (data sheet, table 3-4): BMCR, and the abilities of ANAR. */
const MODES = [
  { control: 0, abilities: 0x01e0 },
  { control: BMCR.full, abilities: 0x01e0 },
  { control: BMCR.speed100, abilities: 0x01e0 },
  { control: BMCR.speed100 | BMCR.full, abilities: 0x01e0 },
  { control: BMCR.speed100 | BMCR.negotiate, abilities: 0x0080 },
  { control: BMCR.speed100 | BMCR.negotiate, abilities: 0x0080 },
  { control: BMCR.speed100 | BMCR.negotiate | BMCR.powerDown, abilities: 0x01e0 },
  { control: BMCR.speed100 | BMCR.negotiate, abilities: 0x01e0 },
] as const;
/** What a partner offers whose line is this: a fast one can be slow, too, and one with full duplex knows half. */
const OFFERS = { '10 half': 0x0020, '10 full': 0x0060, '100 half': 0x00a0, '100 full': 0x01e0 } as const;

export interface LineMode {
  readonly speed: 10 | 100;
  readonly duplex: 'half' | 'full';
}
/** From the best to the least (clause 28B.3). */
const PRIORITY: readonly { readonly ability: number; readonly mode: LineMode }[] = [
  { ability: 0x0100, mode: { speed: 100, duplex: 'full' } },
  { ability: 0x0080, mode: { speed: 100, duplex: 'half' } },
  { ability: 0x0040, mode: { speed: 10, duplex: 'full' } },
  { ability: 0x0020, mode: { speed: 10, duplex: 'half' } },
];

type Link =
  | { readonly kind: 'down' }
  | { readonly kind: 'starting'; readonly at: number }
  | { readonly kind: 'up'; readonly mode: LineMode };
const DOWN: Link = { kind: 'down' };
const NEVER = Number.POSITIVE_INFINITY;
/** ns; the data sheet promises less than 0.5 s (4.2.1). */
const RESET_TIME = 256_000;

export interface PhyRegistersOptions {
  /** PHYAD strap, 0–31. */
  readonly address: number;
  /** MODE straps, 0–7: what all modules have is 7, everything offered. */
  readonly mode: number;
  /** ns from the partner's appearance, or a restart, to the link. */
  readonly negotiation: number;
}

export class PhyRegisters {
  /** The link has come or gone, or another bit of BMCR has changed what the PHY does. */
  onChange: (now: number) => void = () => {};
  readonly #negotiation: number;
  readonly #straps: number;
  #partner: LineState = { up: false, speed: 10, duplex: 'full' };
  #link: Link = DOWN;
  #resetUntil = NEVER;
  #control = 0;
  #advertised = 0;
  /** Latches low: a drop stays to be seen until BMSR is read (clause 22.2.4.2.13). */
  #dropped = true;
  #jabberLatch = false;
  #negotiated = false;
  #partnerAbility = 0;
  #expansion = 0;
  #modeControl = 0;
  #specialModes: number;
  #indications = 0;
  #interrupts = 0;
  #interruptMask = 0;

  constructor(options: PhyRegistersOptions) {
    this.#negotiation = options.negotiation;
    this.#straps = SPECIAL_MODES.reserved | (options.mode << 5) | options.address;
    this.#specialModes = this.#straps;
    this.#toDefaults();
  }

  get address(): number {
    return this.#specialModes & 31;
  }
  /** undefined: there is no link. */
  get mode(): LineMode | undefined {
    return this.#link.kind === 'up' ? this.#link.mode : undefined;
  }
  /** What is sent comes back, at the speed and duplex of BMCR, and nothing goes to the line. */
  get loopback(): LineMode | undefined {
    return this.#isOn && this.#control & BMCR.loopback ? this.#forced : undefined;
  }
  get isIsolated(): boolean {
    return (this.#control & BMCR.isolate) !== 0;
  }
  get next(): number {
    return Math.min(this.#resetUntil, this.#link.kind === 'starting' ? this.#link.at : NEVER);
  }

  /** Power has come. */
  start(partner: LineState, now: number): void {
    this.#specialModes = this.#straps;
    this.#interruptMask = 0;
    this.#partner = partner;
    this.#reset(now);
  }

  run(now: number): void {
    if (now >= this.#resetUntil) {
      this.#resetUntil = NEVER;
      this.#restart(now);
    }
    if (this.#link.kind === 'starting' && now >= this.#link.at) this.#establish(now);
  }

  partnerChanged(partner: LineState, now: number): void {
    if (partner.up && !this.#partner.up) this.#interrupts |= INTERRUPT.energyOn;
    this.#partner = partner;
    this.#restart(now);
  }

  jabber(): void {
    this.#jabberLatch = true;
  }

  /** 16 bits; a register that is not there reads 0. */
  read(register: number): number {
    switch (register) {
      case 0:
        return this.#control | (this.#isInReset ? BMCR.reset : 0);
      case 1:
        return this.#readStatus();
      case 2:
        return ID[0];
      case 3:
        return ID[1];
      case 4:
        return this.#advertised;
      case 5:
        return this.#partnerAbility | SELECTOR;
      case 6:
        return this.#readExpansion();
      case 17:
        return this.#modeControl | (this.#partner.up && this.#isOn ? ENERGY_ON : 0);
      case 18:
        return this.#specialModes;
      case 27:
        return this.#indications;
      case 29:
        return this.#readInterrupts();
      case 30:
        return this.#interruptMask;
      case 31:
        return this.#specialStatus;
      default:
        // 26, the symbol errors of 100BASE-TX, too: at 10 Mb/s there are none.
        return 0;
    }
  }

  write(register: number, value: number, now: number): void {
    if (this.#isInReset) return;
    switch (register) {
      case 0:
        if (value & BMCR.reset) this.#reset(now);
        else this.#writeControl(value, now);
        break;
      case 4:
        this.#advertised = (value & ANAR_WRITABLE) | SELECTOR;
        break;
      case 17:
        this.#modeControl = value & MODE_CONTROL_WRITABLE;
        break;
      case 18:
        this.#specialModes = SPECIAL_MODES.reserved | (value & SPECIAL_MODES.writable);
        break;
      case 27:
        this.#indications = value & INDICATIONS_WRITABLE;
        break;
      case 30:
        this.#interruptMask = value & 0xfe;
        break;
    }
  }

  get #isInReset(): boolean {
    return this.#resetUntil !== NEVER;
  }
  get #isOn(): boolean {
    return !this.#isInReset && (this.#control & BMCR.powerDown) === 0;
  }
  get #negotiates(): boolean {
    return (this.#control & BMCR.negotiate) !== 0;
  }
  get #forced(): LineMode {
    return {
      speed: this.#control & BMCR.speed100 ? 100 : 10,
      duplex: this.#control & BMCR.full ? 'full' : 'half',
    };
  }
  get #specialStatus(): number {
    const mode = this.mode ?? (this.#negotiates ? undefined : this.#forced);
    const speed = mode === undefined ? 0 : (mode.speed === 10 ? 1 : 2) | (mode.duplex === 'full' ? 4 : 0);
    return SPECIAL_STATUS.reserved | (this.#negotiated ? SPECIAL_STATUS.negotiated : 0) | (speed << 2);
  }

  /** All but what the data sheet marks NASR: registers 18, 27 and 30 stay. */
  #toDefaults(): void {
    const { control, abilities } = MODES[(this.#specialModes >> 5) & 7] as (typeof MODES)[number];
    this.#control = control;
    this.#advertised = abilities | SELECTOR;
    this.#modeControl = 0;
    this.#interrupts = 0;
    this.#jabberLatch = false;
    this.#dropped = true;
  }

  #reset(now: number): void {
    this.#resetUntil = now + RESET_TIME;
    this.#drop();
    this.#toDefaults();
    this.onChange(now);
  }

  #writeControl(value: number, now: number): void {
    const before = this.#control;
    this.#control = value & BMCR_KEPT;
    const isRestarted = (value & BMCR.restart) !== 0 && this.#negotiates;
    // While negotiation is enabled, the bits for speed and duplex say nothing (clause 22.2.4.1.3).
    const idle = before & this.#control & BMCR.negotiate ? BMCR.speed100 | BMCR.full : 0;
    if (isRestarted || ((before ^ this.#control) & BMCR_LINE & ~idle) !== 0) this.#restart(now);
    else if (before !== this.#control) this.onChange(now);
  }

  #restart(now: number): void {
    this.#drop();
    const isPossible = this.#isOn && this.#partner.up && (this.#control & BMCR.loopback) === 0;
    if (isPossible) this.#link = { kind: 'starting', at: now + this.#negotiation };
    this.onChange(now);
  }

  #drop(): void {
    if (this.#link.kind === 'up') {
      this.#interrupts |= INTERRUPT.linkDown;
      this.#dropped = true;
    }
    this.#link = DOWN;
    this.#negotiated = false;
    this.#partnerAbility = 0;
    this.#expansion = 0;
  }

  #establish(now: number): void {
    const offers = OFFERS[`${this.#partner.speed} ${this.#partner.duplex}`];
    let common: LineMode | undefined;
    if (this.#negotiates) {
      common = PRIORITY.find(({ ability }) => (ability & this.#advertised & offers) !== 0)?.mode;
      this.#negotiated = true;
      this.#partnerAbility = offers | ACKNOWLEDGE;
      this.#expansion = ANER.pageReceived | ANER.partnerNegotiates;
      this.#interrupts |= INTERRUPT.negotiated | INTERRUPT.acknowledged | INTERRUPT.pageReceived;
    } else {
      const { speed } = this.#forced;
      common = PRIORITY.some(({ ability, mode }) => mode.speed === speed && ability & offers)
        ? this.#forced
        : undefined;
    }
    this.#link = common === undefined ? DOWN : { kind: 'up', mode: common };
    this.onChange(now);
  }

  #readStatus(): number {
    const link = this.#link.kind === 'up' && !this.#dropped ? BMSR.link : 0;
    const jabber = this.#jabberLatch ? BMSR.jabber : 0;
    this.#dropped = false;
    this.#jabberLatch = false;
    return BMSR.abilities | link | jabber | (this.#negotiated ? BMSR.negotiated : 0);
  }

  #readExpansion(): number {
    const value = this.#expansion;
    this.#expansion &= ~ANER.pageReceived;
    return value;
  }

  #readInterrupts(): number {
    const value = this.#interrupts;
    this.#interrupts = 0;
    return value;
  }
}
