import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { type Instant, milliseconds, START } from '../../../src/base/time.ts';
import { CELL, CellView } from '../../../src/bridge/link/cell.ts';
import { Reliable } from '../../../src/bridge/link/reliable.ts';

const at = (ms: number): Instant => (START + milliseconds(ms)) as Instant;

/** A side that has something to send whenever it may, and what its peer says to it. */
function sender(leastTimeout = milliseconds(60)) {
  const random = new Random(1);
  const side = new Reliable(
    {
      fill: (space) => random.fill(space).length,
      deliver: () => {},
      capacity: () => 128,
    },
    leastTimeout,
  );
  side.begin(1);
  side.greet(0, 8, START);
  const pull = (ms: number): number | undefined => {
    const cell = side.pull(at(ms));
    return cell?.type === CELL.data ? cell.seq : undefined;
  };
  const say = (ms: number, type: CellView['type'], ack: number, payload: readonly number[] = []): void => {
    const cell = new CellView();
    cell.space.set(payload);
    cell.fill(payload.length);
    // A peer that sends its own DATA: always the first, which comes once and is a repetition afterwards.
    cell.seal(type, 1, false, 0, ack, 8);
    side.receive(cell, at(ms));
  };
  return { side, pull, say };
}

describe('what counts as lost', () => {
  test('is never told by a DATA cell, whose ack says nothing of what came behind a gap', () => {
    const { pull, say } = sender();
    for (let n = 0; n < 8; n++) expect(pull(0)).toBe(n);
    say(10, CELL.nak, 0, [0b0000_0001]); // 1 has come, 0 has not
    expect(pull(10)).toBe(0);
    // 0 has come the second time, by now also 2, 4 and 5, but not 3; the DATA cell can only tell of 0 to 2.
    say(20, CELL.data, 3, [1]);
    for (let cell = pull(20); cell !== undefined; cell = pull(20)) expect(cell).toBeGreaterThanOrEqual(8);
    say(21, CELL.nak, 3, [0b0000_0011]);
    expect(pull(21)).toBe(3);
  });

  test('is not concluded from the arrival of a cell that was sent again on a guess: it may have come the first time', () => {
    const { side, pull, say } = sender();
    expect(pull(0)).toBe(0);
    for (let n = 1; n < 8; n++) expect(pull(30)).toBe(n);
    expect(pull(61)).toBe(0); // time-out
    say(70, CELL.ack, 1);
    expect(pull(70)).toBe(8);
    expect(side.resent).toBe(1);
  });

  test('the time-out of a board follows the round trip of a slow line, from its shortest on', () => {
    const { side, pull, say } = sender();
    for (let n = 0; n < 8; n++) pull(0);
    say(59, CELL.ack, 8);
    expect(pull(59)).toBe(8);
    expect(side.nextDeadline()).toBe(at(59 + 59 + 4 * 29.5));
  });
});
