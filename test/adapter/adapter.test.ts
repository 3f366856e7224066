import { describe, expect, test } from 'vitest';
import {
  BUFFER_MEMORY_SIZE,
  CARD_REGISTERS,
  CARD_WINDOWS,
  type CardRegister,
  RX_RING_SIZE,
} from '../../src/adapter/registers.ts';
import { romImage } from '../../src/adapter/rom.ts';
import { BROADCAST_MAC } from '../../src/base/address.ts';
import { board } from '../../src/bridge/registers.ts';
import { Bench, frameTo, OWN, onLine } from './card.ts';
import { LINE_UP, OWN_MAC } from './fake-bus.ts';

const names = Object.keys(CARD_REGISTERS) as CardRegister[];
/** Reading these tells of something else than the value that was stored. */
const LIVE: readonly CardRegister[] = ['STATUS', 'ROM_DATA'];

describe('the card’s registers', () => {
  test('have the values of the table after reset', () => {
    const bench = Bench.on({ promiscuous: 1 });
    bench.write('RX_TAIL', 400);
    bench.send(3, frameTo(OWN));
    bench.set('COMMAND', { reset: 1 });
    for (const name of names.filter((name) => !LIVE.includes(name)))
      expect([name, bench.read(name)]).toEqual([name, CARD_REGISTERS[name].reset]);
  });

  test('that are read only do not change by a write', () => {
    const bench = new Bench();
    for (const name of names.filter((name) => CARD_REGISTERS[name].access === 'ro' && !LIVE.includes(name))) {
      bench.write(name, 0xffff_ffff);
      expect([name, bench.read(name)]).toEqual([name, CARD_REGISTERS[name].reset]);
    }
  });

  test('hold only the bits that have a field', () => {
    const bench = new Bench();
    bench.write('STATION_HIGH', 0xffff_ffff);
    bench.write('IRQ_ENABLE', 0xffff_ffff);
    bench.write('COMMAND', 0xffff_fffe);
    bench.write('STATION_LOW', 0xffff_ffff);
    expect(bench.read('STATION_HIGH')).toBe(0xffff);
    expect(bench.read('IRQ_ENABLE')).toBe(0x7f);
    expect(bench.read('COMMAND')).toBe(0x7e);
    expect(bench.read('STATION_LOW')).toBe(0xffff_ffff);
  });

  test('S93: share their address space with the buffer memory, and nothing else answers', () => {
    const bench = new Bench();
    const { address } = CARD_WINDOWS.BUFFER_MEMORY;
    bench.adapter.write(address + 8, 0x0403_0201);
    expect([...bench.adapter.memory.subarray(8, 12)]).toEqual([1, 2, 3, 4]);
    expect(bench.adapter.read(address + 8)).toBe(0x0403_0201);
    for (const nowhere of [0x044, 0x098, 0x102, address - 4, address + BUFFER_MEMORY_SIZE, address + 2, -4]) {
      bench.adapter.write(nowhere, 0xffff_ffff);
      expect(bench.adapter.read(nowhere)).toBe(0);
    }
  });

  test('S95: show the ROM octet by octet, the address first, then its sum', () => {
    const bench = new Bench();
    bench.write('ROM_ADDRESS', 0);
    const octets = Array.from({ length: 8 }, () => bench.read('ROM_DATA'));
    expect(octets).toEqual([0x02, 0, 0, 0, 0, 0x01, 0x03, 0xff]);
    bench.write('ROM_ADDRESS', 31);
    bench.read('ROM_DATA');
    expect(bench.read('ROM_ADDRESS')).toBe(0); // 5 bits: it goes round
    expect(bench.read('ROM_DATA')).toBe(romImage(OWN)[0]);
  });
});

