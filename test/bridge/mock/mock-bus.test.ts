import { expect, test } from 'vitest';
import { type Instant, milliseconds, START } from '../../../src/base/time.ts';
import { MockBoard } from '../../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../../src/bridge/mock/mock-bus.ts';
import type { BoardEvent } from '../../../src/bridge/register-bus.ts';
import { BOARD_REGISTERS, BOARD_WINDOWS, board } from '../../../src/bridge/registers.ts';
import { Cable } from '../../../src/cable/cable.ts';
import { lineFrame, run, Witness } from '../../cable/station.ts';

const R = BOARD_REGISTERS;

function bench() {
  const cable = new Cable({ speed: 'unthrottled' });
  const peer = new Witness(cable.a);
  const device = new MockBoard(cable.b);
  const bus = new MockBus(device);
  const told: string[] = [];
  const events: BoardEvent[] = [];
  const client = {
    onOpen: (identity: { name: string }) => told.push(`open ${identity.name}`),
    onEvent: (event: BoardEvent) => events.push(event),
    onLost: (reason: string) => told.push(`lost ${reason}`),
  };
  cable.poll(START);
  return { cable, peer, device, bus, told, events, client };
}

test('every operation completes within its call; a client is told of the session at the next poll', () => {
  const { bus, told, client } = bench();
  bus.attach(client);
  let value: number | undefined;
  bus.write(R.SCRATCH.address, 7);
  bus.read(R.SCRATCH.address, (read) => {
    value = read;
  });
  expect(value).toBe(7);
  const block = Uint8Array.of(3, 1, 4);
  bus.writeBlock(BOARD_WINDOWS.TX_BUFFER.address, block);
  block.fill(0);
  bus.readBlock(BOARD_WINDOWS.TX_BUFFER.address, 3, (bytes) => {
    expect(bytes).toEqual(Uint8Array.of(3, 1, 4));
  });
  expect(told).toEqual([]);
  expect(bus.nextDeadline()).toBe(0);
  bus.poll(START);
  expect(told).toEqual(['open mock']);
  expect(bus.nextDeadline()).toBeUndefined();
  expect([bus.isOpen, bus.room]).toEqual([true, Number.POSITIVE_INFINITY]);
});

test('events come from poll only, and nextDeadline asks for it', () => {
  const { cable, peer, bus, events, client } = bench();
  bus.attach(client);
  bus.poll(START);
  bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable'));
  const frame = lineFrame(46);
  bus.writeBlock(BOARD_WINDOWS.TX_BUFFER.address, frame);
  bus.write(R.TX_GO.address, board.pack('TX_GO', { buffer: 0, length: frame.length }));
  peer.plug.transmit(lineFrame(100), START);
  cable.poll(START);
  expect(events).toEqual([]);
  expect(bus.nextDeadline()).toBe(0);
  run([cable, bus], milliseconds(1));
  expect(events.map((event) => event.kind)).toEqual(['transmitted', 'received']);
});

test('one poll hands over a bounded number of events', () => {
  const { device, bus, events, client } = bench();
  bus.attach(client);
  bus.poll(START);
  bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable'));
  for (let n = 0; n < 300; n++) device.receive(lineFrame(46), true, START);
  bus.poll(1 as Instant);
  expect(events).toHaveLength(256);
  expect(bus.nextDeadline()).toBe(1);
  bus.poll(1 as Instant);
  expect(events).toHaveLength(300);
});

test('an unplugged board: operations are dropped, reads give undefined, the client is told; replugged it is reset', () => {
  const { bus, told, client } = bench();
  bus.attach(client);
  bus.poll(START);
  bus.write(R.SCRATCH.address, 7);
  bus.unplug('cable pulled');
  bus.write(R.SCRATCH.address, 8);
  const reads: (number | Uint8Array | undefined)[] = [];
  bus.read(R.SCRATCH.address, (value) => reads.push(value));
  bus.readBlock(BOARD_WINDOWS.TX_BUFFER.address, 4, (bytes) => reads.push(bytes));
  expect(reads).toEqual([undefined, undefined]);
  bus.poll(START);
  bus.replug();
  bus.read(R.SCRATCH.address, (value) => reads.push(value));
  bus.poll(START);
  expect(reads[2]).toBe(0);
  expect(told).toEqual(['open mock', 'lost cable pulled', 'open mock']);
});

test('a board that is unplugged and replugged between two polls was lost all the same', () => {
  const { bus, told, client } = bench();
  bus.attach(client);
  bus.poll(START);
  bus.unplug('a');
  bus.replug();
  bus.poll(START);
  expect(told).toEqual(['open mock', 'lost a', 'open mock']);
});
