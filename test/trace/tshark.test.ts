import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LanError } from '../../src/base/errors.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { readTraceFile, TraceFile } from '../../src/trace/file.ts';
import { describeWith } from '../tools.ts';
import { eventOf, KINDS } from './events.ts';
import { arpReply, arpRequest, chipFrame, echoRequest, lineFrame } from './frames.ts';

const seed = Number(process.env['SEED'] ?? 1);

describeWith(['tshark'], 'tshark reads a trace', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'glassnic-tshark-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function write(name: string, events: readonly TraceEvent[]): string {
    const path = join(directory, name);
    const onError = (error: LanError) => expect.unreachable(error.message);
    const file = new TraceFile(path, {
      application: 'glassnic test',
      hardware: 'board mock',
      epoch: 1_700_000_000,
      onError,
    });
    for (const event of events) file.trace(event);
    file.close();
    return path;
  }
  const tshark = (...options: string[]): string[] =>
    execFileSync('tshark', ['-o', 'eth.check_fcs:TRUE', '-n', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .replace(/\n$/, '')
      .split('\n');

  const conversation = [
    lineFrame(1_000, 'out', arpRequest()),
    lineFrame(1_010.25, 'in', arpReply()),
    lineFrame(2_000, 'out', echoRequest(56)),
    chipFrame(3_000_000, 'out', arpRequest()),
    chipFrame(3_000_010, 'in', echoRequest(200)),
  ];

  test('with times, directions, interface and a right FCS where the card made one', () => {
    const path = write('line.pcapng', conversation);
    const fields = ['frame.time_epoch', 'frame.packet_flags_direction', 'frame.interface_name', 'eth.fcs.status'];
    const rows = tshark('-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
    expect(rows.map((row) => row.split('\t'))).toEqual([
      ['1700000000.001000000', '0x00000002', 'line0', '1'],
      ['1700000000.001010250', '0x00000001', 'line0', '1'],
      ['1700000000.002000000', '0x00000002', 'line0', '1'],
      ['1700000003.000000000', '0x00000002', 'line0', ''],
      ['1700000003.000010000', '0x00000001', 'line0', ''],
    ]);
  });

  test('with no malformed packet and no bad check sequence among frames and events of every kind', () => {
    const others = KINDS.filter((kind) => kind !== 'frame').flatMap((kind) =>
      fc.sample(eventOf(kind), { seed, numRuns: 5 }),
    );
    const path = write('all.pcapng', [...conversation, ...others]);
    expect(tshark('-r', path, '-Y', '_ws.malformed || eth.fcs.status == "Bad" || ip.checksum.status == "Bad"')).toEqual(
      [''],
    );
    expect(tshark('-r', path, '-T', 'fields', '-e', 'frame.protocols')).toHaveLength(
      conversation.length + others.length,
    );
  });

  test('with the reason of a drop as the packet comment', () => {
    const dropped = { ...lineFrame(1, 'in', arpReply()), drop: 'mac:fcs-error' } as TraceEvent;
    const path = write('drop.pcapng', [dropped]);
    expect(tshark('-r', path, '-T', 'fields', '-e', 'frame.comment')).toEqual(['dropped: mac:fcs-error']);
  });

  test('and what Wireshark saves again is still read', async () => {
    const path = write('before.pcapng', conversation);
    const again = join(directory, 'again.pcapng');
    tshark('-r', path, '-w', again);
    const events: TraceEvent[] = [];
    for await (const event of readTraceFile(again)) events.push(event);
    expect(events.map(({ at, ...rest }) => rest)).toEqual(conversation.map(({ at, ...rest }) => rest));
  });
});