describe('the card and a board', () => {
  test('without a board says so, and has no link', () => {
    const bench = new Bench();
    bench.poll();
    expect([bench.get('STATUS', 'boardPresent'), bench.get('STATUS', 'linkUp')]).toEqual([0, 0]);
    expect([bench.get('STATUS', 'rxEmpty'), bench.get('STATUS', 'txIdle')]).toEqual([1, 1]);
  });

  test('programs each board that comes as the driver wants it, CONTROL last, and reads the line’s state', () => {
    const bench = Bench.on();
    bench.bus.lose();
    bench.poll();
    bench.bus.open();
    bench.poll();
    const written = bench.bus.operations.filter(({ op }) => op === 'write').map(({ register }) => register);
    expect(written.slice(-4)).toEqual(['IRQ_ENABLE', 'STATION_LOW', 'STATION_HIGH', 'CONTROL']);
    expect(bench.bus.written('STATION_LOW').at(-1)).toBe(2);
    expect(bench.bus.written('CONTROL').at(-1)).toBe(
      board.pack('CONTROL', { rxEnable: 1, txEnable: 1, fullDuplex: 1 }),
    );
    expect([bench.get('STATUS', 'linkUp'), bench.get('STATUS', 'speed100'), bench.get('STATUS', 'rawLine')]).toEqual([
      1, 1, 1,
    ]);
    expect(bench.causes()).toEqual(['linkChange', 'boardChange']);
  });

  test('that is lost shows link down, ends all its slots as failed and tells of it', () => {
    const bench = Bench.on();
    for (let slot = 0; slot < 6; slot++) bench.send(slot, frameTo(OWN));
    bench.bus.lose();
    bench.poll();
    expect([bench.get('STATUS', 'boardPresent'), bench.get('STATUS', 'linkUp')]).toEqual([0, 0]);
    expect(bench.read('TX_BUSY')).toBe(0);
    expect(bench.outcome(0)).toEqual({ state: 3, attempts: 1, noLink: 1 });
    expect(bench.outcome(5)).toEqual({ state: 3, noLink: 1 });
    expect(bench.read('TX_ABORTED')).toBe(6);
    expect(bench.causes()).toEqual(['txDone', 'linkChange', 'txError', 'boardChange']);
  });

  test('acknowledges the board’s causes and takes over the line’s new state', () => {
    const bench = Bench.on();
    bench.bus.raise({ kind: 'interrupt', causes: board.mask('IRQ_STATUS', 'linkChange'), status: 0 });
    bench.poll();
    expect(bench.bus.written('IRQ_STATUS')).toEqual([board.mask('IRQ_STATUS', 'linkChange')]);
    expect(bench.get('STATUS', 'linkUp')).toBe(0);
    expect(bench.causes()).toEqual(['linkChange']);
    expect(bench.of('phy').at(-1)).toMatchObject({ link: false });
  });

  test('tells of frames that the board had no room for', () => {
    const bench = Bench.on();
    bench.bus.raise({ kind: 'interrupt', causes: board.mask('IRQ_STATUS', 'rxDropped'), status: LINE_UP });
    bench.poll();
    expect(bench.causes()).toEqual(['rxOverflow']);
  });

  test('does not take for its own what the board raised before a reset reached it', () => {
    const bench = Bench.on();
    bench.send(0, frameTo(OWN));
    bench.bus.slowReads = true;
    bench.set('COMMAND', { reset: 1 });
    bench.write('STATION_LOW', 2);
    bench.write('STATION_HIGH', 0x0100);
    bench.set('COMMAND', { rxEnable: 1, txEnable: 1, fullDuplex: 1 });
    bench.send(0, frameTo(OWN, 100));
    bench.bus.transmitted(0, { aborted: 1 });
    bench.bus.receive(onLine(frameTo(OWN)));
    bench.poll();
    expect([bench.outcome(0), bench.read('RX_FRAMES')]).toEqual([{ state: 2, attempts: 1 }, 0]);
    bench.bus.answer();
    bench.bus.transmitted(0, { sent: 1 });
    bench.bus.receive(onLine(frameTo(OWN)));
    bench.poll();
    expect([bench.outcome(0), bench.read('RX_FRAMES')]).toEqual([{ state: 3, sent: 1, attempts: 1 }, 1]);
  });

  test('opens a chip’s own filter for groups as soon as one is joined', () => {
    const bench = Bench.on({}, OWN_MAC);
    const allMulticast = (): number => board.get('CONTROL', 'allMulticast', bench.bus.written('CONTROL').at(-1) ?? 0);
    bench.set('COMMAND', { rxEnable: 1 });
    expect(allMulticast()).toBe(0);
    bench.write('MULTICAST_HIGH', 1);
    expect(allMulticast()).toBe(1);
  });
});

