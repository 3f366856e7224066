import { describe, expect, test } from 'vitest';
import { CARD_REGISTERS, TX_SLOTS } from '../../src/adapter/registers.ts';
import { romImage } from '../../src/adapter/rom.ts';
import { BROADCAST_MAC, type Mac, parseMac } from '../../src/base/address.ts';
import { equalBytes } from '../../src/base/bytes.ts';
import { LanError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { type Instant, milliseconds, START } from '../../src/base/time.ts';
import { board } from '../../src/bridge/registers.ts';
import { Driver } from '../../src/driver/driver.ts';
import { Bench, frameTo, OWN, onLine } from '../adapter/card.ts';
import { frame, MAC_A, MAC_B, TwoComputers } from './bench.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** Two computers whose links have come up, and whose traces are empty. */
function lan(): TwoComputers {
  const two = new TwoComputers();
  two.run(milliseconds(1));
  two.a.events.length = 0;
  two.b.events.length = 0;
  return two;
}

describe('S99: the driver at the start', () => {
  test('resets the card, reads the ROM, and only then lets frames and interrupts in', () => {
    const bench = new Bench();
    new Driver({ adapter: bench.adapter });
    const accesses = bench.of('register').filter(({ map }) => map === 'card');
    const first = (op: string, register: string): number =>
      accesses.findIndex((access) => access.op === op && access.register === register);
    const order = [
      first('read', 'ID'),
      first('write', 'COMMAND'),
      first('read', 'ROM_DATA'),
      first('write', 'STATION_LOW'),
      first('write', 'IRQ_ENABLE'),
      accesses.findLastIndex(({ register }) => register === 'COMMAND'),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBe(0);
  });

  test('S100: writes the address from the ROM into the MAC circuit', () => {
    const bench = new Bench({ mac: parseMac('02:11:22:33:44:55') });
    const driver = new Driver({ adapter: bench.adapter });
    expect(driver.mac).toBe(parseMac('02:11:22:33:44:55'));
    expect([bench.read('STATION_LOW'), bench.read('STATION_HIGH')]).toEqual([0x3322_1102, 0x5544]);
  });

  test.for([
    ['octets that do not give their sum', romImage(OWN).with(3, 0x40), 'BAD_ROM'],
    ['a group address', romImage(parseMac('01:00:5e:00:00:01')), 'BAD_ROM'],
    ['nothing but zeros', new Uint8Array(32), 'BAD_ROM'],
    ['nothing but ones, as an empty ROM does', new Uint8Array(32).fill(0xff), 'BAD_ROM'],
  ] as const)('refuses a ROM with %s', ([, rom, code]) => {
    const bench = new Bench({ rom });
    expect(() => new Driver({ adapter: bench.adapter })).toThrow(expect.objectContaining({ code }));
  });

  test('refuses a card that does not answer', () => {
    const adapter = { read: () => 0xffff_ffff, write: () => {}, memory: new Uint8Array(0), onInterrupt: () => {} };
    expect(() => new Driver({ adapter })).toThrow(expect.objectContaining({ code: 'NO_CARD' }));
  });
});

describe('S98: a frame from driver to driver', () => {
  test('arrives as it was sent, whatever its length, padded to the shortest', () => {
    const two = lan();
    expect([two.a.driver.isUp, two.b.driver.isUp]).toEqual([true, true]);
    for (const payload of [0, 1, 45, 46, 47, 500, 1499, 1500]) {
      const sent = frame(MAC_B, MAC_A, payload, payload);
      expect(two.a.send(sent)).toBe(true);
      two.run(milliseconds(1));
      const padded = new Uint8Array(Math.max(sent.length, 60));
      padded.set(sent);
      expect(two.b.received.pop()).toEqual(padded);
    }
    expect(two.b.driver.statistics).toMatchObject({ rxFrames: 8, rxOverflows: 0 });
    expect(two.a.driver.statistics).toMatchObject({ txFrames: 8, txErrors: 0 });
  });

  test('S101 to S105, S114 to S118: takes this way through the card, in this order', () => {
    const two = lan();
    two.a.send(frame(MAC_B, MAC_A, 100));
    two.run(milliseconds(1));
    const way = (events: typeof two.a.events): string[] =>
      events.map((event) => {
        if (event.kind === 'register') return `${event.map} ${event.op} ${event.register}`;
        if (event.kind === 'block') return `${event.map} ${event.op} memory`;
        if (event.kind === 'slot') return `${event.memory} slot ${event.state}`;
        if (event.kind === 'frame') return `frame ${event.direction}`;
        return event.kind === 'interrupt' ? `interrupt ${event.level ? 'up' : 'down'}` : event.kind;
      });
    expect(way(two.a.events)).toEqual([
      'card write memory',
      'card write TX_START',
      'transmit slot filled',
      'board write memory',
      'board write TX_GO',
      'transmit slot sending',
      'mac',
      'frame out',
      'transmit slot sent',
      'interrupt up',
      'mac',
      'card read IRQ_STATUS',
      'card write IRQ_STATUS',
      'interrupt down',
      'card read TX_BUSY',
      'card read RX_HEAD',
    ]);
    expect(way(two.b.events)).toEqual([
      'frame in',
      'receive slot received',
      'interrupt up',
      'card read IRQ_STATUS',
      'card write IRQ_STATUS',
      'interrupt down',
      'card read RX_HEAD',
      'card write RX_TAIL',
      'receive slot freed',
    ]);
    const [out] = two.a.of('frame');
    const [arrived] = two.b.of('frame');
    expect(arrived?.bytes).toEqual(out?.bytes);
    // 8 + 114 + 4 octets at 100 Mb/s.
    expect((arrived?.at as Instant) - (out?.at as Instant)).toBeGreaterThanOrEqual(10.08);
  });

  test('S101: is built in the card’s own memory, without a copy', () => {
    const two = lan();
    const place = two.a.driver.begin(60);
    expect(place?.buffer).toBe(two.a.adapter.memory.buffer);
  });

  test('S118: is handed up from the poll, never from within the interrupt or the call that sent it', () => {
    const two = lan();
    two.a.send(frame(MAC_B, MAC_A, 46));
    expect(two.b.received).toEqual([]);
    two.cable.poll(milliseconds(1) as number as Instant);
    two.b.adapter.poll(milliseconds(2) as number as Instant);
    expect([two.b.received.length, two.b.driver.nextDeadline() === undefined]).toEqual([0, false]);
    two.b.driver.poll(milliseconds(2) as number as Instant);
    expect([two.b.received.length, two.b.driver.nextDeadline()]).toEqual([1, undefined]);
  });

  test(`thousands of frames both ways at once arrive in order (SEED=${seed})`, () => {
    const two = lan();
    const random = new Random(seed);
    const plans = [
      { from: two.a, to: two.b, mac: MAC_A, peer: MAC_B },
      { from: two.b, to: two.a, mac: MAC_B, peer: MAC_A },
    ].map((way) => ({ ...way, sent: [] as Uint8Array[] }));
    while (plans.some(({ sent }) => sent.length < 2_000)) {
      for (const { from, mac, peer, sent } of plans) {
        const next = frame(peer, mac, 46 + random.below(1455), sent.length);
        while (from.driver.room > 0 && sent.length < 2_000 && from.send(next)) sent.push(next);
      }
      two.run(milliseconds(1));
      for (const { from } of plans) from.events.length = 0;
    }
    two.run(milliseconds(10));
    for (const { to, sent } of plans) {
      expect(to.received.length).toBe(sent.length);
      expect(sent.every((octets, i) => equalBytes(octets, to.received[i] as Uint8Array))).toBe(true);
    }
  });
});

describe('the link that IP sees', () => {
  test('has room for as many frames as there are slots, then for none until one has got out', () => {
    const two = lan();
    expect(two.a.driver.room).toBe(TX_SLOTS);
    for (let slot = 0; slot < TX_SLOTS; slot++) expect(two.a.send(frame(MAC_B, MAC_A, 46, slot))).toBe(true);
    expect([two.a.driver.room, two.a.driver.begin(60)]).toEqual([0, undefined]);
    two.run(milliseconds(1));
    expect([two.a.driver.room, two.b.received.length]).toEqual([TX_SLOTS, TX_SLOTS]);
  });

  test.for([13, 1515])('takes no frame of %i octets', (length) => {
    expect(() => lan().a.driver.begin(length)).toThrow(LanError);
  });

  test('is down while the cable is cut or the board is gone, and comes up again by itself', () => {
    const two = lan();
    two.cable.cut();
    two.run(milliseconds(1));
    expect([two.a.driver.isUp, two.a.driver.room, two.a.driver.begin(60)]).toEqual([false, 0, undefined]);
    two.cable.mend();
    two.run(milliseconds(1));
    expect(two.a.driver.isUp).toBe(true);
    two.a.bus.unplug('pulled out');
    two.run(milliseconds(1));
    expect(two.a.driver.isUp).toBe(false);
    two.a.bus.replug();
    two.run(milliseconds(1));
    expect(two.a.driver.isUp).toBe(true);
    two.a.send(frame(MAC_B, MAC_A, 46));
    two.b.send(frame(MAC_A, MAC_B, 46));
    two.run(milliseconds(1));
    expect([two.a.received.length, two.b.received.length]).toEqual([1, 1]);
  });

  test('gets its slots back when the board goes with frames under way', () => {
    const two = lan();
    for (let slot = 0; slot < TX_SLOTS; slot++) two.a.send(frame(MAC_B, MAC_A, 1500));
    two.a.bus.unplug('pulled out');
    two.run(milliseconds(1));
    expect(two.a.driver.statistics).toMatchObject({ txFrames: 16, txErrors: 16 });
    two.a.bus.replug();
    two.run(milliseconds(1));
    expect(two.a.driver.room).toBe(TX_SLOTS);
  });
});

test('the MAC circuit gets the duplex mode of the line, whenever that changes', () => {
  const bench = new Bench();
  const driver = new Driver({ adapter: bench.adapter });
  const modes = [0, 1, 0].map((fullDuplex) => {
    bench.bus.open();
    bench.bus.answers.STATUS = board.pack('STATUS', { linkUp: 1, fullDuplex });
    bench.poll();
    driver.poll(START);
    bench.bus.lose();
    bench.poll();
    driver.poll(START);
    return bench.get('COMMAND', 'fullDuplex');
  });
  expect(modes).toEqual([0, 1, 0]);
});

describe('S117: working off interrupts', () => {
  test('takes at most 64 frames a poll and asks to be polled again for the rest', () => {
    const bench = new Bench();
    const driver = new Driver({ adapter: bench.adapter });
    let frames = 0;
    driver.onFrame = () => frames++;
    bench.bus.open();
    for (let i = 0; i < 150; i++) bench.bus.receive(onLine(frameTo(OWN)));
    bench.poll();
    const seen: number[] = [];
    while (driver.nextDeadline() !== undefined) {
      driver.poll(START);
      seen.push(frames);
    }
    expect(seen).toEqual([64, 128, 150]);
    expect([bench.get('STATUS', 'rxEmpty'), bench.read('IRQ_STATUS')]).toEqual([1, 0]);
    expect(bench.of('interrupt').at(-1)).toMatchObject({ level: false });
  });

  test('loses nothing that comes while a frame is being handed up', () => {
    const bench = new Bench();
    const driver = new Driver({ adapter: bench.adapter });
    bench.bus.open();
    bench.poll();
    driver.poll(START);
    const lengths: number[] = [];
    driver.onFrame = (octets) => {
      lengths.push(octets.length);
      if (lengths.length > 1) return;
      bench.bus.receive(onLine(frameTo(OWN, 90)));
      bench.poll();
    };
    bench.bus.receive(onLine(frameTo(OWN, 80)));
    bench.poll();
    while (driver.nextDeadline() !== undefined) driver.poll(START);
    expect(lengths).toEqual([80, 90]);
  });

  test('goes round the end of the ring with frames of every length', () => {
    const bench = new Bench();
    const driver = new Driver({ adapter: bench.adapter });
    const got: Uint8Array[] = [];
    driver.onFrame = (octets) => got.push(octets.slice());
    bench.bus.open();
    for (let i = 0; i < 1_000; i++) {
      const sent = frameTo(OWN, 60 + ((i * 37) % 1455), i);
      bench.bus.receive(onLine(sent));
      bench.poll();
      driver.poll(START);
      expect(equalBytes(got.pop() as Uint8Array, sent)).toBe(true);
    }
    expect(driver.statistics.rxFrames).toBe(1_000);
  });

  test('counts the times when frames were lost for want of room', () => {
    const bench = new Bench();
    const driver = new Driver({ adapter: bench.adapter });
    bench.bus.open();
    for (let i = 0; i < 80; i++) bench.bus.receive(onLine(frameTo(OWN, 1514)));
    bench.poll();
    while (driver.nextDeadline() !== undefined) driver.poll(START);
    expect(driver.statistics).toMatchObject({ rxFrames: 64, rxOverflows: 1 });
    expect(bench.read('RX_OVERFLOW')).toBe(16);
  });
});

describe('addresses that the driver lets in', () => {
  const GROUP = parseMac('01:00:5e:00:00:fb');
  const OTHER = parseMac('02:00:00:00:00:99');
  const arrives = (two: TwoComputers, to: Mac): boolean => {
    two.b.received.length = 0;
    two.a.send(frame(to, MAC_A, 46));
    two.run(milliseconds(1));
    return two.b.received.length === 1;
  };

  test('are its own and the broadcast address', () => {
    const two = lan();
    expect([MAC_B, BROADCAST_MAC, OTHER, GROUP].map((to) => arrives(two, to))).toEqual([true, true, false, false]);
  });

  test('and each group, from its first join to its last leave', () => {
    const two = lan();
    const steps: boolean[] = [];
    two.b.driver.joinMulticast(GROUP);
    two.b.driver.joinMulticast(GROUP);
    steps.push(arrives(two, GROUP), arrives(two, parseMac('01:00:5e:00:00:01')));
    two.b.driver.leaveMulticast(GROUP);
    steps.push(arrives(two, GROUP));
    two.b.driver.leaveMulticast(GROUP);
    steps.push(arrives(two, GROUP));
    expect(steps).toEqual([true, false, true, false]);
    expect(() => two.b.driver.joinMulticast(OTHER)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  test('and all of them while it is promiscuous', () => {
    const two = lan();
    two.b.driver.setPromiscuous(true);
    expect([arrives(two, OTHER), arrives(two, GROUP)]).toEqual([true, true]);
    two.b.driver.setPromiscuous(false);
    expect(arrives(two, OTHER)).toBe(false);
  });
});

describe('the PHY', () => {
  test('is read and written through MDIO, one register at a time', () => {
    const two = lan();
    const { driver } = two.a;
    const got: number[] = [];
    expect(driver.readPhy(1, 2, (data) => got.push(data))).toBe(true);
    expect(driver.readPhy(1, 3, (data) => got.push(data))).toBe(false);
    expect(got).toEqual([]);
    two.run(milliseconds(1));
    expect(driver.writePhy(1, 4, 0x0061, () => got.push(-1))).toBe(true);
    two.run(milliseconds(1));
    driver.readPhy(1, 4, (data) => got.push(data));
    two.run(milliseconds(1));
    driver.readPhy(9, 2, (data) => got.push(data)); // nobody there
    two.run(milliseconds(1));
    expect(got).toEqual([0x0007, -1, 0x0061, 0xffff]);
  });
});

test('every card access of the driver names a register', () => {
  const two = lan();
  two.a.send(frame(MAC_B, MAC_A, 46));
  two.run(milliseconds(1));
  for (const { map, register } of two.a.of('register'))
    if (map === 'card') expect(Object.keys(CARD_REGISTERS)).toContain(register);
});
