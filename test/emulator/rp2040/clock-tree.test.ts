/** The clocks of data sheet 2.15 that the firmware's plan stands on: REF_CLK at GPIN0, FC0, RESUS. */
import { describe, expect, test } from 'vitest';
import type { Nanoseconds } from '../../../src/emulator/pins.ts';
import { PIO, PIO0, PioBench, SM, set, TO } from '../pio/pio-bench.ts';

const CLOCKS = 0x4000_8000;
const CLK_REF_CTRL = CLOCKS + 0x30;
const CLK_SYS_CTRL = CLOCKS + 0x3c;
const CLK_SYS_DIV = CLOCKS + 0x40;
const RESUS_CTRL = CLOCKS + 0x78;
const RESUS_STATUS = CLOCKS + 0x7c;
const FC0_REF_KHZ = CLOCKS + 0x80;
const FC0_MIN_KHZ = CLOCKS + 0x84;
const FC0_MAX_KHZ = CLOCKS + 0x88;
const FC0_INTERVAL = CLOCKS + 0x90;
const FC0_SRC = CLOCKS + 0x94;
const FC0_STATUS = CLOCKS + 0x98;
const FC0_RESULT = CLOCKS + 0x9c;
const INTE = CLOCKS + 0xbc;
const INTS = CLOCKS + 0xc4;
const XOSC_CTRL = 0x4002_4000;
const TIMERAWL = 0x4005_4028;
const DONE = 1 << 4;

/** As the firmware begins: crystal, clk_ref from it, PLL_USB at 48 MHz. */
const prepared = (): PioBench => {
  const bench = new PioBench();
  bench.write(XOSC_CTRL, 0xfa_baa0);
  bench.write(CLK_REF_CTRL, 2);
  bench.write(0x4002_c000, 1);
  bench.write(0x4002_c008, 40);
  bench.write(0x4002_c00c, (5 << 16) | (2 << 12));
  bench.runCycles(2);
  return bench;
};
const run = (bench: PioBench, ns: number): number => bench.machine.run((bench.machine.now + ns) as Nanoseconds);

describe('clk_sys', () => {
  test.for([
    ['clk_ref', 0, 12e6],
    ['PLL_USB', (1 << 5) | 1, 48e6],
    ['the crystal', (3 << 5) | 1, 12e6],
    ['GPIN0', (4 << 5) | 1, 50e6],
    ['GPIN1, where nothing is wired', (5 << 5) | 1, 0],
  ] as const)('comes from %s', ([, control, hz]) => {
    const bench = prepared();
    bench.write(CLK_SYS_CTRL, control);
    expect(bench.machine.systemHz).toBe(hz);
    expect(bench.machine.log.warnings).toEqual([]);
  });

  test('is divided by CLK_SYS_DIV, 24.8 bits, from GPIN0 too', () => {
    const bench = prepared();
    bench.write(CLK_SYS_DIV, 0x280);
    expect(bench.machine.systemHz).toBe(20e6);
  });

  test('a change in the middle keeps the time: the same cycles take another while', () => {
    const bench = prepared();
    run(bench, 1_000);
    const { cycle, machine } = bench;
    const { now } = machine;
    bench.write(CLK_SYS_CTRL, 0);
    run(bench, 10_000);
    expect(bench.cycle - cycle).toBe(120);
    bench.write(CLK_SYS_CTRL, (4 << 5) | 1);
    run(bench, 10_000);
    expect(bench.cycle - cycle).toBe(620);
    expect(machine.now - now).toBeCloseTo(20_000, 6);
  });

  test.for([
    ['REF_CLK ends', (bench: PioBench) => bench.machine.referenceChanged(), 0],
    ['the pad does not read', (bench: PioBench) => bench.write(0x4001_c054, 0x16), 50e6],
    ['the pin has another function', (bench: PioBench) => bench.write(0x4001_40a4, 5), 50e6],
  ] as const)('stands still when %s', ([, stop, hz]) => {
    const bench = prepared();
    bench.referenceHz = hz;
    stop(bench);
    expect(bench.machine.systemHz).toBe(0);
  });

  test('while it stands still, processor and state machines do, the timer goes on; when it comes back they go on where they were', () => {
    const bench = prepared();
    bench.give(12);
    bench.load({
      code: [set(TO.directions, 1), set(TO.pins, 1, 31), set(TO.pins, 0, 31)],
      pinctrl: (1 << 26) | (12 << 5),
    });
    const changes = bench.watch(12);
    bench.start();
    bench.machine.chip.sram.set([0x01, 0x30, 0xfd, 0xe7], 0x100); // adds r0, #1; b
    bench.machine.chip.core.PC = 0x2000_0100;
    bench.machine.chip.core.waiting = false;
    run(bench, 2_010);
    const { cycle } = bench;
    const [count, loops] = [changes.length, bench.machine.chip.core.registers[0]];
    const micros = bench.read(TIMERAWL);
    bench.referenceHz = 0;
    bench.machine.referenceChanged();
    run(bench, 1_000_000);
    expect([bench.cycle, changes.length, bench.machine.chip.core.registers[0]]).toEqual([cycle, count, loops]);
    expect(bench.read(TIMERAWL) - micros).toBe(1_000);
    bench.referenceHz = 50e6;
    bench.machine.referenceChanged();
    run(bench, 20_000);
    expect(bench.cycle - cycle).toBe(1_000);
    expect(changes.length - count).toBeGreaterThan(28);
    expect(bench.machine.chip.core.registers[0]).toBeGreaterThan(loops ?? 0);
  });
});

