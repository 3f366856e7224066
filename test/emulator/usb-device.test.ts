/** The Pico's USB device, token by token: USB 2.0 chapter 9, CDC PSTN, and what may happen to a cable. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { u16le, u32le } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import type { Instant } from '../../src/base/time.ts';
import { CELL, CELL_SIZE, CellView } from '../../src/bridge/link/cell.ts';
import { HostLink } from '../../src/bridge/link/host-link.ts';
import { BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import type { Nanoseconds } from '../../src/emulator/pins.ts';
import { BOOT_LOADER_BREAKPOINT, bootFromFlash } from '../../src/emulator/rp2040/boot-rom.ts';
import { Machine } from '../../src/emulator/rp2040/machine.ts';
import { Pl011 } from '../../src/emulator/rp2040/pl011.ts';
import { UsbHost } from '../../src/emulator/usb/usb-host.ts';
import { decodePicoUf2 } from '../../src/firmware/uf2.ts';
import { AcmHost, STALLED } from './acm-host.ts';
import { TokenBus } from './token-bus.ts';

const seed = Number(process.env['SEED'] ?? 1);
const image = decodePicoUf2(readFileSync(new URL('../../firmware-bridge/images/pico.uf2', import.meta.url)));

const GET_STATUS = 0;
const CLEAR_FEATURE = 1;
const SET_FEATURE = 3;
const SET_ADDRESS = 5;
const GET_DESCRIPTOR = 6;
const GET_CONFIGURATION = 8;
const SET_CONFIGURATION = 9;
const SET_LINE_CODING = 0x20;
const GET_LINE_CODING = 0x21;
const SET_CONTROL_LINE_STATE = 0x22;
const SEND_BREAK = 0x23;

let machine: Machine;
let bus: TokenBus;
let uart: Pl011;
let host: AcmHost;

beforeEach(() => {
  machine = new Machine({ referenceHz: () => 0 });
  pretendStepping(machine, 'B2');
  bus = new TokenBus(machine);
  uart = new Pl011(machine);
  if (typeof image === 'string') throw new Error(image);
  expect(bootFromFlash(machine, image)).toBeUndefined();
  bus.pass(20_000);
  host = new AcmHost(bus);
});

/** Erratum RP2040-E2: EP_ABORT is of no use before B2. rp2040js says B1. */
function pretendStepping(of: Machine, stepping: 'B1' | 'B2'): void {
  const CHIP_ID = { B1: 0x1000_2927, B2: 0x2000_2927 };
  of.replace(0x4000_0000, { readUint32: () => CHIP_ID[stepping], writeUint32: () => {}, writeUint32Atomic: () => {} });
}

/** A host's link over a line that takes and gives bytes. */
class Session {
  readonly link: HostLink;
  readonly #write: (cell: Uint8Array) => boolean;
  #kept: Uint8Array | undefined;

