import { expect, test } from 'vitest';
import { type Instant, START } from '../../src/base/time.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import { BOARD_REGISTERS, board } from '../../src/bridge/registers.ts';
import { FramePlug } from '../../src/cable/frame-plug.ts';

const FULL = 1_514; // octets, destination address to payload

/** A far side that has `waiting` full frames at once, as a kernel's queue may. */
class Flood extends FramePlug {
  waiting = 1_000;
  constructor() {
    super(undefined);
  }
  async start(): Promise<void> {
    this.setUp(true);
  }
  async stop(): Promise<void> {}
  protected send(): undefined {}
  protected take(place: Uint8Array): number | undefined {
    if (this.waiting === 0) return;
    this.waiting--;
    place.fill(0x42, 0, FULL);
    return FULL;
  }
}

test('a flood of full frames from outside does not go over the mock board’s receive queue while its host polls in turn', async () => {
  const flood = new Flood();
  await flood.start();
  const bus = new MockBus(new MockBoard(flood));
  let received = 0;
  bus.attach({
    onOpen: () => bus.write(BOARD_REGISTERS.CONTROL.address, board.pack('CONTROL', { rxEnable: 1, txEnable: 1 })),
    onEvent: (event) => {
      if (event.kind === 'received') received++;
    },
    onLost: () => {},
  });
  bus.poll(START);
  for (let at = 1; flood.nextDeadline() !== undefined || at === 1; at++) {
    flood.poll(at as Instant);
    bus.poll(at as Instant);
  }
  expect(flood.waiting).toBe(0);
  expect(received).toBe(1_000);
  bus.read(BOARD_REGISTERS.RX_DROPPED.address, (dropped) => expect(dropped).toBe(0));
});
