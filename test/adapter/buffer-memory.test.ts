import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferMemory } from '../../src/adapter/buffer-memory.ts';
import { RegisterFile } from '../../src/adapter/register-file.ts';
import {
  CARD_REGISTERS,
  entrySize,
  RX_ENTRY_FLAGS,
  RX_ENTRY_HEADER,
  RX_RING_SIZE,
  RX_RING_START,
} from '../../src/adapter/registers.ts';
import { equalBytes, u16le, u32le } from '../../src/base/bytes.ts';

const seed = Number(process.env['SEED'] ?? 1);

function ring() {
  const file = new RegisterFile();
  const memory = new BufferMemory(file);
  const head = (): number => file.get(CARD_REGISTERS.RX_HEAD);
  const tail = (): number => file.get(CARD_REGISTERS.RX_TAIL);
  /** Reads as a driver does that knows nothing but registers.ts. */
  const take = (): { frame: Uint8Array; flags: number; time: number } | undefined => {
    if (head() === tail()) return undefined;
    if ((u16le(memory.bytes, RX_RING_START + tail() + 2) & RX_ENTRY_FLAGS.wrap) !== 0) memory.free(0);
    const at = RX_RING_START + tail();
    const length = u16le(memory.bytes, at);
    const first = at + RX_ENTRY_HEADER;
    const frame = memory.bytes.slice(first, first + length);
    const entry = { frame, flags: u16le(memory.bytes, at + 2), time: u32le(memory.bytes, at + 4) };
    memory.free((tail() + entrySize(length)) % RX_RING_SIZE);
    return entry;
  };
  return { file, memory, head, tail, take };
}
const frameOf = (length: number, mark: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i === 0 ? mark : i + mark) & 255);

describe('the receive ring in the buffer memory', () => {
  test('S93: holds a frame with its length, flags and time, as the register document says', () => {
    const { memory, take } = ring();
    const octets = frameOf(72, 5);
    expect(memory.receive(octets, 8, RX_ENTRY_FLAGS.multicast, 0xfedc_ba98)).toBe(0);
    expect(take()).toEqual({ frame: octets.slice(8), flags: RX_ENTRY_FLAGS.multicast, time: 0xfedc_ba98 });
    expect(take()).toBeUndefined();
  });

  test('is full one word before RX_HEAD would meet RX_TAIL, loses the newest frame and keeps the others', () => {
    const { memory, take } = ring();
    const sizes = Math.floor((RX_RING_SIZE - 4) / entrySize(1500));
    for (let i = 0; i < sizes; i++) expect(memory.receive(frameOf(1500, i), 0, 0, 0)).toBe(i * entrySize(1500));
    expect(memory.receive(frameOf(1500, 99), 0, 0, 0)).toBeUndefined();
    for (let i = 0; i < sizes; i++) expect(equalBytes(take()?.frame as Uint8Array, frameOf(1500, i))).toBe(true);
    expect(take()).toBeUndefined();
  });

  test('takes an entry that ends exactly at its end, if the start is free', () => {
    const { memory, head, take } = ring();
    const half = RX_RING_SIZE / 2 - RX_ENTRY_HEADER;
    memory.receive(frameOf(half, 1), 0, 0, 0);
    expect(memory.receive(frameOf(half, 2), 0, 0, 0)).toBeUndefined(); // RX_HEAD would be 0, and 0 is RX_TAIL
    take();
    expect(memory.receive(frameOf(half, 3), 0, 0, 0)).toBe(RX_RING_SIZE / 2);
    expect(head()).toBe(0);
    expect(equalBytes(take()?.frame as Uint8Array, frameOf(half, 3))).toBe(true);
  });

  test('refuses an entry at its start that would end exactly at RX_TAIL', () => {
    const { memory, head, take } = ring();
    const whole = Math.floor(RX_RING_SIZE / 1_000);
    for (let i = 0; i < whole; i++) expect(memory.receive(frameOf(992, i), 0, 0, 0)).toBe(i * 1_000);
    take(); // RX_TAIL stands at 1,000 now
    expect(RX_RING_SIZE - head()).toBeLessThan(1_000);
    expect(memory.receive(frameOf(992, 99), 0, 0, 0)).toBeUndefined();
    expect(memory.receive(frameOf(988, 99), 0, 0, 0)).toBe(0);
    for (let i = 1; i < whole; i++) expect(take()?.frame[0]).toBe(i);
    expect(take()?.frame).toEqual(frameOf(988, 99));
  });

  test('goes on inside its memory whatever the driver writes into RX_TAIL', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff_ffff), { maxLength: 20 }), (tails) => {
        const { memory, tail, head } = ring();
        for (const value of tails) {
          memory.free(value);
          expect(tail() % 4).toBe(0);
          expect(tail()).toBeLessThan(RX_RING_SIZE);
          memory.receive(frameOf(1518, 1), 0, 0, 0);
          expect(head()).toBeLessThan(RX_RING_SIZE);
        }
      }),
      { seed, numRuns: 50 },
    );
  });

  test(`gives every frame it took, whole and in order, over hundreds of wraps and overflows (SEED=${seed})`, () => {
    const step = fc.oneof(
      fc.record({ length: fc.integer({ min: 1, max: 1600 }), frames: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 60 }) }),
    );
    let overflows = 0;
    let wraps = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
        const { memory, take, head } = ring();
        const model: Uint8Array[] = [];
        let used = 0;
        let mark = 0;
        const receive = (frame: Uint8Array): void => {
          const before = head();
          if (memory.receive(frame, 0, 0, 0) === undefined) {
            overflows++;
            // Refused only when it is nearly full: this entry, and what a wrap leaves unused.
            expect(used).toBeGreaterThan(RX_RING_SIZE - 2 * entrySize(1600) - 4);
            return;
          }
          model.push(frame);
          used += entrySize(frame.length);
          if (head() < before) wraps++;
        };
        const check = (expected: Uint8Array | undefined): void => {
          const frame = take()?.frame;
          if (expected === undefined) expect(frame).toBeUndefined();
          else expect(frame && equalBytes(frame, expected)).toBe(true);
          used -= expected === undefined ? 0 : entrySize(expected.length);
        };
        for (const action of steps) {
          if ('take' in action) for (let i = 0; i < action.take; i++) check(model.shift());
          else for (let i = 0; i < action.frames; i++) receive(frameOf(action.length, mark++));
        }
        while (model.length > 0) check(model.shift());
        check(undefined);
      }),
      { seed, numRuns: 100 },
    );
    expect(wraps).toBeGreaterThan(100);
    expect(overflows).toBeGreaterThan(100);
  });
});