  constructor(nonceSeed: number, write: (cell: Uint8Array) => boolean) {
    this.link = new HostLink({ random: new Random(nonceSeed) });
    this.#write = write;
    this.link.open(now());
  }
  receive = (bytes: Uint8Array): void => this.link.receive(bytes, now());
  poll(): void {
    this.link.poll(now());
    for (;;) {
      this.#kept ??= this.link.pull(now())?.slice();
      if (this.#kept === undefined || !this.#write(this.#kept)) return;
      this.#kept = undefined;
    }
  }
}

const now = (): Instant => Math.floor(machine.now / 1_000) as Instant;

/** Bytes that the host has not given to the bus yet stay few: as with a port that is full. */
function overUsb(nonceSeed = seed): Session {
  const session = new Session(nonceSeed, (cell) => host.queued < 16 && host.write(cell));
  host.onBytes = session.receive;
  return session;
}
function overUart(nonceSeed = seed + 1): Session {
  const session = new Session(nonceSeed, (cell) => {
    if (uart.room < CELL_SIZE) return false;
    uart.write(cell);
    return true;
  });
  uart.onBytes = session.receive;
  return session;
}

/** Lets time go on until something is so; µs. */
function until(sessions: readonly Session[], isSo: () => boolean, within = 2_000_000): boolean {
  for (const end = now() + within; now() < end; ) {
    for (const session of sessions) session.poll();
    if (isSo()) return true;
    host.step();
  }
  return false;
}

/** Writes all transmit buffers and reads them back, over and over; returns how much has come back right. */
function echo(session: Session, total: number): { right: number; isDone: boolean } {
  const result = { right: 0, isDone: false };
  const random = new Random(seed);
  const round = (): void => {
    if (result.right >= total) {
      result.isDone = true;
      return;
    }
    const sent = random.fill(new Uint8Array(0x4000));
    session.link.writeBlock(0x4000, sent);
    let read = 0;
    const next = (): void => {
      if (read === sent.length) {
        round();
        return;
      }
      const from = read;
      read += 1_024;
      session.link.readBlock(0x4000 + from, 1_024, (bytes) => {
        if (bytes !== undefined && Buffer.compare(bytes, sent.subarray(from, from + 1_024)) === 0)
          result.right += bytes.length;
        next();
      });
    };
    next();
  };
  round();
  return result;
}

describe('enumeration', () => {
  test('goes in the order of Linux, and the device answers to its address only after the status stage', () => {
    host.enumerate();
    expect(bus.address).toBe(host.address);
    expect(host.control(0x80, GET_CONFIGURATION, 0, 0, 1)).toEqual(Uint8Array.of(1));
    expect(bus.faults).toEqual([]);
  });

  test('describes one CDC-ACM function, and all descriptors agree with each other', () => {
    host.enumerate();
    const device = host.descriptor(1, 0, 18);
    expect([device[0], device[1], u16le(device, 2)]).toEqual([18, 1, 0x0200]);
    expect([...device.subarray(4, 8)]).toEqual([0xef, 2, 1, 64]);
    expect([u16le(device, 8), u16le(device, 10)]).toEqual([0x1209, 0x0001]);
    const all = host.descriptor(2, 0, 255);
    expect(u16le(all, 2)).toBe(all.length);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += all[at] as number) parts.push(all.subarray(at, at + (all[at] as number)));
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(all.length);
    const interfaces = parts.filter((part) => part[1] === 4);
    expect(interfaces.map((part) => [part[2], part[5], part[6]])).toEqual([
      [0, 2, 2],
      [1, 10, 0],
    ]);
    expect(all[4]).toBe(interfaces.length);
    const endpoints = parts.filter((part) => part[1] === 5);
    expect(endpoints.map((part) => [part[2], part[3], u16le(part, 4)])).toEqual([
      [0x81, 3, 16],
      [0x02, 2, 64],
      [0x82, 2, 64],
    ]);
    expect(interfaces.map((part) => part[4])).toEqual([1, 2]);
    const union = parts.find((part) => part[1] === 0x24 && part[2] === 6);
    expect([...(union ?? [])].slice(3)).toEqual([0, 1]);
    const association = parts.find((part) => part[1] === 11);
    expect([...(association ?? [])].slice(2, 7)).toEqual([0, 2, 2, 2, 0]);
  });

  test('a descriptor is cut to what the host asks for, and ends at once where it asks for more', () => {
    host.enumerate();
    expect(host.descriptor(1, 0, 8)).toHaveLength(8);
    expect(host.descriptor(2, 0, 9)).toHaveLength(9);
    expect(host.descriptor(2, 0, 64)).toHaveLength(64);
    expect(host.descriptor(2, 0, 0)).toHaveLength(0);
    expect(host.text(1)).toBe('glassnic');
    expect(host.text(2)).toBe('glassnic Pico bridge');
    expect([...host.descriptor(3, 0, 255)]).toEqual([4, 3, 9, 4]);
  });

  test('what the device does not know is stalled, and the next request works', () => {
    host.enumerate();
    for (const [what, type, request, value, index, length] of [
      ['a device qualifier: the device knows only full speed', 0x80, GET_DESCRIPTOR, 0x0600, 0, 10],
      ['a string that is not there', 0x80, GET_DESCRIPTOR, 0x03ee, 0x409, 255],
      ['a second configuration', 0x80, GET_DESCRIPTOR, 0x0201, 0, 9],
      ['configuration 2', 0x00, SET_CONFIGURATION, 2, 0, 0],
      ['remote wake-up', 0x00, SET_FEATURE, 1, 0, 0],
      ['an endpoint that is not there', 0x82, GET_STATUS, 0, 0x83, 2],
      ['an interface that is not there', 0x81, GET_STATUS, 0, 2, 2],
      ['another setting of an interface', 0x01, 11, 1, 1, 0],
      ['a line coding of the data interface', 0xa1, GET_LINE_CODING, 0, 1, 7],
      ['a request of a vendor', 0xc0, 1, 0, 4, 16],
    ] as const) {
      expect(host.control(type, request, value, index, length), what).toBe(STALLED);
      expect(host.control(0x80, GET_STATUS, 0, 0, 2), what).toEqual(Uint8Array.of(0, 0));
    }
  });

  test('a new SETUP ends what was under way, in every stage', () => {
    host.enumerate();
    for (const [type, request, value, length] of [
      [0x80, GET_DESCRIPTOR, 0x0200, 255],
      [0x21, SET_LINE_CODING, 0, 7],
      [0x21, SET_CONTROL_LINE_STATE, 0, 0],
      [0x00, SET_ADDRESS, 99, 0],
    ] as const) {
      host.setup(type, request, value, 0, length);
      bus.pass(50); // what answers it is ready
      expect(host.descriptor(1, 0, 18)).toHaveLength(18);
    }
    expect(bus.address).toBe(host.address);
  });

  test('a host that ends the data stage early is answered', () => {
    host.enumerate();
    host.setup(0x80, GET_DESCRIPTOR, 0x0200, 0, 255);
    bus.pass(20);
    expect(bus.in(host.address, 0)).toMatchObject({ pid: 1 });
    expect(bus.out(host.address, 0, 1, new Uint8Array())).toBe('ack');
    expect(host.descriptor(1, 0, 18)).toHaveLength(18);
  });

  test('line coding is kept, a break is taken, and a line coding of another length is not', () => {
    host.open();
    const coding = Uint8Array.of(0xc0, 0xc6, 0x2d, 0, 0, 0, 8);
    expect(host.control(0x21, SET_LINE_CODING, 0, 0, 7, coding)).toEqual(new Uint8Array());
    expect(host.control(0xa1, GET_LINE_CODING, 0, 0, 7)).toEqual(coding);
    expect(host.control(0x21, SEND_BREAK, 100, 0, 0)).toEqual(new Uint8Array());
    expect(host.control(0x21, SET_LINE_CODING, 0, 0, 6, coding.subarray(1))).toBe(STALLED);
    expect(host.control(0x21, SET_LINE_CODING, 0, 0, 7, coding.subarray(1))).toBe(STALLED);
    expect(host.control(0xa1, GET_LINE_CODING, 0, 0, 7)).toEqual(coding);
  });

  test('the serial number is the one of the flash chip, and there is none where it does not answer', () => {
    host.enumerate();
    expect(host.descriptor(1, 0, 18)[16]).toBe(0);
    const other = new Machine({ referenceHz: () => 0 });
    const flashId = Uint8Array.of(0xe6, 0x61, 0x38, 0x52, 0x83, 0x5a, 0x21, 0x2c);
    const mode = answerUniqueId(other, flashId);
    const otherBus = new TokenBus(other);
    if (typeof image !== 'string') bootFromFlash(other, image);
    otherBus.pass(20_000);
    expect(mode()).toEqual([(31 << 16) | (3 << 8), 2]); // as boot2 had it: the flash can be read
    const otherHost = new AcmHost(otherBus);
    otherHost.enumerate();
    expect(otherHost.descriptor(1, 0, 18)[16]).toBe(3);
    expect(otherHost.text(3)).toBe('E6613852835A212C');
  });
});

