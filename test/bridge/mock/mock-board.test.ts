import { describe, expect, test } from 'vitest';
import { type Instant, microseconds, milliseconds, START } from '../../../src/base/time.ts';
import { MockBoard, type MockBoardOptions } from '../../../src/bridge/mock/mock-board.ts';
import type { BoardEvent } from '../../../src/bridge/register-bus.ts';
import { BOARD_REGISTERS, BOARD_WINDOWS, board, RX_FLAGS, TX_BUFFER_SIZE } from '../../../src/bridge/registers.ts';
import { Cable } from '../../../src/cable/cable.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { lineFrame, run, Witness } from '../../cable/station.ts';

const R = BOARD_REGISTERS;
const at = (us: number): Instant => us as Instant;
const ON = board.mask('CONTROL', 'rxEnable', 'txEnable');
const bufferAddress = (n: number): number => BOARD_WINDOWS.TX_BUFFER.address + n * TX_BUFFER_SIZE;

/** A board and a witness on a cable, link up and known to the board. */
function bench(options: MockBoardOptions = {}) {
  const cable = new Cable({ speed: 100, delay: microseconds(0) });
  const peer = new Witness(cable.a);
  const device = new MockBoard(cable.b, options);
  cable.poll(START);
  const events = (): BoardEvent[] => {
    const all: BoardEvent[] = [];
    for (let event = device.takeEvent(); event !== undefined; event = device.takeEvent())
      all.push(event.kind === 'received' ? { ...event, bytes: event.bytes.slice() } : event);
    return all;
  };
  const go = (buffer: number, length: number): void =>
    device.write(R.TX_GO.address, board.pack('TX_GO', { buffer, length }));
  const send = (buffer: number, frame: Uint8Array): void => {
    device.writeBlock(bufferAddress(buffer), frame);
    go(buffer, frame.length);
  };
  return { cable, peer, device, events, go, send };
}
const status = (fields: Parameters<typeof board.pack<'TX_STATUS'>>[1]): number => board.pack('TX_STATUS', fields);

