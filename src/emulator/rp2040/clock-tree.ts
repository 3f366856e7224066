/**
 * The RP2040's clocks (data sheet 2.15) where rp2040js has none or another: the clock input GPIN0, clk_sys that stands still without it, RESUS and the
 * frequency counter FC0.
 */
import type { RP2040 } from 'rp2040js';

/** Offsets, data sheet 2.15.7. */
const CLK_REF_DIV = 0x34;
const CLK_SYS_CTRL = 0x3c;
const RESUS_CTRL = 0x78;
const RESUS_STATUS = 0x7c;
const FC0_REF_KHZ = 0x80;
const FC0_MIN_KHZ = 0x84;
const FC0_MAX_KHZ = 0x88;
const FC0_DELAY = 0x8c;
const FC0_INTERVAL = 0x90;
const FC0_SRC = 0x94;
const FC0_STATUS = 0x98;
const FC0_RESULT = 0x9c;
const WAKE_EN0 = 0xa0;
const ENABLED0 = 0xb0;
const ENABLED1 = 0xb4;
const INTR = 0xb8;
const INTE = 0xbc;
const INTF = 0xc0;
const INTS = 0xc4;
const RESUS = { timeout: 0xff, enable: 1 << 8, force: 1 << 12, clear: 1 << 16, all: 0x111ff } as const;
const STATUS = {
  pass: 1 << 0,
  done: 1 << 4,
  running: 1 << 8,
  fail: 1 << 16,
  slow: 1 << 20,
  fast: 1 << 24,
  died: 1 << 28,
} as const;
/** FC0_SRC. */
const MEASURES = { pllSys: 1, pllUsb: 2, rosc: 3, xosc: 5, gpin0: 6, gpin1: 7, ref: 8, sys: 9, peri: 10 } as const;
/** Registers after reset, and which bits they have. */
const PLAIN: Record<number, readonly [reset: number, mask: number]> = {
  [FC0_REF_KHZ]: [0, 0xf_ffff],
  [FC0_MIN_KHZ]: [0, 0x1ff_ffff],
  [FC0_MAX_KHZ]: [0x1ff_ffff, 0x1ff_ffff],
  [FC0_DELAY]: [1, 7],
  [FC0_INTERVAL]: [8, 15],
  [FC0_SRC]: [0, 0xff],
  [WAKE_EN0]: [0xffff_ffff, 0xffff_ffff],
  [WAKE_EN0 + 4]: [0x7fff, 0x7fff],
  [WAKE_EN0 + 8]: [0xffff_ffff, 0xffff_ffff],
  [WAKE_EN0 + 12]: [0x7fff, 0x7fff],
};
const IRQ_CLOCKS = 17;
const PIN_GPIN0 = 20;
const FUNCTION_CLOCK = 8;
const SYS_AUXILIARY_GPIN0 = 4;

export class ClockTree {
  readonly #chip: RP2040;
  readonly #referenceHz: () => number;
  readonly #changed: () => void;
  readonly #plain = new Map<number, number>();
  readonly #read: (offset: number) => number;
  readonly #write: (offset: number, value: number) => void;
  readonly #resus: { schedule(delay: number): void; cancel(): void };
  readonly #counted: { schedule(delay: number): void; cancel(): void };
  #resusControl = 0xff;
  #hasResused = false;
  #resusIsDue = false;
  #measured = 0;
  #status = 0;
  #enabled = 0;
  #forced = 0;

  /** `changed`: clk_sys is another, or goes or stops. */
  constructor(chip: RP2040, referenceHz: () => number, changed: () => void) {
    this.#chip = chip;
    this.#referenceHz = referenceHz;
    this.#changed = changed;
    for (const [offset, [reset]] of Object.entries(PLAIN)) this.#plain.set(Number(offset), reset);
    this.#resus = chip.clock.createAlarm(() => this.#resuscitate());
    this.#counted = chip.clock.createAlarm(() => this.#countingEnds());
    const { clocks } = chip;
    this.#read = clocks.readUint32.bind(clocks);
    this.#write = clocks.writeUint32.bind(clocks);
    clocks.readUint32 = (offset) => this.#readUint32(offset);
    clocks.writeUint32 = (offset, value) => this.#writeUint32(offset, value);
    const updateClocks = chip.updateClocks.bind(chip);
    chip.updateClocks = () => {
      updateClocks();
      this.update();
    };
    this.#watchPin();
  }

  /** Hz; 0 while it stands still. */
  get systemHz(): number {
    const { clocks } = this.#chip;
    if (this.#hasResused || !(clocks.sysCtrl & 1)) return this.#dividedHz(clocks.refFreq);
    const auxiliary = (clocks.sysCtrl >>> 5) & 7;
    if (auxiliary < SYS_AUXILIARY_GPIN0) return clocks.sysFreq;
    return auxiliary === SYS_AUXILIARY_GPIN0 ? this.#dividedHz(this.#gpin0Hz) : 0;
  }

  /** A source may have come, gone or changed. */
  update(): void {
    const { systemHz } = this;
    if (systemHz > 0) {
      this.#resus.cancel();
      this.#resusIsDue = false;
      // rp2040js keeps the last frequency for a source that it does not know; SysTick, PWM and paced DMA go by this one.
      if (this.#chip.clkSys !== systemHz) {
        this.#chip.clkSys = systemHz;
        this.#chip.ppb.systickTimer.frequency = systemHz;
      }
    } else if (!this.#resusIsDue && (this.#resusControl & RESUS.enable) !== 0) {
      // RESUS counts the cycles of clk_ref in which clk_sys has shown no edge (2.15.6).
      this.#resusIsDue = true;
      this.#resus.schedule(((this.#resusControl & RESUS.timeout) * 1e9) / this.#chip.clocks.refFreq);
    }
    this.#changed();
  }

  get #gpin0Hz(): number {
    const pin = this.#chip.gpio[PIN_GPIN0];
    return pin?.functionSelect === FUNCTION_CLOCK && pin.inputEnable ? this.#referenceHz() : 0;
  }