/** An SSI with a W25Q16JV behind it that knows command 4Bh. Returns its mode and clock divisor. */
function answerUniqueId(other: Machine, id: Uint8Array): () => readonly number[] {
  const ssi = other.chip.peripherals[(0x18000000 >>> 14) << 2];
  if (ssi === undefined) throw new Error('no SSI');
  const [CTRLR0, SER, BAUDR, RXFLR, DR0] = [0, 0x10, 0x14, 0x24, 0x60];
  let [sent, received]: [number[], number[]] = [[], []];
  let selected = true;
  const frame = (): void => {
    if (!selected || sent.length === 0) return;
    received = sent.map((_, at) => (sent[0] === 0x4b && at >= 5 ? (id[at - 5] ?? 0) : 0xff));
    sent = [];
  };
  other.replace(0x18000000, {
    readUint32: (offset) => {
      if (offset === RXFLR) return received.length;
      if (offset === DR0 && received.length > 0) return received.shift() as number;
      return ssi.readUint32(offset);
    },
    writeUint32: () => {},
    writeUint32Atomic: (offset, value, type) => {
      if (offset === DR0) sent.push(value);
      if (offset === SER) selected = value === 1;
      frame();
      ssi.writeUint32Atomic(offset, value, type);
    },
  });
  return () => [CTRLR0, BAUDR].map((offset) => ssi.readUint32(offset));
}