describe('the mock board', () => {
  test('says what it is: a raw line with MDIO, time stamps and loopback, full duplex', () => {
    const { device } = bench();
    expect(device.read(R.ID.address)).toBe(R.ID.reset);
    expect(board.get('VERSION', 'board', device.read(R.VERSION.address))).toBe(1);
    expect(device.read(R.CAPS.address)).toBe(device.identity.caps);
    expect(device.read(R.BUFFERS.address)).toBe(device.identity.buffers);
    expect(device.identity.caps).toBe(
      board.mask('CAPS', 'rawLine', 'speed10', 'speed100', 'mdio', 'timestamps', 'loopback', 'linkStatus'),
    );
    expect(device.read(R.STATUS.address)).toBe(
      board.pack('STATUS', { linkUp: 1, speed100: 1, fullDuplex: 1, refClock: 1 }),
    );
  });

  test('registers: rw holds its fields, ro ignores, wo reads 0, and where there is none nothing happens', () => {
    const { device } = bench();
    for (const register of Object.values(R)) device.write(register.address, 0xffff_fffe);
    expect(device.read(R.SCRATCH.address)).toBe(0xffff_fffe);
    expect(device.read(R.STATION_LOW.address)).toBe(0xffff_fffe);
    expect(device.read(R.STATION_HIGH.address)).toBe(0xfffe);
    expect(device.read(R.CONTROL.address)).toBe(0x7e);
    expect(device.read(R.IRQ_ENABLE.address)).toBe(0xe);
    expect(device.read(R.ID.address)).toBe(R.ID.reset);
    expect(device.read(R.TX_FRAMES.address)).toBe(0);
    expect(device.read(R.TX_GO.address)).toBe(0);
    for (const address of [0x021, 0x022, 0x03c, 0x200, 0x4000, 0xfffc, 0x1_0020, -4, 2 ** 33]) {
      device.write(address, 7);
      expect(device.read(address)).toBe(0);
    }
    expect(device.read(R.SCRATCH.address)).toBe(0xffff_fffe);
  });

  test('blocks of any length and alignment go into the window, and nothing outside of it', () => {
    const { device } = bench();
    const { address, size } = BOARD_WINDOWS.TX_BUFFER;
    const block = Uint8Array.of(1, 2, 3, 4, 5);
    device.writeBlock(address + 3, block);
    device.writeBlock(address + size - 5, block);
    const inside = new Uint8Array(5);
    for (const start of [address + 3, address + size - 5]) {
      device.readBlock(start, inside.fill(0));
      expect(inside).toEqual(block);
    }
    for (const start of [address - 1, address + size - 4, 0, 0x20, 0xffff]) {
      device.writeBlock(
        start,
        block.map((octet) => octet + 50),
      );
      device.readBlock(start, inside.fill(9));
      expect(inside).toEqual(new Uint8Array(5));
    }
  });

  test('sends a buffer bit by bit and tells its end and time; the buffers follow each other at line rate', () => {
    const { cable, peer, device, events, send } = bench();
    device.write(R.CONTROL.address, ON);
    device.poll(at(100));
    for (const [buffer, payload] of [
      [3, 46],
      [0, 46],
      [7, 1500],
    ] as const)
      send(buffer, lineFrame(payload, buffer));
    expect(events()).toEqual([]);
    run([cable, device], milliseconds(1), 100);
    expect(peer.received.map(({ octets }) => octets)).toEqual([lineFrame(46, 3), lineFrame(46, 0), lineFrame(1500, 7)]);
    expect(peer.received.map((frame) => frame.at)).toEqual(
      [105.76, 112.48, 235.52].map((time) => expect.closeTo(time, 9)),
    );
    expect(events()).toEqual([
      { kind: 'transmitted', status: status({ buffer: 3, sent: 1 }), time: 105 },
      { kind: 'transmitted', status: status({ buffer: 0, sent: 1 }), time: 112 },
      { kind: 'transmitted', status: status({ buffer: 7, sent: 1 }), time: 235 },
    ]);
    expect(device.read(R.TX_STATUS.address)).toBe(status({ buffer: 7, sent: 1 }));
    expect(device.read(R.TX_FRAMES.address)).toBe(3);
    expect(device.read(R.TX_OCTETS.address)).toBe(72 + 72 + 1526);
  });

  test.for([
    ['of a busy buffer', 0, 72, ON],
    ['of a buffer that is not there', 2, 72, ON],
    ['of the 255th buffer', 255, 72, ON],
    ['without octets', 1, 0, ON],
    ['longer than BUFFERS.maxFrame', 1, TX_BUFFER_SIZE + 1, ON],
    ['while txEnable is 0', 1, 72, board.mask('CONTROL', 'rxEnable')],
  ] as const)('refuses a TX_GO %s: no event, nothing sent, txError', ([, buffer, length, control]) => {
    const { cable, peer, device, events, go, send } = bench({ txBuffers: 2 });
    device.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'txError'));
    device.write(R.CONTROL.address, ON);
    send(0, lineFrame(46));
    device.write(R.CONTROL.address, control);
    go(buffer, length);
    run([cable, device], milliseconds(1));
    const error = board.mask('IRQ_STATUS', 'txError');
    expect(peer.received).toHaveLength(1);
    expect(events().map((event) => (event.kind === 'interrupt' ? event.causes : event.kind))).toEqual([
      'transmitted',
      error,
    ]);
    expect(device.read(R.IRQ_STATUS.address) & error).toBe(error);
    expect(device.read(R.TX_ERRORS.address)).toBe(1);
  });

  test('a buffer belongs to the board until its event has been taken, so events never outnumber buffers', () => {
    const { cable, device, events, go, send } = bench({ txBuffers: 1 });
    device.write(R.CONTROL.address, ON);
    send(0, lineFrame(46));
    run([cable, device], milliseconds(1));
    go(0, 72);
    expect(device.read(R.TX_ERRORS.address)).toBe(1);
    expect(events()).toHaveLength(1);
    go(0, 72);
    run([cable, device], milliseconds(2), 1000);
    expect(events()).toHaveLength(1);
  });

  test('without link a transmission ends so, and a cut raises linkChange with the new STATUS', () => {
    const { cable, device, events, send } = bench();
    device.write(R.CONTROL.address, ON);
    device.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'linkChange'));
    cable.cut();
    send(0, lineFrame(46));
    run([cable, device], milliseconds(1));
    expect(events()).toEqual([
      { kind: 'transmitted', status: status({ noLink: 1 }), time: 0 },
      {
        kind: 'interrupt',
        causes: board.mask('IRQ_STATUS', 'linkChange'),
        status: board.pack('STATUS', { speed100: 1, fullDuplex: 1, refClock: 1 }),
      },
    ]);
    expect(device.read(R.TX_FRAMES.address)).toBe(0);
  });

  test('receives with time of the last bit while rxEnable is set, and only then', () => {
    const { cable, peer, device, events } = bench();
    peer.plug.transmit(lineFrame(46, 1), START);
    run([cable, device], milliseconds(1));
    device.write(R.CONTROL.address, ON);
    peer.plug.transmit(lineFrame(46, 2), at(5000));
    run([cable, device], milliseconds(6), 5000);
    expect(events()).toEqual([{ kind: 'received', bytes: lineFrame(46, 2), flags: 0, time: 5005 }]);
    expect([device.read(R.RX_FRAMES.address), device.read(R.RX_OCTETS.address)]).toEqual([1, 72]);
  });

  test('a full receive queue drops whole frames, counts them, raises rxDropped and traces; what was in it stays whole', () => {
    const drops: TraceEvent[] = [];
    const { cable, peer, device, events } = bench({ rxKilobytes: 4, trace: (event) => drops.push(event) });
    device.write(R.CONTROL.address, ON);
    device.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'rxDropped'));
    for (let n = 1; n < 5; n++) peer.queue.push(lineFrame(1500, n));
    peer.plug.transmit(lineFrame(1500, 0), START);
    run([cable, device], milliseconds(2));
    const all = events();
    expect(all.filter((event) => event.kind === 'received').map(({ bytes }) => bytes)).toEqual([
      lineFrame(1500, 0),
      lineFrame(1500, 1),
    ]);
    // One event for the cause, however often it came.
    expect(all.filter((event) => event.kind === 'interrupt')).toMatchObject([
      { causes: board.mask('IRQ_STATUS', 'rxDropped') },
    ]);
    expect([device.read(R.RX_DROPPED.address), device.read(R.RX_FRAMES.address)]).toEqual([3, 2]);
    expect(drops).toMatchObject(Array(3).fill({ kind: 'drop', reason: 'board:receive-queue-full' }));
  });

  test('a frame that the board cannot hold is cut and flagged, one with a broken last octet is flagged', () => {
    const { device, events } = bench();
    device.write(R.CONTROL.address, ON);
    device.receive(new Uint8Array(5000).fill(7), true, at(1));
    device.receive(lineFrame(46), false, at(2));
    expect(events()).toEqual([
      { kind: 'received', bytes: new Uint8Array(TX_BUFFER_SIZE).fill(7), flags: RX_FLAGS.truncated, time: 1 },
      { kind: 'received', bytes: lineFrame(46), flags: RX_FLAGS.alignment, time: 2 },
    ]);
    expect(device.read(R.RX_ERRORS.address)).toBe(1);
  });

  test('a cause raises an event when it becomes pending while enabled, or is enabled while pending; once, until acknowledged', () => {
    const { device, events, go } = bench();
    const error = board.mask('IRQ_STATUS', 'txError');
    const causes = (): number[] => events().map((event) => (event.kind === 'interrupt' ? event.causes : -1));
    go(0, 0);
    expect(causes()).toEqual([]);
    device.write(R.IRQ_ENABLE.address, error);
    expect(causes()).toEqual([error]);
    go(0, 0);
    expect(causes()).toEqual([]);
    device.write(R.IRQ_STATUS.address, error);
    expect(device.read(R.IRQ_STATUS.address) & error).toBe(0);
    go(0, 0);
    expect(causes()).toEqual([error]);
  });

  test('loopback: what is sent comes back in its time, and nothing goes to or comes from the line', () => {
    const { cable, peer, device, events, send } = bench();
    device.write(R.CONTROL.address, ON | board.mask('CONTROL', 'loopback'));
    send(1, lineFrame(46, 5));
    send(2, lineFrame(46, 6));
    peer.plug.transmit(lineFrame(46, 9), START);
    expect(device.hasEvent).toBe(false);
    run([cable, device], milliseconds(1));
    expect(peer.received).toEqual([]);
    expect(events()).toEqual([
      { kind: 'transmitted', status: status({ buffer: 1, sent: 1 }), time: 5 },
      { kind: 'transmitted', status: status({ buffer: 2, sent: 1 }), time: 11 },
      { kind: 'received', bytes: lineFrame(46, 5), flags: 0, time: 5 },
      { kind: 'received', bytes: lineFrame(46, 6), flags: 0, time: 11 },
    ]);
  });

  test('CONTROL.reset empties the line side but leaves IRQ_ENABLE and SCRATCH; a new session takes them, too', () => {
    const { cable, peer, device, events, send } = bench();
    device.write(R.CONTROL.address, ON);
    device.write(R.IRQ_ENABLE.address, 0xf);
    device.write(R.SCRATCH.address, 42);
    device.receive(lineFrame(46), true, START);
    send(0, lineFrame(46, 1));
    send(1, lineFrame(46, 2));
    device.write(R.CONTROL.address, board.mask('CONTROL', 'reset', 'rxEnable'));
    expect(device.hasEvent).toBe(false);
    expect([R.CONTROL, R.RX_FRAMES, R.IRQ_STATUS, R.IRQ_ENABLE, R.SCRATCH].map((r) => device.read(r.address))).toEqual([
      0, 0, 0, 0xf, 42,
    ]);
    // The first frame's bits are on the cable and cannot be called back, but nobody is told; the board sends again behind it.
    device.write(R.CONTROL.address, ON);
    send(0, lineFrame(46, 3));
    run([cable, device], milliseconds(1));
    expect(peer.received.map(({ octets }) => octets)).toEqual([lineFrame(46, 1), lineFrame(46, 3)]);
    expect(events()).toMatchObject([{ kind: 'transmitted', status: status({ sent: 1 }) }]);
    device.reset();
    expect([R.CONTROL, R.TX_FRAMES, R.IRQ_ENABLE, R.SCRATCH].map((r) => device.read(r.address))).toEqual([0, 0, 0, 0]);
    expect(device.read(R.ID.address)).toBe(R.ID.reset);
  });

  test('TIME is the clock of the last poll in µs, modulo 2³²', () => {
    const { device } = bench();
    device.poll(at(1234.9));
    expect(device.read(R.TIME.address)).toBe(1234);
    device.poll(at(2 ** 32 + 5.5));
    expect(device.read(R.TIME.address)).toBe(5);
  });
});

