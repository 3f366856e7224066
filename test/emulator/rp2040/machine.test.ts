/** The driver itself: processor, sleep, alarms, devices and DMA in one order of time. */
import { describe, expect, test } from 'vitest';
import type { Nanoseconds, PinDevice } from '../../../src/emulator/pins.ts';
import { Machine } from '../../../src/emulator/rp2040/machine.ts';
import {
  CONDITION,
  FROM,
  jmp,
  MOVE_TO,
  mov,
  out,
  PIO,
  PIO0,
  PioBench,
  push,
  SM,
  set,
  TO,
  take,
  waitGpio,
} from '../pio/pio-bench.ts';

const TIMER = 0x4005_4000;
const DMA = 0x5000_0000;
const RAM = 0x2000_0000;
const run = (bench: PioBench, ns: number): number => bench.machine.run((bench.machine.now + ns) as Nanoseconds);

/** Thumb code at RAM + `at`; the processor begins there. */
const begin = (bench: PioBench, code: readonly number[], at = 0x100): void => {
  const { core, sramView } = bench.machine.chip;
  for (const [i, half] of code.entries()) sramView.setUint16(at + 2 * i, half, true);
  core.PC = RAM + at;
  core.waiting = false;
};
const WFI = 0xbf30;
const CPSID = 0xb672;
const CPSIE = 0xb662;
const ADD_R0 = 0x3001;
const ADD_R1 = 0x3101;
const LOOP = 0xe7fe;

