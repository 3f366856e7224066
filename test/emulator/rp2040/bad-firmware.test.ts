/** Whatever a program does, nothing is thrown and nothing printed: a bad firmware is a value, and its machine goes on. */
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { Lan8720 } from '../../../src/emulator/lan8720/lan8720.ts';
import type { Nanoseconds } from '../../../src/emulator/pins.ts';
import { Machine } from '../../../src/emulator/rp2040/machine.ts';
import { Pl011 } from '../../../src/emulator/rp2040/pl011.ts';
import { UsbHost } from '../../../src/emulator/usb/usb-host.ts';
import { LineRate } from '../pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const RAM = 0x2000_0000;
/** Bases of what a program can reach, with the sizes of their registers. */
const BLOCKS = [
  [0x0000_0000, 0x4000],
  [0x1000_0000, 0x20_0000],
  [0x1400_0000, 0x20],
  [0x1800_0000, 0x100],
  [RAM, 0x4_2000],
  [0x4000_0000, 0x7_0000],
  [0x4000_8000, 0xc8],
  [0x4000_c000, 0x10],
  [0x4001_4000, 0x190],
  [0x4002_c000, 0x10],
  [0x4003_4000, 0x50],
  [0x4005_4000, 0x48],
  [0x4005_8000, 0x30],
  [0x5000_0000, 0xac0],
  [0x5010_0000, 0x1000],
  [0x5011_0000, 0x100],
  [0x5020_0000, 0x150],
  [0x5030_0000, 0x150],
  [0xd000_0000, 0x180],
  [0xe000_e000, 0x1000],
] as const;

class Bench {
  readonly machine: Machine;
  readonly phy: Lan8720;
  readonly usb: UsbHost;

  constructor() {
    this.machine = new Machine({ referenceHz: () => this.phy?.referenceHz ?? 0 });
    this.phy = new Lan8720({ pins: this.machine.pins, plug: new LineRate() });
    this.machine.add(this.phy);
    this.usb = new UsbHost(this.machine);
    this.usb.plug();
    new Pl011(this.machine).write(new Uint8Array(100));
  }
  pass(ns: number): void {
    this.machine.run((this.machine.now + ns) as Nanoseconds, 2_000);
  }
}

describe(`a machine with a program that makes no sense (SEED=${seed})`, () => {
  let printed: MockInstance[];
  beforeEach(() => {
    printed = (['debug', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
  });
  afterEach(() => {
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  test('executes forty programs of random half words', () => {
    const random = new Random(seed);
    for (let program = 0; program < 40; program++) {
      const { machine } = new Bench();
      random.fill(machine.chip.sram);
      machine.chip.core.PC = RAM;
      machine.chip.core.SP = RAM + 0x1000;
      machine.run(1e6 as Nanoseconds, 20_000);
      expect(machine.cycle).toBeGreaterThan(0);
    }
  });

  test('takes any word at any register, in any order, and its surroundings go on', () => {
    const random = new Random(seed);
    for (let round = 0; round < 20; round++) {
      const it = new Bench();
      const { chip } = it.machine;
      chip.writeUint32(RAM, 0xe7fd_bf30); // wfi; b .-2
      chip.core.PC = RAM;
      chip.writeUint32(0x4000_f000, 0x01ff_ffff); // RESETS: none is held
      for (let write = 0; write < 5_000; write++) {
        const [base, size] = BLOCKS[random.below(BLOCKS.length)] as (typeof BLOCKS)[number];
        const alias = base >= 0x4000_0000 && base < 0x6000_0000 ? random.below(4) << 12 : 0;
        const at = base + alias + random.below(size);
        const value = random.below(2) === 0 ? random.below(2 ** 32) : 1 << random.below(32);
        const width = random.below(8);
        if (width === 0) chip.writeUint8(at, value & 255);
        else if (width === 1) chip.writeUint16(at & ~1, value & 0xffff);
        else if (width === 2) chip.readUint8(at);
        else if (width === 3) chip.readUint16(at & ~1);
        else if (width === 4) chip.readUint32(at & ~3);
        else chip.writeUint32(at & ~3, value);
        if (random.below(50) === 0) it.pass(random.below(100_000));
      }
      it.pass(1e6);
      expect(it.machine.now).toBeGreaterThan(0);
    }
  });
});
