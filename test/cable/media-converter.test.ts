import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, equalBytes } from '../../src/base/bytes.ts';
import { START } from '../../src/base/time.ts';
import { MAX_FRAME, MediaConverter } from '../../src/cable/media-converter.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { asLine } from './station.ts';

const seed = Number(process.env['SEED'] ?? 1);
const HEADER = 'ffff ffff ffff 0200 0000 0001 0806';

test('S104 S105 a short frame goes to the line padded to 60 octets, between preamble, SFD and an FCS', () => {
  const line = new MediaConverter().toLine(bytes(`${HEADER} 0001`), START);
  // The FCS of this frame as Python's zlib gives it, low octet first.
  expect(line).toEqual(bytes(`5555 5555 5555 55d5 ${HEADER} 0001 ${'00'.repeat(44)} 929ddcf7`));
});

test(`what went to the line comes back from it, padded (SEED=${seed})`, () => {
  const converter = new MediaConverter();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 14, maxLength: MAX_FRAME }), (frame) => {
      const line = converter.toLine(frame, START) as Uint8Array;
      const back = converter.fromLine(line, START) as Uint8Array;
      expect(back.length).toBe(Math.max(60, frame.length));
      expect(equalBytes(back.subarray(0, frame.length), frame)).toBe(true);
      expect(back.subarray(frame.length).every((octet) => octet === 0)).toBe(true);
    }),
    { seed, numRuns: 300 },
  );
});

test(`any octets from the line give a frame or a counted drop, never an exception (SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(9), (octets, preamble) => {
      const converter = new MediaConverter();
      const line = Uint8Array.of(...new Array<number>(preamble).fill(0x55), 0xd5, ...octets);
      for (const noise of [octets, line]) converter.fromLine(noise, START);
      const { fromLine, noSfd, badFcs, runt } = converter.counters;
      expect(fromLine + noSfd + badFcs + runt).toBe(2);
    }),
    { seed, numRuns: 300 },
  );
});

const good = asLine(bytes(`${HEADER} ${'ab'.repeat(46)}`));
test.for([
  ['a bit wrong in it', good.with(40, 0xaa), 'media:bad-fcs', 'badFcs'],
  ['a bit wrong in the FCS', good.with(good.length - 1, (good.at(-1) as number) ^ 1), 'media:bad-fcs', 'badFcs'],
  ['no SFD', good.with(7, 0x55), 'media:no-sfd', 'noSfd'],
  ['nothing behind its preamble', bytes('5555 5555 5555 55'), 'media:no-sfd', 'noSfd'],
  ['less than a header', asLine(bytes('0102')), 'media:runt', 'runt'],
] as const)('drops a line frame with %s, counts and traces it', ([, line, reason, counter]) => {
  const drops: TraceEvent[] = [];
  const converter = new MediaConverter((event) => drops.push(event));
  expect(converter.fromLine(line, START)).toBeUndefined();
  expect(converter.counters[counter]).toBe(1);
  expect(drops).toEqual([{ kind: 'drop', at: START, reason, bytes: line }]);
});

test('a line frame may have lost the start of its preamble', () => {
  expect(new MediaConverter().fromLine(good.subarray(5), START)).toEqual(good.slice(8, -4));
});

test.for([
  [13, 'tooShort'],
  [1519, 'tooLong'],
  [9000, 'tooLong'],
] as const)('drops and counts a frame of %i octets for the line', ([length, counter]) => {
  const converter = new MediaConverter();
  expect(converter.toLine(new Uint8Array(length), START)).toBeUndefined();
  expect(converter.counters[counter]).toBe(1);
});
