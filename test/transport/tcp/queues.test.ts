import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import type { Instant } from '../../../src/base/time.ts';
import { InFlight, UNKNOWN } from '../../../src/transport/tcp/in-flight.ts';
import { ReceiveQueue } from '../../../src/transport/tcp/receive-queue.ts';
import { Ring } from '../../../src/transport/tcp/ring.ts';
import { SendQueue } from '../../../src/transport/tcp/send-queue.ts';
import { distance, inWindow, isAfter, isBefore, plus, seq } from '../../../src/transport/tcp/seq.ts';

const LENGTH = 40_000;
const stream = new Random(9).fill(new Uint8Array(LENGTH));

test('sequence numbers wrap', () => {
  const end = seq(0xffff_fff0);
  expect(plus(end, 0x20)).toBe(0x10);
  expect(distance(plus(end, 0x20), end)).toBe(0x20);
  expect([isBefore(end, seq(5)), isAfter(seq(5), end), inWindow(seq(5), end, 22), inWindow(seq(5), end, 21)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('S59 SHLD-31: whatever the order, overlap and repetition of the pieces, the queue gives the stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 3_000 })), { maxLength: 200 }),
      fc.nat(5_000),
      (pieces, chunk) => {
        const queue = new ReceiveQueue(65_536);
        const out = new Uint8Array(LENGTH);
        let read = 0;
        // Last, one pass in order: whatever was missing comes.
        const inOrder = Array.from({ length: LENGTH / 1_000 }, (_, i): [number, number] => [i * 1_000, 1_000]);
        for (const [from, length] of [...pieces, ...inOrder]) {
          const start = Math.max(from, queue.end);
          const end = Math.min(from + length, LENGTH);
          if (start < end) queue.store(start, stream.subarray(start, end));
          read += queue.read(out.subarray(read, read + chunk + 1));
        }
        while (queue.length > 0) read += queue.read(out.subarray(read));
        expect(read).toBe(LENGTH);
        expect(queue.islands).toBe(0);
        expect(Buffer.compare(out, stream)).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('islands are bounded: one more than 64 is dropped, and those that touch become one', () => {
  const queue = new ReceiveQueue(65_536);
  for (let i = 0; i < 64; i++) expect(queue.store(10 + i * 20, stream.subarray(0, 10))).toBe(true);
  expect(queue.store(10 + 64 * 20, stream.subarray(0, 10))).toBe(false);
  expect(queue.store(20, stream.subarray(0, 1_000))).toBe(true);
  expect(queue.islands).toBeLessThan(64);
});

test('S51: the send queue keeps what was written until it is released, however it wraps and grows', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(6_000), fc.nat(6_000)), { maxLength: 60 }), (steps) => {
      const queue = new SendQueue(9_000);
      let written = 0;
      for (const [size, release] of steps) {
        const room = queue.room;
        const offered = stream.subarray(written, written + size);
        const taken = queue.write(offered);
        expect(taken).toBe(Math.min(offered.length, room));
        written += taken;
        const kept = new Uint8Array(queue.length);
        queue.copy(queue.start, queue.length, kept, 0);
        expect(Buffer.compare(kept, stream.subarray(queue.start, written))).toBe(0);
        queue.release(queue.start + release);
      }
    }),
    { numRuns: 100 },
  );
});

test('a ring takes no memory before its first octet, and keeps what it holds when it grows', () => {
  const ring = new Ring(1_000_000);
  ring.reserve(5_000, 9_000);
  ring.write(5_000, stream.subarray(0, 4_000));
  ring.reserve(5_000, 25_000);
  const out = new Uint8Array(4_000);
  ring.read(5_000, 4_000, out, 0);
  expect(Buffer.compare(out, stream.subarray(0, 4_000))).toBe(0);
});

test('a queue that was cleared holds nothing, and can be filled again', () => {
  const queue = new ReceiveQueue(65_536);
  queue.store(0, stream.subarray(0, 1_000));
  queue.store(2_000, stream.subarray(2_000, 3_000));
  queue.clear();
  expect([queue.length, queue.islands, queue.room]).toEqual([0, 0, 65_536]);
  const from = queue.end;
  queue.store(from, stream.subarray(from, from + 10));
  const out = new Uint8Array(20);
  expect(queue.read(out)).toBe(10);
  expect(out.subarray(0, 10)).toEqual(stream.subarray(from, from + 10));
});

test('what is counted as being in the network is the sum of what is neither SACKed nor lost', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.tuple(fc.nat(6), fc.nat(30), fc.nat(30)), { maxLength: 200 }),
      (start, steps) => {
        const flight = new InFlight();
        let una = seq(start);
        let nxt = una;
        for (const [what, a, b] of steps) {
          const at = (n: number) => plus(una, Math.min(n * 100, distance(nxt, una)));
          if (what <= 2) {
            flight.push(nxt, 100, 0 as Instant);
            nxt = plus(nxt, 100);
          } else if (what === 3) {
            const to = at(a / 10);
            flight.acknowledge(to);
            una = to;
          } else if (what === 4) flight.sack(at(Math.min(a, b)), at(Math.max(a, b)));
          else if (what === 5) flight.findLost();
          else if (flight.nextLost() >= 0) flight.resent(flight.nextLost(), 0 as Instant);
          else flight.markFirstLost();
          expect(flight.pipe).toBeGreaterThanOrEqual(0);
          expect(flight.pipe).toBeLessThanOrEqual(distance(nxt, una));
          expect(flight.lost + flight.sackedSegments).toBeLessThanOrEqual(flight.count);
          expect(flight.lost > 0).toBe(flight.nextLost() >= 0);
        }
        flight.acknowledge(nxt);
        expect([flight.count, flight.pipe, flight.lost, flight.sackedSegments]).toEqual([0, 0, 0, 0]);
      },
    ),
  );
});

test('MUST-18: neither an ACK nor a SACK of a segment sent twice gives a time to measure by', () => {
  const flight = new InFlight();
  for (let i = 0; i < 5; i++) flight.push(seq(i * 100), 100, (i + 1) as Instant);
  expect(flight.sack(seq(100), seq(500))).toBe(5);
  expect(flight.findLost()).toBe(true);
  flight.resent(flight.nextLost(), 9 as Instant);
  expect(flight.acknowledge(seq(500))).toBeUndefined();
  flight.push(seq(500), 100, 10 as Instant);
  flight.markFirstLost();
  flight.resent(0, 11 as Instant);
  expect(flight.sack(seq(500), seq(600))).toBe(UNKNOWN);
});