describe('the data', () => {
  test(`64 KiB go both ways in cells and come back as they went (SEED=${seed})`, () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    const run = echo(session, 65_536);
    expect(until([session], () => run.isDone, 5_000_000)).toBe(true);
    expect(run.right).toBe(65_536);
    expect(bus.faults).toEqual([]);
    expect(host.wrongToggles).toBe(0);
    const resent: number[] = [];
    for (const { address } of [R.LINK_RESENT, R.LINK_BAD_CELLS])
      session.link.read(address, (value) => resent.push(value ?? -1));
    until([session], () => resent.length > 1);
    expect(resent).toEqual([0, 0]);
  });

  test('an answer of whole packets ends the read of a host with 128 bytes of room', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    host.onBytes = (bytes) => {
      sizes.push(bytes.length);
      session.receive(bytes);
    };
    const sizes: number[] = [];
    const values: number[] = [];
    for (let i = 0; i < 5; i++) {
      session.link.read(R.ID.address, (value) => values.push(value ?? 0));
      expect(until([session], () => values.length === i + 1, 20_000)).toBe(true);
    }
    expect(values).toEqual([0, 0, 0, 0, 0].fill(R.ID.reset));
    expect(sizes.every((size) => size % CELL_SIZE === 0)).toBe(true);
  });

  test('the host is refused while the board has no room, and nothing is lost', () => {
    host.open();
    // At every second byte the aligner has to look at a CRC: slower than USB brings them.
    const slow = new Uint8Array(8_192).map((_, at) => (at % 2 === 0 ? 0xa5 : 0));
    host.write(slow);
    host.write(hello(0x1234_5675));
    const came: number[] = [];
    host.onBytes = (bytes) => void came.push(...bytes);
    expect(until([], () => came.length > 0)).toBe(true);
    expect(host.refusals).toBeGreaterThan(10);
    expect(u32le(new CellView(Uint8Array.from(came)).payload, 8)).toBe(0x1234_5675);
  });

  test('CLEAR_FEATURE begins a pipe anew with DATA0, SET_FEATURE stalls it', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    for (const endpoint of [0x02, 0x82]) {
      const number = endpoint & 15;
      expect(host.control(0x02, SET_FEATURE, 0, endpoint, 0)).toEqual(new Uint8Array());
      expect(host.control(0x82, GET_STATUS, 0, endpoint, 2)).toEqual(Uint8Array.of(1, 0));
      if (endpoint & 0x80) expect(bus.in(host.address, number)).toBe('stall');
      else expect(bus.out(host.address, number, 0, new Uint8Array(1))).toBe('stall');
      expect(host.clearHalt(endpoint)).toEqual(new Uint8Array());
      expect(host.control(0x82, GET_STATUS, 0, endpoint, 2)).toEqual(Uint8Array.of(0, 0));
    }
    const run = echo(session, 4_096);
    expect(until([session], () => run.isDone, 3_000_000)).toBe(true);
    for (const endpoint of [0x02, 0x82]) expect(host.clearHalt(endpoint)).toEqual(new Uint8Array()); // as some hosts do it without need
    const again = echo(session, 4_096);
    expect(until([session], () => again.isDone, 3_000_000)).toBe(true);
    expect(host.control(0x02, CLEAR_FEATURE, 0, 0x83, 0)).toBe(STALLED);
    expect(host.wrongToggles).toBe(0);
  });

  test('where nobody reads, the board goes on: without DTR its answers are gone, and the next opening finds none of them', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    for (let i = 0; i < 60; i++) session.link.read(R.ID.address, () => {});
    host.isReading = false;
    until([session], () => false, 20_000);
    host.lineState(false);
    const other = overUart();
    expect(until([other], () => other.link.isOpen)).toBe(true); // at once: the port is closed
    host.isReading = true;
    const stale: number[] = [];
    host.onBytes = (bytes) => void stale.push(bytes.length);
    host.lineState(true);
    until([other], () => false, 20_000);
    expect(stale.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(2 * CELL_SIZE); // what the controller had already
  });
});