class Pulse implements PinDevice {
  next: number;
  readonly ran: number[] = [];
  readonly #machine: Machine;
  readonly #every: number;
  constructor(machine: Machine, first: number, every: number) {
    this.#machine = machine;
    this.next = first;
    this.#every = every;
  }
  run(now: Nanoseconds): void {
    this.ran.push(now);
    expect(now).toBe(this.#machine.now);
    this.next += this.#every;
  }
}

describe('the processor', () => {
  test('runs at clk_sys: 6.5 MHz after power-on, as the ring oscillator has it', () => {
    const machine = new Machine({ referenceHz: () => 0 });
    machine.chip.sram.set([0xfe, 0xe7]);
    machine.chip.core.PC = RAM;
    machine.run(1e6 as Nanoseconds);
    expect(machine.cycle).toBe(6_500);
  });

  test('stops after its budget of instructions and goes on from there', () => {
    const bench = new PioBench();
    begin(bench, [ADD_R0, ADD_R0, ADD_R0, LOOP]);
    const { now } = bench.machine;
    bench.machine.run((now + 1e6) as Nanoseconds, 2);
    expect(bench.machine.chip.core.registers[0]).toBe(2);
    expect(bench.machine.now - now).toBeLessThan(100);
    bench.machine.run((now + 1e6) as Nanoseconds);
    expect(bench.machine.chip.core.registers[0]).toBe(3);
    expect(bench.machine.now - now).toBeCloseTo(1e6, 6);
  });

  test('asleep, time is jumped over to the alarm that wakes it, to the cycle', () => {
    const bench = new PioBench();
    begin(bench, [WFI, ADD_R0, LOOP]);
    const { core, sramView } = bench.machine.chip;
    sramView.setUint32(0x40, RAM + 0x200, true); // vector of TIMER_IRQ_0
    begin(bench, [ADD_R1, 0x4770], 0x200); // adds r1, #1; bx lr
    begin(bench, [WFI, ADD_R0, LOOP]);
    core.VTOR = RAM;
    core.PM = false;
    core.LR = 0xffff_ffff;
    bench.write(0xe000_e100, 1);
    bench.write(TIMER + 0x38, 1);
    const micros = bench.read(TIMER + 0x28);
    bench.write(TIMER + 0x10, micros + 1_000_000);
    run(bench, 1_000);
    expect(core.waiting).toBe(true);
    const next = bench.machine.nextEvent();
    expect(next - (micros + 1_000_000) * 1_000).toBeGreaterThanOrEqual(0);
    expect(next - (micros + 1_000_000) * 1_000).toBeLessThan(20);
    bench.machine.run((next - 20) as Nanoseconds);
    expect(core.registers[1]).toBe(0);
    const begun = performance.now();
    run(bench, 2_000);
    expect([core.registers[1], performance.now() - begun < 100]).toEqual([1, true]);
  });

  test.for([
    ['that came before WFI', true],
    ['that comes while it sleeps', false],
  ] as const)('with PRIMASK set, WFI ends by an interrupt %s, which is taken after CPSIE only', ([, before]) => {
    const bench = new PioBench();
    const { core, sramView } = bench.machine.chip;
    sramView.setUint32(0x40, RAM + 0x200, true);
    begin(bench, [ADD_R1, LOOP], 0x200);
    begin(bench, [CPSID, ADD_R0, WFI, ADD_R0, CPSIE, ADD_R0, LOOP]);
    core.VTOR = RAM;
    bench.write(0xe000_e100, 1);
    bench.write(TIMER + 0x38, 1);
    if (before) {
      core.PM = true;
      bench.write(TIMER + 0x3c, 1); // forced
    } else bench.write(TIMER + 0x10, bench.read(TIMER + 0x28) + 5);
    for (let i = 0; i < 3; i++) bench.machine.run((bench.machine.now + 1) as Nanoseconds, 1);
    run(bench, 10_000);
    expect([core.registers[0], core.registers[1]]).toEqual([2, 1]);
  });

  test('an exception takes fifteen cycles', () => {
    const bench = new PioBench();
    const { core, sramView } = bench.machine.chip;
    sramView.setUint32(0x40, RAM + 0x200, true);
    begin(bench, [ADD_R1, 0xbe07], 0x200); // …; bkpt #7
    begin(bench, [ADD_R0, ADD_R0, LOOP]);
    core.VTOR = RAM;
    core.PM = false;
    bench.write(0xe000_e100, 1);
    bench.write(TIMER + 0x38, 1);
    let code = 0;
    let at = 0;
    bench.machine.onBreakpoint = (value) => {
      code = value;
      at = bench.cycle;
      core.waiting = true;
    };
    run(bench, 1_000);
    const { cycle } = bench;
    bench.write(TIMER + 0x3c, 1);
    run(bench, 1_000);
    expect(code).toBe(7);
    // After what was left of a branch (two cycles), and the handler's first instruction.
    expect(at - cycle).toBeGreaterThanOrEqual(16);
    expect(at - cycle).toBeLessThanOrEqual(18);
    expect(bench.machine.chip.core.IPSR).toBe(16);
  });

  test('a breakpoint, the watchdog and SYSRESETREQ are told', () => {
    const bench = new PioBench();
    const told: string[] = [];
    bench.machine.onReset = () => told.push('reset');
    bench.write(0xe000_ed0c, 0x0000_0004); // without the key
    bench.write(0xe000_ed0c, 0x05fa_0004);
    bench.write(0x4005_8000, 0x8000_0000); // WATCHDOG CTRL.TRIGGER
    expect(told).toEqual(['reset', 'reset']);
  });

  test('what rp2040js does not know is kept, bounded, and never printed', () => {
    const bench = new PioBench();
    for (let i = 0; i < 1_000; i++) bench.read(0x6000_0000 + 4 * i);
    expect(bench.machine.log.count).toBe(1_000);
    expect(bench.machine.log.warnings).toHaveLength(100);
  });
});

describe('devices', () => {
  test('run in order of time, each at its time or within a cycle, whether the processor sleeps or not', () => {
    for (const code of [[LOOP], [WFI]]) {
      const bench = new PioBench();
      begin(bench, code);
      const now = Math.ceil(bench.machine.now);
      const devices = [new Pulse(bench.machine, now + 107, 333), new Pulse(bench.machine, now + 50, 100)];
      for (const device of devices) bench.machine.add(device);
      run(bench, 10_000);
      for (const [i, device] of devices.entries()) {
        const [first, every] = i === 0 ? [107, 333] : [50, 100];
        expect(device.ran.length).toBe(i === 0 ? 30 : 100);
        for (const [n, at] of device.ran.entries()) {
          expect(at - (now + first + n * every)).toBeGreaterThanOrEqual(-1e-6);
          expect(at - (now + first + n * every)).toBeLessThan(20);
        }
      }
    }
  });

  test('a device is asked again after it was told a pin', () => {
    const bench = new PioBench();
    bench.give(12, 5);
    const device = new Pulse(bench.machine, Number.POSITIVE_INFINITY, 1e9);
    bench.machine.add(device);
    bench.machine.pins.onOutput(12, (_, now) => {
      device.next = now + 40;
    });
    begin(bench, [WFI]);
    run(bench, 1_000);
    bench.write(0xd000_0024, 1 << 12);
    const { now } = bench.machine;
    run(bench, 1_000);
    expect(device.ran.map((at) => at - now)).toEqual([40]);
  });

  test('a peripheral may be replaced, and is reached through the aliases', () => {
    const bench = new PioBench();
    const told: string[] = [];
    bench.machine.replace(0x4003_4000, {
      readUint32: (offset) => offset & 0xfff,
      writeUint32: (offset, value) => told.push(`${offset} ${value}`),
      writeUint32Atomic: (offset, value, type) => told.push(`${offset} ${value} ${type}`),
    });
    expect(bench.read(0x4003_4018)).toBe(0x18);
    bench.write(0x4003_6030, 5);
    expect(told).toEqual(['48 5 2']);
  });
});

describe('pins', () => {
  test('read what is driven from outside, else the pull; the chip wins over both', () => {
    const bench = new PioBench();
    const { pins } = bench.machine;
    const level = (): number => {
      bench.runCycles(3);
      return (bench.read(0xd000_0004) >>> 14) & 1;
    };
    bench.give(14, 5);
    const told = bench.watch(14);
    expect(level()).toBe(0);
    bench.write(0x4001_c03c, 0x5a); // pull-up
    expect(level()).toBe(1);
    pins.drive(14, false);
    expect(level()).toBe(0);
    bench.write(0xd000_0014, 1 << 14);
    bench.write(0xd000_0024, 1 << 14);
    expect([level(), pins.output(14)]).toEqual([1, true]);
    bench.write(0x4001_c03c, 0xda); // output disabled
    expect([level(), pins.output(14)]).toEqual([0, undefined]);
    bench.write(0x4001_c03c, 0x9a); // input disabled
    pins.drive(14, true);
    expect(level()).toBe(0);
    expect(told.map((change) => change.level)).toEqual([true, undefined]);
  });

  test('are read two cycles late', () => {
    const bench = new PioBench();
    bench.give(8, 5);
    bench.runCycles(3);
    bench.machine.pins.drive(8, true);
    expect(bench.read(0xd000_0004) & 256).toBe(0);
    bench.runCycles(2);
    expect(bench.read(0xd000_0004) & 256).toBe(256);
  });

  test('begin with the input on, as pads do on silicon', () => {
    expect(new PioBench().read(0x4001_c004 + 4 * 8)).toBe(0x56);
  });
});

describe('DMA', () => {
  const channel = (bench: PioBench, read: number, write: number, count: number, control: number): void => {
    bench.write(DMA, read);
    bench.write(DMA + 4, write);
    bench.write(DMA + 8, count);
    bench.write(DMA + 12, (control | 1) >>> 0);
  };

  test('feeds a state machine octet by octet at its pace, as the transmitter wants it', () => {
    const bench = new PioBench();
    bench.load({
      code: [out(TO.x, 8, 31), mov(MOVE_TO.isr, FROM.x), push()],
      shiftctrl: (1 << 17) | (3 << 18) | (8 << 25),
    });
    const octets = Array.from({ length: 20 }, (_, i) => 7 * i + 1);
    bench.machine.chip.sram.set(octets, 0x1000);
    channel(bench, RAM + 0x1000, PIO0 + PIO.txf, 20, (1 << 4) | (0 << 15) | (0 << 11));
    bench.runCycles(5);
    expect(bench.read(DMA + 8)).toBe(16); // four words wait
    bench.start();
    const got: number[] = [];
    for (let i = 0; i < 200 && got.length < 20; i++) {
      bench.runCycles(17);
      if ((bench.read(PIO0 + PIO.fstat) & 256) === 0) got.push(bench.read(PIO0 + PIO.rxf));
    }
    expect(got).toEqual(octets);
    expect(bench.read(DMA + 12) & (1 << 24)).toBe(0);
  });

  test('empties a state machine into memory, within cycles', () => {
    const bench = new PioBench();
    bench.load({ code: [take(FROM.x, 32, 7), jmp(CONDITION.xMinus, 0)], shiftctrl: (1 << 16) | (3 << 18) });
    bench.write(PIO0 + SM.instr, set(TO.x, 31));
    channel(bench, PIO0 + PIO.rxf, RAM + 0x2000, 16, (2 << 2) | (1 << 5) | (4 << 15));
    bench.start();
    bench.runCycles(9 * 16 + 4);
    const words = Array.from({ length: 16 }, (_, i) => bench.read(RAM + 0x2000 + 4 * i));
    expect(words).toEqual(Array.from({ length: 16 }, (_, i) => 31 - i));
    expect(bench.read(PIO0 + PIO.fdebug)).toBe(0);
  });

  test('copies a word a cycle, and stands still with clk_sys', () => {
    const bench = new PioBench();
    channel(bench, RAM, RAM + 0x4000, 1_000, (2 << 2) | (1 << 4) | (1 << 5) | (63 << 15));
    bench.runCycles(100);
    expect(bench.read(DMA + 8)).toBe(900);
    bench.referenceHz = 0;
    bench.machine.referenceChanged();
    run(bench, 1e6);
    expect(bench.read(DMA + 8)).toBe(900);
    bench.referenceHz = 50e6;
    bench.machine.referenceChanged();
    bench.runCycles(900);
    expect(bench.read(DMA + 8)).toBe(0);
  });
});

test('the same run twice gives the same times to the cycle', () => {
  const once = (): string => {
    const bench = new PioBench();
    bench.give(12);
    bench.give(8, 5);
    bench.load({
      code: [waitGpio(1, 8), set(TO.pins, 1, 3), waitGpio(0, 8), set(TO.pins, 0)],
      divider: 0x1c0,
      pinctrl: (1 << 26) | (12 << 5),
    });
    bench.write(PIO0 + SM.instr, set(TO.directions, 1));
    const changes = bench.watch(12);
    const device = new Pulse(bench.machine, 100_000, 137);
    const toggled = device.run.bind(device);
    device.run = (now) => {
      toggled(now);
      bench.machine.pins.drive(8, device.ran.length % 3 === 0);
    };
    bench.machine.add(device);
    bench.start();
    begin(bench, [ADD_R0, 0xe7fd]);
    run(bench, 500_000);
    return JSON.stringify([changes, device.ran, bench.machine.chip.core.registers[0]]);
  };
  const first = once();
  expect(first.length).toBeGreaterThan(10_000);
  expect(once()).toBe(first);
});
