import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameQueue } from '../../src/cable/frame-queue.ts';

const seed = Number(process.env['SEED'] ?? 1);

test(`is a queue: what went in comes out, in order and whole, whatever the lengths (SEED=${seed})`, () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(128, 256), fc.constant('shift' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const queue = new FrameQueue(1024);
      const model: { octets: Uint8Array; tag: number }[] = [];
      steps.forEach((what, n) => {
        if (what === 'shift') {
          model.shift();
          queue.shift();
        } else {
          const octets = new Uint8Array(what).fill(n);
          const used = model.reduce((sum, frame) => sum + frame.octets.length, 0);
          const taken = queue.push(octets, n, n / 2);
          if (taken) model.push({ octets, tag: n });
          // It may refuse only for want of memory: with a frame's length unused at the end and one at the gap, or of slots.
          else expect(used + 2 * 300 > 1024 - what || model.length === 16).toBe(true);
        }
        expect([queue.count, queue.octets]).toEqual([
          model.length,
          model.reduce((sum, frame) => sum + frame.octets.length, 0),
        ]);
        const first = model[0];
        if (first === undefined) expect(queue.bytes).toHaveLength(0);
        else expect([queue.bytes, queue.tag, queue.time]).toEqual([first.octets, first.tag, first.tag / 2]);
      });
    }),
    { seed, numRuns: 200 },
  );
});

test('takes a frame as long as its memory, and none that is longer', () => {
  const queue = new FrameQueue(64);
  expect(queue.push(new Uint8Array(65), 0, 0)).toBe(false);
  expect(queue.push(new Uint8Array(64), 0, 0)).toBe(true);
  expect(queue.push(new Uint8Array(1), 0, 0)).toBe(false);
  queue.clear();
  expect(queue.push(new Uint8Array(64), 0, 0)).toBe(true);
});
