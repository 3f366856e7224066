/** RP2040 data sheet 4.2; ARM PrimeCell UART (PL011) TRM. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { Pl011 } from '../../../src/emulator/rp2040/pl011.ts';
import { SleepingMachine } from './sleeping-machine.ts';

const seed = Number(process.env['SEED'] ?? 1);
const UART0 = 0x4003_4000;
const DR = UART0;
const RSR = UART0 + 0x04;
const FR = UART0 + 0x18;
const IBRD = UART0 + 0x24;
const FBRD = UART0 + 0x28;
const LCR_H = UART0 + 0x2c;
const CR = UART0 + 0x30;
const IFLS = UART0 + 0x34;
const IMSC = UART0 + 0x38;
const RIS = UART0 + 0x3c;
const ICR = UART0 + 0x44;
const [BUSY, RXFE, TXFF, RXFF, TXFE] = [1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7];
const [RX, TX, RT, OE] = [1 << 4, 1 << 5, 1 << 6, 1 << 10];
const IRQ = 20;
/** 10 bits at 3 Mbaud, in µs. */
const BYTE = 10 / 3;

let machine: SleepingMachine;
let uart: Pl011;
let came: number[];

beforeEach(() => {
  machine = new SleepingMachine();
  uart = connect(machine);
});

function connect(to: SleepingMachine, baud?: number): Pl011 {
  const end = new Pl011(to, baud === undefined ? {} : { baud });
  came = [];
  end.onBytes = (bytes) => came.push(...bytes);
  for (const [pin, pad] of [
    [0, 0x10],
    [1, 0x4a],
  ] as const) {
    to.put(0x4001_c004 + 4 * pin, pad);
    to.put(0x4001_4004 + 8 * pin, 2);
  }
  to.put(IBRD, 1); // 48 MHz / 16
  to.put(FBRD, 0);
  to.put(LCR_H, 0x70);
  to.put(CR, 0x301);
  return end;
}

const send = (count: number): void => {
  for (let i = 0; i < count; i++) machine.put(DR, i);
};

describe('The transmitter', () => {
  test('takes 10 bit times a byte, and tells TXFE, TXFF and BUSY as they are', () => {
    expect(machine.get(FR)).toBe(TXFE | RXFE);
    send(33); // one is on the line at once, 32 wait
    expect(machine.get(FR)).toBe(TXFF | RXFE | BUSY);
    machine.pass(BYTE + 0.5);
    expect(machine.get(FR)).toBe(RXFE | BUSY);
    machine.pass(31 * BYTE);
    expect(machine.get(FR), 'the last byte is on the line').toBe(TXFE | RXFE | BUSY);
    machine.pass(BYTE - 1);
    expect(machine.get(FR) & BUSY).toBe(BUSY);
    machine.pass(1.5);
    expect(machine.get(FR)).toBe(TXFE | RXFE);
    expect(came).toEqual(Array.from({ length: 33 }, (_, i) => i));
  });

  test('keeps its rate over a thousand bytes, whatever the length of a cycle of clk_sys', () => {
    machine.put(0x4000_803c, 0); // the ring oscillator: 21⅔ cycles a byte
    let sent = 0;
    const from = machine.now;
    while (sent < 1000) {
      while ((machine.get(FR) & TXFF) === 0) machine.put(DR, sent++);
      machine.pass(20);
    }
    while ((machine.get(FR) & BUSY) !== 0) machine.pass(0.2);
    expect((machine.now - from) / 1e3 / (sent * BYTE)).toBeCloseTo(1, 3);
  });

  test.each([
    [0b000, 4],
    [0b001, 8],
    [0b010, 16],
    [0b011, 24],
    [0b100, 28],
  ])('with TXIFLSEL %i, interrupts when its FIFO falls to %i, not when it is there', (select, level) => {
    machine.put(IFLS, select);
    machine.put(IMSC, TX);
    expect(machine.isPending(IRQ), 'an empty FIFO alone is none').toBe(false);
    send(level + 2);
    expect(machine.get(RIS) & TX).toBe(0);
    machine.pass(BYTE + 0.5);
    expect(machine.isPending(IRQ)).toBe(true);
    machine.put(ICR, TX);
    machine.pass(100);
    expect(machine.isPending(IRQ), 'once').toBe(false);
  });

  test('fewer bytes than its level never interrupt', () => {
    machine.put(IMSC, TX);
    send(10);
    machine.pass(1000);
    expect(machine.isPending(IRQ)).toBe(false);
  });

  test('loses what is written into a full FIFO', () => {
    send(40);
    machine.pass(1000);
    expect(came).toHaveLength(33);
    expect(uart.lost.overwritten).toBe(7);
  });

  test('a pin that was not given to the UART carries nothing', () => {
    machine.put(0x4001_4004, 31);
    send(3);
    machine.pass(100);
    expect(came).toEqual([]);
    expect(uart.lost.notConnected).toBe(3);
  });

  test('without FEN the FIFO is one byte', () => {
    machine.put(LCR_H, 0x60);
    send(3);
    machine.pass(100);
    expect(came).toEqual([0, 1]);
  });

  test('a divisor counts from the write of LCR_H on', () => {
    machine.put(IBRD, 26);
    expect(uart.baud).toBe(3_000_000);
    machine.put(LCR_H, 0x70);
    expect(uart.baud).toBeCloseTo(115_385, 0);
  });
});

