import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { START } from '../../../src/base/time.ts';
import { BoardLink } from '../../../src/bridge/link/board-link.ts';
import { CELL, CellView } from '../../../src/bridge/link/cell.ts';
import { GreetingView, tagOf, writeHello } from '../../../src/bridge/link/greeting.ts';
import { HostLink } from '../../../src/bridge/link/host-link.ts';
import { HostRequests } from '../../../src/bridge/link/host-requests.ts';
import { ReceiveWindow } from '../../../src/bridge/link/receive-window.ts';
import { CountingBoard } from './counting-board.ts';

const NONCE = 0x1122_3345;

/** What a board says to HELLO with `resume`. */
function resume(board: BoardLink, ack: number): CellView {
  const hello = new CellView();
  hello.fill(writeHello(hello.space, NONCE, true));
  hello.seal(CELL.hello, tagOf(NONCE), false, 0, ack, 128);
  board.receive(hello.bytes, START);
  return new CellView(board.pull(START)?.slice());
}

describe('what the link promises to keep within', () => {
  test('at most 64 reads are unanswered on the line, whatever is asked', () => {
    const requests = new HostRequests();
    for (let i = 0; i < 200; i++) requests.read(0x20, () => {});
    const space = new Uint8Array(10_000);
    expect(requests.fill(space)).toBe(64 * 3);
    expect(requests.fill(space)).toBe(0);
    for (let i = 0; i < 10; i++) expect(requests.onValue(0x20, i)).toBe(true);
    expect(requests.fill(space)).toBe(10 * 3);
  });

  test('at most 1,024 bytes of blocks are unanswered, and what was posted behind them waits with them', () => {
    const requests = new HostRequests();
    requests.readBlock(0x4000, 1_000, () => {});
    requests.readBlock(0x4000, 25, () => {});
    requests.write(0x20, 1);
    const space = new Uint8Array(100);
    expect(requests.fill(space)).toBe(5);
    expect(requests.onBlock(0x4000, new Uint8Array(1_000))).toBe(true);
    expect(requests.fill(space)).toBe(5 + 7);
  });

  test('an answer to what was not asked is refused', () => {
    const requests = new HostRequests();
    expect(requests.onValue(0x20, 1)).toBe(false);
    requests.read(0x20, () => {});
    expect(requests.onValue(0x20, 1)).toBe(false);
    requests.fill(new Uint8Array(3));
    expect(requests.onValue(0x24, 1)).toBe(false);
    expect(requests.onBlock(0x20, new Uint8Array(1))).toBe(false);
    expect(requests.onValue(0x20, 1)).toBe(true);
  });

  test('a cell beyond the credit is not taken, and neither is one twice', () => {
    const taken: number[] = [];
    const window = new ReceiveWindow(
      ([first = -1]) => taken.push(first),
      () => 4,
    );
    expect(window.take(0, Uint8Array.of(0))).toBe(false);
    expect(window.giveCredit()).toBe(4);
    expect(window.take(4, Uint8Array.of(4))).toBe(false);
    expect(window.take(3, Uint8Array.of(3))).toBe(true);
    expect(window.take(3, Uint8Array.of(9))).toBe(false);
    for (const seq of [1, 0, 2]) expect(window.take(seq, Uint8Array.of(seq))).toBe(true);
    expect(taken).toEqual([0, 1, 2, 3]);
  });

  test('a board that was started anew never says `resumed`, though its first WELCOME was lost and the numbers would fit', () => {
    const board = new BoardLink(new CountingBoard());
    for (let hello = 0; hello < 3; hello++) {
      const welcome = resume(board, 0);
      expect(welcome.type).toBe(CELL.welcome);
      expect(new GreetingView(welcome.payload).resume).toBe(false);
    }
  });

  test('a host that is told `resumed` with an `ack` it never sent for takes its session for lost', () => {
    const host = new HostLink({ random: new Random(1) });
    const told: string[] = [];
    host.attach({ onOpen: () => told.push('open'), onEvent: () => {}, onLost: () => told.push('lost') });
    host.open(START);
    const hello = new CellView(host.pull(START)?.slice());
    const board = new BoardLink(new CountingBoard());
    board.receive(hello.bytes, START);
    const welcome = new CellView(board.pull(START)?.slice());
    host.receive(welcome.bytes, START);
    host.cut(START);
    host.reconnected(START);
    host.pull(START);
    welcome.space[5] = 1;
    welcome.seal(CELL.welcome, welcome.tag, false, 0, 77, 64);
    host.receive(welcome.bytes, START);
    expect(told).toEqual(['open', 'lost']);
    expect(new CellView(host.pull(START)?.slice()).type).toBe(CELL.hello);
  });
});
