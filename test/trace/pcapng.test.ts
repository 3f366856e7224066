import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes } from '../../src/base/bytes.ts';
import type { LanError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import type { Instant } from '../../src/base/time.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { PcapngEncoder } from '../../src/trace/pcapng.ts';
import { PcapngReader } from '../../src/trace/pcapng-reader.ts';
import { anyEvent, eventOf, KINDS, SECTION } from './events.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** The file as its blocks, the head first. */
function blocksOf(events: readonly TraceEvent[]): Uint8Array[] {
  const encoder = new PcapngEncoder();
  return [encoder.header(SECTION), ...events.map((event) => encoder.event(event).slice())];
}
const fileOf = (events: readonly TraceEvent[]): Uint8Array => new Uint8Array(Buffer.concat(blocksOf(events)));

function read(
  file: Uint8Array,
  chunk = file.length,
): { events: TraceEvent[]; fault: LanError | undefined; skipped: number } {
  const reader = new PcapngReader('x.pcapng');
  const events: TraceEvent[] = [];
  for (let at = 0; at < file.length; at += chunk) events.push(...reader.push(file.subarray(at, at + chunk)));
  return { events, fault: reader.end(), skipped: reader.skipped };
}

test.for(KINDS.map((kind) => [kind] as const))('a %s event comes back as it was written', ([kind]) => {
  fc.assert(
    fc.property(eventOf(kind), (event) => {
      expect(read(fileOf([event]))).toEqual({ events: [event], fault: undefined, skipped: 0 });
    }),
    { seed, numRuns: 200 },
  );
});

test('events of all kinds come back in their order, whatever pieces the file is read in', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.integer({ min: 1, max: 300 }), (events, chunk) => {
      expect(read(fileOf(events), chunk).events).toEqual(events);
    }),
    { seed, numRuns: 200 },
  );
});

test('a block longer than the buffer is written whole', () => {
  const block = { kind: 'block', at: 1 as Instant, map: 'card', op: 'read', address: 0x2_0000 } as const;
  const event = { ...block, bytes: new Random(seed).fill(new Uint8Array(0x2_0000)) };
  expect(read(fileOf([event])).events).toEqual([event]);
});

test('a text that is too long is cut at a whole character', () => {
  const [event] = read(fileOf([{ kind: 'drop', at: 0 as Instant, reason: 'é'.repeat(5_000) }])).events;
  expect(event).toEqual({ kind: 'drop', at: 0, reason: 'é'.repeat(512) });
});

describe('a trace that was cut', () => {
  const events = fc.sample(anyEvent, { seed, numRuns: 12 });
  const blocks = blocksOf(events);
  const file = new Uint8Array(Buffer.concat(blocks));
  // Where a cut leaves only whole blocks: behind each of the head's three and behind each event's.
  const view = new DataView(file.buffer);
  const ends: number[] = [];
  for (let at = 0; at < file.length; ) {
    at += view.getUint32(at + 4, true);
    ends.push(at);
  }

  test('anywhere gives all whole events, and says at which byte the last block began', () => {
    for (let length = 1; length < file.length; length++) {
      const { events: whole, fault } = read(file.subarray(0, length));
      const before = ends.filter((end) => end <= length);
      expect(whole, `cut at ${length}`).toEqual(events.slice(0, Math.max(0, before.length - 3)));
      if (before.at(-1) === length) expect(fault).toBeUndefined();
      else {
        expect(fault?.code).toBe('TRACE_TRUNCATED');
        expect(fault?.message).toBe(`x.pcapng: trace ends in the middle of a block at byte ${before.at(-1) ?? 0}`);
      }
    }
  });

  test('to nothing is no trace', () => {
    expect(() => read(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'TRACE_FORMAT' }));
  });
});

test.for([
  ['a text', '6861 6c6c 6f20'],
  ['a classic pcap file', 'd4c3 b2a1 0200 0400'],
  ['a big-endian pcapng file', '0a0d 0d0a 0000 001c 1a2b 3c4d'],
  ['a gzip file', '1f8b'],
] as const)('%s is refused, by name', ([, hex]) => {
  expect(() => read(bytes(hex))).toThrow(
    expect.objectContaining({ code: 'TRACE_FORMAT', message: expect.stringContaining('x.pcapng') }),
  );
});

test('whatever bytes are changed, the reader ends without throwing anything but TRACE_FORMAT', () => {
  const file = fileOf(fc.sample(anyEvent, { seed, numRuns: 30 }));
  const random = new Random(seed);
  for (let round = 0; round < 2_000; round++) {
    const broken = file.slice();
    for (let i = 0; i <= random.below(4); i++) broken[random.below(broken.length)] = random.u32();
    try {
      const { fault } = read(broken, 1 + random.below(4096));
      if (fault !== undefined) expect(fault.code).toMatch(/^TRACE_(TRUNCATED|DAMAGED)$/);
    } catch (error) {
      expect(error).toMatchObject({ code: 'TRACE_FORMAT' });
    }
  }
});

test('packets of a later version or of another program are skipped and counted, the others are read', () => {
  const encoder = new PcapngEncoder();
  const event: TraceEvent = { kind: 'mac', at: 5 as Instant, state: 'idle', attempt: 0 };
  const later = encoder.event(event).slice();
  later[28] = 9;
  const file = new Uint8Array(Buffer.concat([encoder.header(SECTION), later, encoder.event(event).slice()]));
  expect(read(file)).toEqual({ events: [event], fault: undefined, skipped: 1 });
});
