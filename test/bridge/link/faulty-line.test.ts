import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { seconds } from '../../../src/base/time.ts';
import type { BoardEvent } from '../../../src/bridge/register-bus.ts';
import { LinkLine, type LinkLineOptions } from '../../contract/link-line.ts';
import { CountingBoard } from './counting-board.ts';

const seed = Number(process.env['SEED'] ?? 1);
const FAULTS = { flip: 1e-3, delete: 1e-3, insert: 1e-3 };

function line(options: Partial<LinkLineOptions> = {}): { link: LinkLine; device: CountingBoard; random: Random } {
  const device = new CountingBoard();
  const random = new Random(seed);
  return { link: new LinkLine({ random, device, baud: 3_000_000, ...options }), device, random };
}

/** Posts `count` operations, every third of them a read whose answer is known; true when all have been done. */
function operate(link: LinkLine, count: number): { readonly isDone: () => boolean; readonly wrong: unknown[] } {
  let posted = 0;
  let written = 0;
  let unanswered = 0;
  const wrong: unknown[] = [];
  link.onStep = () => {
    while (posted < count && link.host.room > 1_000) {
      posted++;
      if (posted % 3 !== 0) {
        link.host.write(0x20, ++written);
        continue;
      }
      const expected = written;
      unanswered++;
      link.host.read(0x20, (value) => {
        unanswered--;
        if (value !== expected) wrong.push({ value, expected });
      });
    }
  };
  return { wrong, isDone: () => posted === count && unanswered === 0 };
}

describe(`the link on a line that flips, loses and inserts a byte in a thousand each (SEED=${seed})`, () => {
  test('100,000 operations happen exactly once and in order, and an error costs at most two cells sent again', () => {
    const { link, device } = line(FAULTS);
    link.open();
    const work = operate(link, 100_000);
    expect(link.run(work.isDone, seconds(600))).toBe(true);
    expect(device.wrong).toEqual([]);
    expect(work.wrong).toEqual([]);
    expect(device.last).toBe(66_667);
    expect(device.resets).toBe(1);
    const errors = link.up.faults.count + link.down.faults.count;
    const resent = link.host.counters.resent + link.board.counters.resent;
    expect(errors).toBeGreaterThan(1_000);
    expect(resent / errors).toBeLessThanOrEqual(2);
  });

  test('frames from the board arrive whole, once and in order, while operations go the other way', () => {
    const { link, device, random } = line(FAULTS);
    link.open();
    const frames = Array.from({ length: 300 }, (_, i) => random.fill(new Uint8Array(1 + ((i * 97) % 1_530))));
    const seen: Uint8Array[] = [];
    const onEvent = (event: BoardEvent): void => {
      if (event.kind === 'received') seen.push(event.bytes.slice());
    };
    link.host.attach({ onOpen: () => {}, onEvent, onLost: () => {} });
    device.events.push(...frames.map((bytes, i) => ({ kind: 'received' as const, bytes, flags: 0, time: i })));
    const work = operate(link, 10_000);
    expect(link.run(() => work.isDone() && seen.length === frames.length, seconds(600))).toBe(true);
    expect(seen).toEqual(frames);
    expect(device.wrong).toEqual([]);
    expect(work.wrong).toEqual([]);
  });

  test.for([115_200, 921_600] as const)('it also holds at %d baud', (baud) => {
    const { link, device } = line({ ...FAULTS, baud });
    link.open();
    const work = operate(link, 5_000);
    expect(link.run(work.isDone, seconds(600))).toBe(true);
    expect(device.wrong).toEqual([]);
    expect(work.wrong).toEqual([]);
  });
});