  #dividedHz(hz: number): number {
    const { sysDiv } = this.#chip.clocks;
    return hz / (sysDiv >>> 8 === 0 ? 0x1_0000 : sysDiv / 256);
  }

  /** The source is gone when the pin loses its function or its pad's input. */
  #watchPin(): void {
    const pin = this.#chip.gpio[PIN_GPIN0];
    if (pin === undefined) return;
    for (const name of ['checkForUpdates', 'refreshInput'] as const) {
      const before = pin[name].bind(pin);
      pin[name] = () => {
        before();
        this.update();
      };
    }
  }

  #readUint32(offset: number): number {
    const plain = this.#plain.get(offset);
    if (plain !== undefined) return plain;
    switch (offset) {
      case CLK_REF_DIV:
        return this.#chip.clocks.refDiv & 0x300; // rp2040js shows other bits
      case RESUS_CTRL:
        return this.#resusControl;
      case RESUS_STATUS:
      case INTR:
        return Number(this.#hasResused);
      case FC0_STATUS:
        return this.#status;
      case FC0_RESULT:
        return this.#measured;
      case ENABLED0:
        return 0xffff_ffff;
      case ENABLED1:
        return 0x7fff;
      case INTE:
        return this.#enabled;
      case INTF:
        return this.#forced;
      case INTS:
        return (Number(this.#hasResused) & this.#enabled) | this.#forced;
      default:
        return this.#read(offset);
    }
  }

  #writeUint32(offset: number, value: number): void {
    const plain = PLAIN[offset];
    if (plain !== undefined) {
      this.#plain.set(offset, (value & plain[1]) >>> 0);
      if (offset === FC0_SRC) this.#countingBegins();
      return;
    }
    switch (offset) {
      case RESUS_CTRL:
        this.#writeResus(value & RESUS.all);
        break;
      case INTE:
        this.#enabled = value & 1;
        this.#interrupt();
        break;
      case INTF:
        this.#forced = value & 1;
        this.#interrupt();
        break;
      case RESUS_STATUS:
      case FC0_STATUS:
      case FC0_RESULT:
      case INTR:
      case INTS:
        break; // read-only
      default:
        this.#write(offset, value);
        if (offset === CLK_SYS_CTRL) this.update();
    }
  }

  #writeResus(value: number): void {
    this.#resusControl = value;
    this.#resus.cancel();
    this.#resusIsDue = false;
    if ((value & RESUS.clear) !== 0) this.#hasResused = false;
    if ((value & RESUS.force) !== 0) this.#hasResused = true;
    this.#interrupt();
    this.update();
  }

  /** clk_sys is clk_ref until RESUS_CTRL.CLEAR. */
  #resuscitate(): void {
    this.#resusIsDue = false;
    this.#hasResused = true;
    this.#interrupt();
    this.update();
  }

  #interrupt(): void {
    this.#chip.setInterrupt(IRQ_CLOCKS, ((Number(this.#hasResused) & this.#enabled) | this.#forced) !== 0);
  }

  /** FC0 counts for 0.98 µs · 2^INTERVAL by clk_ref, after DELAY (2.15.5). */
  #countingBegins(): void {
    this.#counted.cancel();
    if (this.#plain.get(FC0_SRC) === 0) {
      this.#status = 0;
      return;
    }
    this.#status = STATUS.running;
    this.#counted.schedule(980 * 2 ** (this.#plain.get(FC0_INTERVAL) ?? 0));
  }

  #countingEnds(): void {
    const { clocks } = this.#chip;
    const declared = (this.#plain.get(FC0_REF_KHZ) ?? 0) * 1_000;
    const hz = this.#measuredHz();
    // It believes what REF_KHZ says of clk_ref.
    const khz = clocks.refFreq === 0 ? 0 : ((hz / clocks.refFreq) * declared) / 1_000;
    this.#measured = Math.floor(khz * 32) & 0x3fff_ffff;
    this.#status = STATUS.done;
    if (hz === 0) this.#status |= STATUS.died | STATUS.fail | STATUS.slow;
    else if (khz < (this.#plain.get(FC0_MIN_KHZ) ?? 0)) this.#status |= STATUS.fail | STATUS.slow;
    else if (khz > (this.#plain.get(FC0_MAX_KHZ) ?? 0)) this.#status |= STATUS.fail | STATUS.fast;
    else this.#status |= STATUS.pass;
  }

  #measuredHz(): number {
    const chip = this.#chip;
    switch (this.#plain.get(FC0_SRC)) {
      case MEASURES.pllSys:
        return chip.pllSys.frequency;
      case MEASURES.pllUsb:
        return chip.pllUsb.frequency;
      case MEASURES.rosc:
        return chip.roscFreq;
      case MEASURES.xosc:
        return chip.xoscFreq;
      case MEASURES.gpin0:
        return this.#gpin0Hz;
      case MEASURES.ref:
        return chip.clocks.refFreq;
      case MEASURES.sys:
        return this.systemHz;
      case MEASURES.peri:
        return chip.clocks.periFreq;
      default:
        return 0;
    }
  }
}
