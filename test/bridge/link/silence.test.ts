/** What is due at a deadline is done at it, whatever fractions of a µs the times have: an engine that asks for the present again and again would hold virtual time. */
import { expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { type Duration, milliseconds, seconds } from '../../../src/base/time.ts';
import { LinkLine } from '../../contract/link-line.ts';
import { CountingBoard } from './counting-board.ts';

const seed = Number(process.env['SEED'] ?? 1);

test(`a board that has fallen silent is given up after 2 s, and its session after 30 s more, at any fraction of a µs (SEED=${seed})`, () => {
  const random = new Random(seed);
  for (let round = 0; round < 200; round++) {
    const line = new LinkLine({ random, device: new CountingBoard() });
    const told: string[] = [];
    line.host.attach({
      onOpen: () => {},
      onEvent: () => {},
      onSuspended: () => told.push('suspended'),
      onLost: () => told.push('lost'),
    });
    line.clock.advance((random.below(1 << 30) / 977) as Duration);
    line.open();
    const { clock, host } = line;
    const from = clock.now();
    let last = 0;
    for (let turns = 0; told.length < 2; turns++) {
      expect(turns, `deadlines do not go on at ${clock.now()} µs`).toBeLessThan(2_000);
      host.poll(clock.now());
      while (host.pull(clock.now()) !== undefined);
      const next = host.nextDeadline();
      if (next === undefined) break;
      clock.moveTo(next);
      last = clock.now() - from;
    }
    expect(told).toEqual(['suspended', 'lost']);
    expect(last).toBeGreaterThanOrEqual(seconds(32));
    expect(last).toBeLessThan(seconds(32) + milliseconds(200));
  }
});