describe('the cable', () => {
  test('a bus reset in mid-transfer: enumerated again, the session goes on where it was', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    const run = echo(session, 32_768);
    for (const share of [3_000, 12_000, 20_000]) {
      expect(until([session], () => run.right >= share, 3_000_000)).toBe(true);
      bus.reset();
      expect(bus.address).toBe(0);
      session.link.cut(now());
      host.forget();
      host.open();
      session.link.reconnected(now());
    }
    expect(until([session], () => run.isDone, 5_000_000)).toBe(true);
    expect(run.right).toBe(32_768);
    expect(bus.faults).toEqual([]);
  });

  test('a chip before B2, which cannot abort a buffer (erratum E2), gets through a bus reset, too', () => {
    pretendStepping(machine, 'B1');
    if (typeof image !== 'string') bootFromFlash(machine, image);
    bus.pass(20_000);
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    const run = echo(session, 16_384);
    expect(until([session], () => run.right >= 4_000)).toBe(true);
    bus.reset();
    session.link.cut(now());
    host.forget();
    host.open();
    session.link.reconnected(now());
    expect(until([session], () => run.isDone, 3_000_000)).toBe(true);
    expect(bus.faults).toEqual([]);
  });

  test('unplugged and plugged in again, which the board sees as suspend and reset', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    for (let times = 0; times < 2; times++) {
      bus.suspend();
      session.link.cut(now());
      bus.pass(1_000_000);
      host.forget();
      bus.reset();
      host.open();
      session.link.reconnected(now());
      const run = echo(session, 2_048);
      expect(until([session], () => run.isDone, 3_000_000)).toBe(true);
    }
  });

  test('a computer that sleeps and wakes goes on without a word', () => {
    host.open();
    const session = overUsb();
    expect(until([session], () => session.link.isOpen)).toBe(true);
    bus.suspend();
    bus.pass(1_500_000);
    bus.resume();
    const run = echo(session, 2_048);
    expect(until([session], () => run.isDone, 3_000_000)).toBe(true);
  });

  test('closed and opened three times, with a session each', () => {
    host.open();
    for (let times = 0; times < 3; times++) {
      const session = overUsb(seed + times);
      expect(until([session], () => session.link.isOpen)).toBe(true);
      const run = echo(session, 1_024);
      expect(until([session], () => run.isDone)).toBe(true);
      host.forgetQueued();
      host.lineState(false);
      bus.pass(1_000);
      host.lineState(true);
    }
    expect(host.wrongToggles).toBe(0);
  });

  test('1200 baud and DTR dropped is the way into the boot loader; another rate is not', () => {
    host.open();
    let isAsked = false;
    machine.onBreakpoint = (code) => {
      isAsked ||= code === BOOT_LOADER_BREAKPOINT;
    };
    host.lineState(false);
    bus.pass(50_000);
    expect(isAsked).toBe(false);
    host.lineState(true);
    host.control(0x21, SET_LINE_CODING, 0, 0, 7, Uint8Array.of(0xb0, 0x04, 0, 0, 0, 0, 8));
    host.lineState(false);
    bus.pass(2_000); // at once: the request wakes the bridge
    expect(isAsked).toBe(true);
  });
});