describe("the mock board's PHY over MDIO", () => {
  const access = (device: MockBoard, fields: Parameters<typeof board.pack<'MDIO'>>[1]): number => {
    device.write(R.MDIO.address, board.pack('MDIO', fields));
    return board.get('MDIO', 'data', device.read(R.MDIO.address));
  };

  test('answers at its address, with a data sheet identity; elsewhere nothing pulls the line low', () => {
    const { device } = bench({ phyAddress: 5 });
    expect(access(device, { phy: 5, register: 2 })).toBe(0x0007);
    expect(access(device, { phy: 5, register: 3 })).toBe(0xc0f1);
    for (let phy = 0; phy < 32; phy++) if (phy !== 5) expect(access(device, { phy, register: 2 })).toBe(0xffff);
    expect(device.read(R.MDIO.address)).toBe(board.pack('MDIO', { phy: 31, register: 2, data: 0xffff }));
  });

  test('BMSR.link latches low: a drop is seen once, then the line as it is (clause 22.2.4.2.13)', () => {
    const { cable, device } = bench();
    const link = (): number[] => [1, 2].map(() => access(device, { phy: 1, register: 1 }) & 0x0024);
    expect(link()).toEqual([0x24, 0x24]);
    cable.cut();
    cable.poll(at(1));
    cable.mend();
    cable.poll(at(2));
    expect(link()).toEqual([0x20, 0x24]);
    cable.cut();
    cable.poll(at(3));
    expect(link()).toEqual([0, 0]);
    expect(access(device, { phy: 1, register: 5 })).toBe(0);
  });

  test.for([
    [10, 0x4061],
    [100, 0x41e1],
  ] as const)('the partner of a line at %i Mb/s offers what leads to it', ([speed, ability]) => {
    const cable = new Cable({ speed });
    new Witness(cable.a);
    const device = new MockBoard(cable.b);
    expect(access(device, { phy: 1, register: 5 })).toBe(ability);
  });

  test('BMCR: holds its bits, resets itself, and its loopback bit loops', () => {
    const { cable, peer, device, events, send } = bench();
    access(device, { phy: 1, register: 0, write: 1, data: 0x4000 });
    expect(access(device, { phy: 1, register: 0 })).toBe(0x4000);
    device.write(R.CONTROL.address, ON);
    send(0, lineFrame(46));
    run([cable, device], milliseconds(1));
    expect(peer.received).toEqual([]);
    expect(events().map((event) => event.kind)).toEqual(['transmitted', 'received']);
    access(device, { phy: 1, register: 0, write: 1, data: 0x8000 });
    expect(access(device, { phy: 1, register: 0 })).toBe(0x3100);
    access(device, { phy: 1, register: 2, write: 1, data: 0x1234 });
    expect(access(device, { phy: 1, register: 2 })).toBe(0x0007);
  });
});