describe('The receiver', () => {
  const receive = (): number[] => {
    const bytes: number[] = [];
    while ((machine.get(FR) & RXFE) === 0) bytes.push(machine.get(DR));
    return bytes;
  };

  test('interrupts at its level, and no longer once it is read below it', () => {
    machine.put(IFLS, 1 << 3); // ¼: 8
    machine.put(IMSC, RX);
    uart.write(Uint8Array.from({ length: 20 }, (_, i) => i));
    machine.pass(7 * BYTE + 1);
    expect(machine.isPending(IRQ)).toBe(false);
    machine.pass(BYTE);
    expect(machine.isPending(IRQ)).toBe(true);
    expect(machine.get(DR)).toBe(0);
    expect(machine.isPending(IRQ)).toBe(false);
  });

  test('times out 32 bit times after the last byte, and is quiet once the FIFO is empty', () => {
    machine.put(IMSC, RT);
    uart.write(Uint8Array.of(1, 2));
    machine.pass(2 * BYTE + 10);
    expect(machine.isPending(IRQ)).toBe(false);
    machine.pass(1);
    expect(machine.isPending(IRQ)).toBe(true);
    expect(receive()).toEqual([1, 2]);
    expect(machine.isPending(IRQ)).toBe(false);
  });

  test('a time-out that was cleared with bytes left does not come again by itself', () => {
    machine.put(IMSC, RT);
    uart.write(Uint8Array.of(1, 2));
    machine.pass(100);
    machine.put(ICR, RT);
    machine.pass(1000);
    expect(machine.isPending(IRQ)).toBe(false);
    uart.write(Uint8Array.of(3));
    machine.pass(100);
    expect(machine.isPending(IRQ)).toBe(true);
  });

  test('a full FIFO keeps what it has; the first byte behind the lost ones is marked, RSR and OE tell', () => {
    machine.put(IMSC, OE);
    uart.write(Uint8Array.from({ length: 35 }, (_, i) => i));
    machine.pass(32 * BYTE + 1);
    expect(machine.get(FR) & RXFF).toBe(RXFF);
    expect(machine.isPending(IRQ)).toBe(false);
    machine.pass(3 * BYTE);
    expect(machine.isPending(IRQ)).toBe(true);
    expect(machine.get(RSR)).toBe(1 << 3);
    expect(receive()).toEqual(Array.from({ length: 32 }, (_, i) => i));
    uart.write(Uint8Array.of(0x41, 0x42));
    machine.pass(100);
    expect(receive()).toEqual([0x41 | (1 << 11), 0x42]);
    expect(uart.lost.overrun).toBe(3);
    machine.put(RSR, 0);
    expect(machine.get(RSR)).toBe(0);
  });

  test('what comes before it is enabled is lost, and counted', () => {
    machine.put(CR, 0);
    uart.write(Uint8Array.of(1, 2, 3));
    machine.pass(100);
    expect(machine.get(FR) & RXFE).toBe(RXFE);
    expect(uart.lost.notListening).toBe(3);
  });

  test('a computer that is slower brings its bytes at its own rate', () => {
    uart = connect(machine, 1_000_000);
    uart.write(Uint8Array.of(1, 2));
    machine.pass(19.5);
    expect(receive()).toEqual([1]);
    machine.pass(1);
    expect(receive()).toEqual([2]);
  });
});

test(`bytes go both ways at once, unchanged, as long as the FIFOs are served (SEED=${seed})`, () => {
  const data = new Random(seed).fill(new Uint8Array(4_000));
  const read: number[] = [];
  let written = 0;
  uart.write(data);
  for (let i = 0; i < 1_000 && read.length < data.length; i++) {
    machine.pass(50);
    while ((machine.get(FR) & RXFE) === 0) read.push(machine.get(DR));
    while ((machine.get(FR) & TXFF) === 0 && written < data.length) machine.put(DR, data[written++] ?? 0);
  }
  machine.pass(500);
  expect(read).toEqual([...data]);
  expect(came).toEqual([...data]);
  expect(uart.lost).toEqual({ overrun: 0, notListening: 0, overwritten: 0, notConnected: 0 });
});

test('the computer has room for 64 KiB, is told when there is room again, and may not write more', () => {
  let told = 0;
  uart.onRoom = () => told++;
  uart.write(new Uint8Array(uart.room));
  expect(uart.room).toBe(0);
  expect(() => uart.write(Uint8Array.of(1))).toThrow();
  machine.pass(32_768 * BYTE + 10);
  expect(told).toBe(1);
  expect(uart.room).toBeGreaterThanOrEqual(32_768);
});

test('its reset forgets what it was told and what it holds', () => {
  send(10);
  uart.reset();
  machine.pass(1000);
  expect(came).toEqual([]);
  expect([machine.get(FR), machine.get(CR), machine.get(IFLS), machine.get(LCR_H)]).toEqual([
    TXFE | RXFE,
    0x300,
    0x12,
    0,
  ]);
});

describe('RESETS', () => {
  const RESET_SET = 0x4000_e000;
  const UART0_BIT = 1 << 22;
  test('puts it back to what it is after power-on, and takes its interrupt away; what it was sending is lost', () => {
    machine.put(IMSC, TX);
    send(20);
    machine.pass(19 * BYTE);
    expect(machine.isPending(IRQ)).toBe(true);
    const before = came.length;
    machine.put(RESET_SET, UART0_BIT);
    machine.put(0x4000_f000, UART0_BIT);
    expect([FR, IBRD, LCR_H, CR, IMSC, RIS].map((at) => machine.get(at))).toEqual([TXFE | RXFE, 0, 0, 0x300, 0, 0]);
    expect(machine.isPending(IRQ)).toBe(false);
    machine.pass(30 * BYTE);
    expect(came).toHaveLength(before);
    expect(machine.log.warnings).toEqual([]);
  });
});