describe('a computer with Linux', () => {
  test('finds nothing to complain of, and knows the board by its names', () => {
    const other = new Machine({ referenceHz: () => 0 });
    const linux = new UsbHost(other);
    linux.plug();
    if (typeof image !== 'string') bootFromFlash(other, image);
    other.run(600e6 as Nanoseconds);
    expect(linux.isConnected).toBe(true);
    expect(linux.identity).toEqual({
      vendor: 0x1209,
      product: 1,
      manufacturer: 'glassnic',
      name: 'glassnic Pico bridge',
      serial: undefined,
    });
    const came: number[] = [];
    linux.onBytes = (bytes) => void came.push(...bytes);
    linux.write(hello(0x77));
    other.run(620e6 as Nanoseconds);
    expect(new CellView(Uint8Array.from(came)).type).toBe(CELL.welcome);
    linux.busReset();
    other.run(1_200e6 as Nanoseconds);
    expect(linux.isConnected).toBe(true);
    expect(linux.complaints).toEqual([]);
  });
});

describe('two lines', () => {
  test('the UART has the link when it says HELLO first, while USB is open and idle; USB gets it when the UART is silent for 2 s', () => {
    host.open();
    const uartSession = overUart();
    expect(until([uartSession], () => uartSession.link.isOpen)).toBe(true);
    const usbSession = overUsb();
    expect(until([uartSession, usbSession], () => usbSession.link.isOpen, 2_500_000)).toBe(false);
    expect(uartSession.link.isOpen).toBe(true);
    const run = echo(uartSession, 1_024);
    expect(until([uartSession, usbSession], () => run.isDone)).toBe(true);
    const silentSince = now();
    const next = overUsb(seed + 7);
    expect(until([next], () => next.link.isOpen, 2_500_000)).toBe(true);
    expect(now() - silentSince).toBeGreaterThan(1_900_000);
    const echoed = echo(next, 1_024);
    expect(until([next], () => echoed.isDone)).toBe(true);
  });

  test('USB has it first; the UART gets it at once when the port is closed', () => {
    host.open();
    const usbSession = overUsb();
    expect(until([usbSession], () => usbSession.link.isOpen)).toBe(true);
    const uartSession = overUart();
    expect(until([usbSession, uartSession], () => uartSession.link.isOpen, 1_000_000)).toBe(false);
    host.lineState(false);
    expect(until([uartSession], () => uartSession.link.isOpen, 150_000)).toBe(true);
    const run = echo(uartSession, 1_024);
    expect(until([uartSession], () => run.isDone)).toBe(true);
  });

  test('half a cell of the old line does not harm the first of the new one, and noise there is no HELLO', () => {
    host.open();
    const usbSession = overUsb();
    expect(until([usbSession], () => usbSession.link.isOpen)).toBe(true);
    const noise = new Random(seed).fill(new Uint8Array(1_000)).fill(0xa5, 100, 500);
    uart.write(noise);
    host.write(noise.subarray(0, 33));
    until([], () => host.queued === 0);
    host.lineState(false);
    const bytes = hello(0x1234_5679);
    const came: number[] = [];
    uart.onBytes = (some) => void came.push(...some);
    uart.write(bytes);
    until([], () => came.length >= CELL_SIZE, 100_000);
    const welcome = new CellView(Uint8Array.from(came.slice(-CELL_SIZE)));
    expect(welcome.type).toBe(CELL.welcome);
    expect(u32le(welcome.payload, 8)).toBe(0x1234_5679);
  });

  test('what is not a HELLO gets no link', () => {
    host.open();
    const cell = new CellView();
    cell.bytes.set(hello(0x55));
    cell.seal(CELL.ack, 5, false, 0, 0, 0);
    uart.write(cell.bytes);
    bus.pass(10_000);
    const usbSession = overUsb();
    expect(until([usbSession], () => usbSession.link.isOpen, 50_000)).toBe(true);
  });
});

/** The first cell of a session. */
function hello(nonce: number): Uint8Array {
  const link = new HostLink({ random: { u32: () => nonce } as unknown as Random });
  link.open(now());
  link.poll(now());
  return link.pull(now())?.slice() ?? new Uint8Array();
}
