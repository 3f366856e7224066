import { execFile, execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { put16, u16 } from '../../src/base/bytes.ts';
import { START } from '../../src/base/time.ts';
import { TapCable } from '../../src/cable/tap.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { describeWith } from '../tools.ts';
import { asLine, drive, lineFrame, Witness } from './station.ts';

const namespace = `gn-tap-${process.pid}`;
const name = `gn${process.pid}`;
const ip = (...args: string[]): void => {
  execFileSync('ip', args, { stdio: 'pipe' });
};
const MAC = [2, 0, 0, 0, 0, 0x77];

/** What our end of the line says to a frame of the kernel's: it is 192.0.2.2, and it answers ARP and echo. */
function answer(line: Uint8Array): Uint8Array | undefined {
  const frame = line.slice(8, -4);
  const isArp = u16(frame, 12) === 0x0806 && u16(frame, 20) === 1 && frame[41] === 2;
  const isEcho = u16(frame, 12) === 0x0800 && frame[23] === 1 && frame[34] === 8;
  if (!isArp && !isEcho) return;
  frame.set(frame.slice(6, 12), 0);
  frame.set(MAC, 6);
  if (isArp) {
    const target = frame.slice(38, 42);
    frame.copyWithin(32, 22, 32);
    frame.set(MAC, 22);
    frame.set(target, 28);
    put16(frame, 20, 2);
  } else {
    const source = frame.slice(26, 30);
    frame.copyWithin(26, 30, 34);
    frame.set(source, 30);
    frame[34] = 0;
    // The type fell by 8 in the upper octet: the one's complement of the sum rises by as much (RFC 1624).
    const sum = u16(frame, 36) + 0x0800;
    put16(frame, 36, (sum & 0xffff) + (sum >>> 16));
  }
  return asLine(frame);
}

describeWith(['root', 'tun', 'ip', 'ping', 'koffi'], 'a TAP', () => {
  beforeAll(() => {
    ip('netns', 'add', namespace);
  });
  afterAll(() => {
    ip('netns', 'delete', namespace);
  });

  /** The TAP, moved to the namespace (its descriptor stays ours) and up as 192.0.2.1. */
  const configure = (): void => {
    ip('link', 'set', 'dev', name, 'netns', namespace);
    ip('-n', namespace, 'address', 'add', '192.0.2.1/24', 'dev', name);
    ip('-n', namespace, 'link', 'set', 'dev', name, 'up');
  };

  test('carries frames both ways: the kernel asks by ARP, believes the answer, and pings', async () => {
    const tap = new TapCable(name);
    const witness = new Witness(tap);
    let report: string | undefined;
    let seen = 0;
    const station = {
      poll: () => {
        for (; seen < witness.received.length; seen++) {
          const reply = answer((witness.received[seen] as (typeof witness.received)[0]).octets);
          if (reply !== undefined) witness.queue.push(reply);
        }
        const first = witness.queue[0];
        if (first === undefined || witness.ended.length < sent) return;
        sent++;
        witness.queue.shift();
        tap.transmit(first, START);
      },
      nextDeadline: () => undefined,
    };
    let sent = 0;
    await drive(
      tap,
      [station],
      (wake) => {
        configure();
        execFile(
          'ip',
          ['netns', 'exec', namespace, 'ping', '-c', '20', '-i', '0.01', '-s', '1400', '192.0.2.2'],
          (_, stdout) => {
            report = stdout;
            wake();
          },
        );
      },
      () => report !== undefined,
    );
    expect(report).toContain('20 packets transmitted, 20 received');
    const arp = witness.received.find(({ octets }) => u16(octets, 20) === 0x0806);
    // 802.3 clause 3.2.8: the kernel's 42 octets come padded; preamble, SFD and FCS are around them.
    expect(arp?.octets).toHaveLength(8 + 60 + 4);
    expect(arp?.octets).toEqual(asLine(arp?.octets.slice(8, -4) as Uint8Array));
    expect(witness.states).toMatchObject([{ up: true }]);
    expect(tap.counters).toMatchObject({ badFcs: 0, tooLong: 0 });
  });

  test('is busy for a second program, and free again after stop', async () => {
    const first = new TapCable(`${name}b`);
    const second = new TapCable(`${name}b`);
    await first.start(() => {});
    await expect(second.start(() => {})).rejects.toMatchObject({
      code: 'TAP_BUSY',
      message: expect.stringContaining(name),
    });
    await first.stop();
    await second.start(() => {});
    await second.stop();
    await second.stop();
  });

  test('is denied to a user without the right, with what to do', async () => {
    process.seteuid?.(65_534);
    const start = new TapCable(`${name}e`).start(() => {});
    await start.catch(() => {}).finally(() => process.seteuid?.(0));
    await expect(start).rejects.toMatchObject({
      code: 'TAP_DENIED',
      message: expect.stringContaining(`ip tuntap add dev ${name}e mode tap user`),
    });
  });

  test('says of an interface that is no TAP that it is none', async () => {
    await expect(new TapCable('lo').start(() => {})).rejects.toMatchObject({
      code: 'TAP_FAILED',
      message: expect.stringContaining("'lo'"),
    });
  });

  test('a frame for an interface that is down is lost with a reason', async () => {
    const drops: TraceEvent[] = [];
    const tap = new TapCable(`${name}d`, (event) => drops.push(event));
    await tap.start(() => {});
    tap.transmit(lineFrame(46), START);
    await tap.stop();
    expect(drops).toEqual([{ kind: 'drop', at: START, reason: 'tap:down', bytes: lineFrame(46) }]);
    expect(tap.taps).toEqual({ full: 0, down: 1, failed: 0 });
  });

  test('stop waits for the sleeping thread, 100 ms at most', async () => {
    const tap = new TapCable(`${name}c`);
    await tap.start(() => {});
    tap.poll(START);
    const before = performance.now();
    await tap.stop();
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

test('without koffi a TAP says what to install', async () => {
  vi.doMock('koffi', () => {
    throw new Error('not installed');
  });
  const expected = process.platform === 'linux' ? 'KOFFI_MISSING' : 'TAP_UNSUPPORTED';
  await expect(new TapCable('tap0').start(() => {})).rejects.toMatchObject({ code: expected });
  vi.doUnmock('koffi');
});