describe('RESUS (2.15.6)', () => {
  const lost = (): PioBench => {
    const bench = prepared();
    bench.write(INTE, 1);
    bench.write(RESUS_CTRL, (1 << 8) | 0xff);
    bench.referenceHz = 0;
    bench.machine.referenceChanged();
    return bench;
  };

  test('puts clk_sys on clk_ref after the time-out, says so and interrupts', () => {
    const bench = lost();
    run(bench, 21_000); // 255 cycles of 12 MHz are 21.25 µs
    expect(bench.machine.systemHz).toBe(0);
    run(bench, 1_000);
    expect(bench.machine.systemHz).toBe(12e6);
    expect([bench.read(RESUS_STATUS), bench.read(INTS)]).toEqual([1, 1]);
    expect(bench.machine.chip.core.pendingInterrupts & (1 << 17)).not.toBe(0);
  });

  test('a clock that comes back in time changes nothing', () => {
    const bench = lost();
    run(bench, 20_000);
    bench.referenceHz = 50e6;
    bench.machine.referenceChanged();
    run(bench, 100_000);
    expect([bench.machine.systemHz, bench.read(RESUS_STATUS)]).toEqual([50e6, 0]);
  });

  test('stays until it is cleared, on another source', () => {
    const bench = lost();
    run(bench, 30_000);
    bench.referenceHz = 50e6;
    bench.machine.referenceChanged();
    expect(bench.machine.systemHz).toBe(12e6);
    bench.write(CLK_SYS_CTRL, (1 << 5) | 1);
    bench.write(RESUS_CTRL, 1 << 16);
    expect([bench.machine.systemHz, bench.read(RESUS_STATUS)]).toEqual([48e6, 0]);
    expect(bench.machine.chip.core.pendingInterrupts & (1 << 17)).toBe(0);
  });

  test('without ENABLE a lost clock is the end', () => {
    const bench = prepared();
    bench.referenceHz = 0;
    bench.machine.referenceChanged();
    run(bench, 10e6);
    expect(bench.machine.systemHz).toBe(0);
    expect(bench.machine.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('FC0 (2.15.5)', () => {
  const measure = (hz: number, source: number): PioBench => {
    const bench = prepared();
    bench.write(CLK_SYS_CTRL, 0);
    bench.referenceHz = hz;
    bench.machine.referenceChanged();
    bench.write(FC0_REF_KHZ, 12_000);
    bench.write(FC0_MIN_KHZ, 49_000);
    bench.write(FC0_MAX_KHZ, 51_000);
    bench.write(FC0_INTERVAL, 10);
    bench.write(FC0_SRC, source);
    return bench;
  };
  test.for([
    ['50 MHz at GPIN0 passes', 50e6, 6, 50_000, 0x0000_0011],
    ['25 MHz is too slow', 25e6, 6, 25_000, 0x0011_0010],
    ['100 MHz is too fast', 100e6, 6, 100_000, 0x0101_0010],
    ['no clock has died', 0, 6, 0, 0x1011_0010],
    ['PLL_USB can be measured too', 0, 2, 48_000, 0x0011_0010],
  ] as const)('%s', ([, hz, source, khz, status]) => {
    const bench = measure(hz, source);
    expect(bench.read(FC0_STATUS)).toBe(1 << 8);
    run(bench, 1_000_000);
    expect(bench.read(FC0_STATUS) & DONE).toBe(0);
    run(bench, 10_000);
    expect(bench.read(FC0_STATUS)).toBe(status);
    expect(bench.read(FC0_RESULT) >>> 5).toBe(khz);
    expect(bench.machine.log.warnings).toEqual([]);
  });

  test('a second start measures again', () => {
    const bench = measure(0, 6);
    run(bench, 1_100_000);
    bench.referenceHz = 50e6;
    bench.write(FC0_SRC, 6);
    expect(bench.read(FC0_STATUS) & DONE).toBe(0);
    run(bench, 1_100_000);
    expect(bench.read(FC0_STATUS)).toBe(0x11);
  });
});

test('a block that is used while RESETS holds it is reported, once', () => {
  const bench = new PioBench();
  bench.write(0x4000_e000, 1 << 10); // PIO0 into reset, by the set alias
  expect(bench.read(0x4000_c008) & (1 << 10)).toBe(0);
  bench.write(PIO0 + SM.clkdiv, 0x1_0000);
  bench.read(PIO0 + PIO.fstat);
  expect(bench.machine.log.warnings).toEqual(['RESETS: PIO0 is used while it is held in reset']);
  bench.write(0x4000_f000, 1 << 10);
  expect(bench.read(0x4000_c008) & (1 << 10)).toBe(1 << 10);
});
