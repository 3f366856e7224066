import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LanError } from '../../src/base/errors.ts';
import type { Instant } from '../../src/base/time.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { readTraceFile, TraceFile } from '../../src/trace/file.ts';
import { anyEvent } from './events.ts';

const seed = Number(process.env['SEED'] ?? 1);
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-trace-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const inDirectory = (name: string): string => join(directory, name);
const options = (onError: (error: LanError) => void = (error) => expect.unreachable(error.message)) => ({
  application: 'glassnic test',
  hardware: 'board mock',
  onError,
});
async function all(path: string): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  for await (const event of readTraceFile(path)) events.push(event);
  return events;
}
/** Octets as their hash: vitest takes seconds to compare megabytes, and longer to print them. */
const hashed = (event: TraceEvent): object =>
  'bytes' in event && event.bytes !== undefined
    ? { ...event, bytes: createHash('sha256').update(event.bytes).digest('hex') }
    : event;
const block = (length: number): TraceEvent => ({
  kind: 'block',
  at: 1 as Instant,
  map: 'card',
  op: 'write',
  address: 0,
  bytes: new Uint8Array(length).fill(0x5a),
});

test('a file of several megabytes comes back as it was written, also where a block is longer than the buffer', async () => {
  const events = [
    ...fc.sample(anyEvent, { seed, numRuns: 2_000 }),
    block(0x2_0000),
    block(3),
    block(0xffff),
    block(0xff00),
  ];
  const written = [...events, ...Array<TraceEvent>(20).fill(block(0x1_8000))];
  const file = new TraceFile(inDirectory('long.pcapng'), options());
  for (const event of written) file.trace(event);
  file.close();
  file.close();
  expect(statSync(file.path).size).toBeGreaterThan(2_000_000);
  expect((await all(file.path)).map(hashed)).toEqual(written.map(hashed));
});

test('an event after the end is ignored', async () => {
  const file = new TraceFile(inDirectory('closed.pcapng'), options());
  file.trace(block(9));
  file.close();
  file.trace(block(10));
  expect(await all(file.path)).toEqual([block(9)]);
});

test('a path that cannot be written is named at once, and nothing is made', () => {
  const path = inDirectory('nowhere/x.pcapng');
  expect(() => new TraceFile(path, options())).toThrow(
    expect.objectContaining({
      code: 'TRACE_WRITE',
      message: `cannot write trace '${path}': no such file or directory`,
    }),
  );
  expect(existsSync(path)).toBe(false);
});

const fullDisk = existsSync('/dev/full');
if (!fullDisk) process.stderr.write('skipped — a full disk: this system has no /dev/full\n');
test.skipIf(!fullDisk)('a full disk is told once, and ends only the trace', () => {
  const errors: LanError[] = [];
  const file = new TraceFile(
    '/dev/full',
    options((error) => errors.push(error)),
  );
  for (let i = 0; i < 100; i++) file.trace(block(0x1000));
  file.close();
  expect(errors).toMatchObject([
    { code: 'TRACE_WRITE', message: "cannot write trace '/dev/full': no space left on device" },
  ]);
});

test('a run that never starts leaves no file behind, and an older one as it was', () => {
  const fresh = new TraceFile(inDirectory('fresh.pcapng'), options());
  fresh.close();
  expect(existsSync(fresh.path)).toBe(false);
  const older = inDirectory('older.pcapng');
  writeFileSync(older, 'something');
  new TraceFile(older, options()).close();
  expect(readFileSync(older, 'latin1')).toBe('something');
});

test('an older file is replaced, not added to', async () => {
  const older = inDirectory('replaced.pcapng');
  writeFileSync(older, new Uint8Array(100_000));
  const file = new TraceFile(older, options());
  file.trace(block(1));
  file.close();
  expect(await all(older)).toEqual([block(1)]);
});

test('a cut file gives its whole events, then the error', async () => {
  const file = new TraceFile(inDirectory('cut.pcapng'), options());
  file.trace(block(10));
  file.trace(block(20));
  file.close();
  writeFileSync(file.path, readFileSync(file.path).subarray(0, -1));
  const events: TraceEvent[] = [];
  const reading = async () => {
    for await (const event of readTraceFile(file.path)) events.push(event);
  };
  await expect(reading()).rejects.toMatchObject({
    code: 'TRACE_TRUNCATED',
    message: expect.stringContaining(file.path),
  });
  expect(events).toEqual([block(10)]);
});

test('a file that is not there, and a directory, are named', async () => {
  const path = inDirectory('missing.pcapng');
  await expect(all(path)).rejects.toMatchObject({ code: 'TRACE_READ', message: expect.stringContaining(path) });
  await expect(all(directory)).rejects.toMatchObject({
    code: 'TRACE_READ',
    message: expect.stringContaining(directory),
  });
});