describe('S96: the PHY behind MDIO', () => {
  test('is read through the board; busy falls and mdioDone rises at the end', () => {
    const bench = Bench.on();
    bench.bus.slowReads = true;
    bench.bus.answers.MDIO = board.pack('MDIO', { data: 0x782d, register: 1, phy: 1 });
    bench.set('MDIO', { register: 1, phy: 1 });
    expect(bench.get('MDIO', 'busy')).toBe(1);
    bench.set('MDIO', { register: 2, phy: 1 }); // ignored: one is under way
    expect(bench.bus.written('MDIO')).toEqual([board.pack('MDIO', { register: 1, phy: 1 })]);
    expect(bench.causes()).toEqual([]);
    bench.bus.answer();
    expect([bench.get('MDIO', 'busy'), bench.get('MDIO', 'data')]).toEqual([0, 0x782d]);
    expect(bench.causes()).toEqual(['mdioDone']);
  });

  test('reads as ones where there is no board, or when it goes meanwhile', () => {
    const bench = new Bench();
    bench.set('MDIO', { register: 1 });
    expect([bench.get('MDIO', 'busy'), bench.get('MDIO', 'data')]).toEqual([0, 0xffff]);
    bench.bus.open();
    bench.bus.slowReads = true;
    bench.poll();
    bench.set('MDIO', { register: 1 });
    bench.bus.lose();
    bench.poll();
    expect([bench.get('MDIO', 'busy'), bench.get('MDIO', 'data')]).toEqual([0, 0xffff]);
  });
});

test('an MDIO operation that found no room on the bus ends, too, when the board goes', () => {
  const bench = Bench.on();
  bench.bus.room = 0;
  bench.set('MDIO', { register: 1 });
  expect(bench.get('MDIO', 'busy')).toBe(1);
  bench.bus.lose();
  bench.poll();
  expect([bench.get('MDIO', 'busy'), bench.get('MDIO', 'data')]).toEqual([0, 0xffff]);
});

