import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hex } from '../../../src/base/bytes.ts';
import { ManualClock, milliseconds, seconds } from '../../../src/base/time.ts';
import { Aligner } from '../../../src/bridge/link/aligner.ts';
import { BoardLink } from '../../../src/bridge/link/board-link.ts';
import { CellView, isCell } from '../../../src/bridge/link/cell.ts';
import { exact, type LinkVector, linkVectors, matches } from '../../../src/bridge/link/vectors.ts';
import { MockBoard } from '../../../src/bridge/mock/mock-board.ts';
import type { Plug } from '../../../src/cable/plug.ts';

const vectors = linkVectors(readFileSync('hw/LINK.md', 'utf8'));
const of = (kind: LinkVector['kind']): (readonly [string, readonly string[]])[] =>
  vectors.filter((vector) => vector.kind === kind).map(({ sentence, lines }) => [sentence, lines] as const);
const unplugged: Plug = { state: { up: false, speed: 100, duplex: 'full' }, attach: () => {}, transmit: () => {} };

describe('the vectors of hw/LINK.md', () => {
  test('are there', () => {
    for (const kind of ['cell', 'no-cell', 'stream', 'talk'] as const) expect(of(kind).length).toBeGreaterThan(2);
  });

  test.for(of('cell'))('a cell: %s', ([, [line = '']]) => {
    const bytes = exact(line);
    expect(bytes.length).toBe(64);
    expect(isCell(bytes)).toBe(true);
    // Built from what the view reads in it, it is the same cell again.
    const read = new CellView(bytes);
    const built = new CellView();
    built.space.set(read.payload);
    built.fill(read.length);
    built.seal(read.type, read.tag, read.poll, read.seq, read.ack, read.credit);
    expect(hex(built.bytes)).toBe(hex(bytes));
  });

  test.for(of('no-cell'))('no cell: %s', ([, [line = '']]) => {
    expect(exact(line).length).toBe(64);
    expect(isCell(exact(line))).toBe(false);
  });

  describe.for([1, 7, 64, 1_000])('in pieces of %d bytes', (size) => {
    test.for(of('stream'))('a stream: %s', ([, lines]) => {
      const bytes = lines.slice(0, -1).flatMap((line) => [...exact(line)]);
      let cells = 0;
      const aligner = new Aligner(() => cells++);
      for (let at = 0; at < bytes.length; at += size) aligner.push(Uint8Array.from(bytes.slice(at, at + size)));
      expect(`= ${cells} cells, ${aligner.badStretches} stretches`).toBe(lines.at(-1));
    });
  });

  test('the session, word by word', () => {
    const clock = new ManualClock();
    const board = new BoardLink(new MockBoard(unplugged));
    const hear = (within: number): Uint8Array | undefined => {
      const end = clock.now() + within;
      for (; clock.now() < end; clock.advance(milliseconds(1))) {
        board.poll(clock.now());
        const cell = board.pull(clock.now());
        if (cell !== undefined) return cell.slice();
      }
      return;
    };
    for (const { sentence, lines } of vectors.filter(({ kind }) => kind === 'talk')) {
      for (const line of lines) {
        const [word = '', rest = ''] = [line.slice(0, 2).trim(), line.slice(2)];
        if (word === '>') {
          board.receive(exact(rest), clock.now());
        } else if (word === '<') {
          const cell = hear(seconds(1));
          expect(cell && isCell(cell) && matches(cell, rest), `${sentence}\n${line}\n${cell && hex(cell)}`).toBe(true);
        } else {
          expect(line).toMatch(/^silence \d+ ms$/);
          expect(hear(milliseconds(Number(line.split(' ')[1]))), sentence).toBeUndefined();
        }
      }
    }
  });
});