describe('S114: receiving', () => {
  test('S115: puts a good frame into the ring and raises the interrupt line', () => {
    const bench = Bench.on();
    bench.set('IRQ_ENABLE', { rxReady: 1 });
    bench.bus.receive(onLine(frameTo(OWN)), 0, 77);
    bench.poll();
    expect(bench.levels.at(-1)).toBe(true);
    expect(bench.causes()).toEqual(['rxReady']);
    expect(bench.read('RX_HEAD')).toBe(8 + 64);
    expect([bench.read('RX_FRAMES'), bench.read('RX_OCTETS')]).toEqual([1, 64]);
    expect(bench.of('frame').at(-1)).toMatchObject({ direction: 'in', raw: true, at: bench.clock.now() });
    bench.write('IRQ_STATUS', bench.read('IRQ_STATUS'));
    expect(bench.levels.at(-1)).toBe(false);
  });

  const spoilt = onLine(frameTo(OWN)).with(20, 0xff);
  test.for([
    ['with a wrong FCS', spoilt, 0, 'RX_FCS_ERROR', 'mac:fcs'],
    ['with a wrong FCS that ended within an octet', spoilt, 2, 'RX_ALIGNMENT_ERROR', 'mac:alignment'],
    ['that the PHY marked', onLine(frameTo(OWN)), 1, 'RX_LINE_ERROR', 'mac:line-error'],
    ['that the board cut', onLine(frameTo(OWN)), 4, 'RX_LINE_ERROR', 'mac:line-error'],
    ['without SFD', new Uint8Array(72).fill(0x55), 0, 'RX_NO_SFD', 'mac:no-sfd'],
    ['without any octet', new Uint8Array(0), 0, 'RX_NO_SFD', 'mac:no-sfd'],
    ['of 63 octets', onLine(frameTo(OWN)).subarray(0, 71), 0, 'RX_RUNT', 'mac:runt'],
    ['of 1519 octets', onLine(frameTo(OWN, 1515)), 0, 'RX_GIANT', 'mac:giant'],
    ['for another station', onLine(frameTo(0x0200_0000_0009 as typeof OWN)), 0, 'RX_FILTERED', 'mac:filtered'],
  ] as const)('drops, counts and traces a frame %s', ([, octets, flags, counter, reason]) => {
    const bench = Bench.on();
    bench.bus.receive(octets, flags);
    bench.poll();
    expect(bench.read(counter)).toBe(1);
    expect([bench.read('RX_FRAMES'), bench.read('RX_HEAD'), bench.causes()]).toEqual([0, 0, []]);
    expect(bench.of('frame').at(-1)).toMatchObject({ direction: 'in', drop: reason });
  });

  test('takes a frame with dribbling bits behind a good FCS', () => {
    const bench = Bench.on();
    bench.bus.receive(onLine(frameTo(OWN)), 2);
    bench.poll();
    expect([bench.read('RX_FRAMES'), bench.read('RX_ALIGNMENT_ERROR')]).toEqual([1, 0]);
  });

  test('counts broadcast and group frames by themselves', () => {
    const bench = Bench.on({ allMulticast: 1 });
    bench.bus.receive(onLine(frameTo(BROADCAST_MAC)));
    bench.bus.receive(onLine(frameTo(0x0100_5e00_0001 as typeof OWN)));
    bench.poll();
    expect([bench.read('RX_BROADCAST'), bench.read('RX_MULTICAST'), bench.read('RX_FRAMES')]).toEqual([1, 1, 2]);
  });

  test('counts what finds the ring full, and says so by an interrupt', () => {
    const bench = Bench.on();
    const fits = Math.floor((RX_RING_SIZE - 4) / (8 + 1520));
    for (let i = 0; i < fits + 3; i++) bench.bus.receive(onLine(frameTo(OWN, 1514)));
    bench.poll();
    expect([bench.read('RX_FRAMES'), bench.read('RX_OVERFLOW')]).toEqual([fits, 3]);
    expect(bench.causes()).toEqual(['rxReady', 'rxOverflow']);
    expect(bench.of('frame').at(-1)).toMatchObject({ drop: 'mac:ring-full' });
  });

  test('hears nothing while it is switched off', () => {
    const bench = Bench.on({ rxEnable: 0 });
    bench.bus.receive(onLine(frameTo(OWN)));
    bench.poll();
    expect([bench.read('RX_FRAMES'), bench.read('RX_HEAD')]).toEqual([0, 0]);
    expect(bench.of('frame').at(-1)).toMatchObject({ drop: 'mac:disabled' });
  });

  test('takes a frame as it is from a chip that has its own MAC, and does not show preamble or FCS that were not there', () => {
    const bench = Bench.on({}, OWN_MAC);
    bench.bus.receive(frameTo(OWN, 42));
    bench.poll();
    expect([bench.read('RX_FRAMES'), bench.read('RX_OCTETS')]).toEqual([1, 46]);
    expect([...bench.adapter.memory.subarray(0x8000, 0x8004)]).toEqual([42, 0, 0x04, 0]);
    expect(bench.of('frame').at(-1)).toMatchObject({ raw: false, bytes: frameTo(OWN, 42) });
  });
});

test('loopback brings back what was sent, octet for octet, without board or cable', () => {
  const bench = new Bench();
  bench.write('STATION_LOW', 2);
  bench.write('STATION_HIGH', 0x0100);
  bench.set('COMMAND', { rxEnable: 1, txEnable: 1, loopback: 1 });
  for (let slot = 0; slot < 3; slot++) bench.send(slot, frameTo(OWN, 60 + slot));
  expect(bench.read('RX_FRAMES')).toBe(0); // not within the call that sent it
  for (let i = 0; i < 3; i++) {
    expect(bench.adapter.nextDeadline()).toBe(bench.clock.now());
    bench.poll();
  }
  expect(bench.adapter.nextDeadline()).toBeUndefined();
  expect([bench.read('RX_FRAMES'), bench.read('TX_FRAMES'), bench.read('TX_BUSY')]).toEqual([3, 3, 0]);
  expect(bench.adapter.memory.subarray(0x8008, 0x8008 + 60)).toEqual(frameTo(OWN, 60));
  bench.bus.open();
  bench.poll();
  expect(board.get('CONTROL', 'rxEnable', bench.bus.written('CONTROL').at(-1) ?? 1)).toBe(0);
});
