/** `emulator:`: programs that start, answer and end; and what is said where they cannot. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { board, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { EmulatorTransport } from '../../src/bridge/transports/emulator.ts';
import { describeWith } from '../tools.ts';
import { Emulated } from './emulated.ts';

const lives = (pid: number | undefined): boolean => {
  try {
    // A zombie has ended: nobody has asked for its exit code yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('emulators that cannot start', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  test.for([
    ['lm3s6965evb', 'qemu-system-arm'],
    ['posix', 'build-essential'],
  ] as const)('%s without its program names the Debian package %s', async ([name, debian]) => {
    process.env['PATH'] = '/nowhere';
    const transport = new EmulatorTransport({ board: name });
    await expect(transport.open()).rejects.toMatchObject({
      code: 'EMULATOR_MISSING',
      message: expect.stringContaining(`Debian package ${debian}`),
    });
    expect(transport.pid).toBeUndefined();
  });
});

describeWith(['qemu-system-arm'], 'emulator:lm3s6965evb', () => {
  test('reaches QEMU’s own network without any rights: 10.0.2.2 answers ARP', async () => {
    const b = await Emulated.start({ board: 'lm3s6965evb', cable: { kind: 'user' } });
    try {
      b.bus.write(R.STATION_LOW.address, 0x0000_0002);
      b.bus.write(R.STATION_HIGH.address, 0x0100);
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex'));
      const request = Buffer.from(
        'ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a00020f 000000000000 0a000202'.replaceAll(
          ' ',
          '',
        ),
        'hex',
      );
      b.bus.writeBlock(0x4000, request);
      b.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: request.length }));
      const { bytes } = await b.event('received');
      // ARP reply, from 10.0.2.2.
      expect(Buffer.from(bytes.subarray(12, 22)).toString('hex')).toBe('08060001080006040002');
      expect([...bytes.subarray(28, 32)]).toEqual([10, 0, 2, 2]);
    } finally {
      await b.stop();
    }
  });

  test('also has its serial line on a pty', async () => {
    const b = await Emulated.start({ board: 'lm3s6965evb', serial: 'pty' });
    try {
      b.bus.write(R.SCRATCH.address, 0xa5a5_1104);
      expect(await b.read(R.SCRATCH.address)).toBe(0xa5a5_1104);
    } finally {
      await b.stop();
    }
  });

  test('says what QEMU said where QEMU does not start', async () => {
    const transport = new EmulatorTransport({ board: 'lm3s6965evb', cable: { kind: 'tap', name: 'no/such' } });
    await expect(transport.open()).rejects.toMatchObject({ code: 'EMULATOR_CABLE' });
    // An interface that is there and is no TAP.
    const broken = new EmulatorTransport({ board: 'lm3s6965evb', cable: { kind: 'tap', name: 'lo' } });
    await expect(broken.open().then(() => 'opened')).rejects.toMatchObject({
      code: 'EMULATOR_FAILED',
      message: expect.stringMatching(/^emulator:lm3s6965evb ended \(exit code 1\): .*tun/),
    });
    expect(broken.pid).toBeUndefined();
  });

  test('ends with close, and with the program that started it', async () => {
    const transport = new EmulatorTransport({ board: 'lm3s6965evb' });
    await transport.open();
    const { pid } = transport;
    expect(lives(pid)).toBe(true);
    await transport.close();
    await transport.close();
    expect(lives(pid)).toBe(false);

    const orphan = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { EmulatorTransport } from '${new URL('../../dist/bridge/transports/emulator.js', import.meta.url)}';
         const t = new EmulatorTransport({ board: 'lm3s6965evb' }); await t.open(); console.log(t.pid); process.exit(0);`,
      ],
      { encoding: 'utf8' },
    );
    const left = Number(orphan.stdout.trim());
    expect(left).toBeGreaterThan(0);
    // It has been killed; a busy machine takes a moment to clear it away.
    await expect.poll(() => lives(left), { timeout: 2_000 }).toBe(false);
  });
});

describeWith(['cc', 'make'], 'emulator:posix', () => {
  test('is built where it is missing, and never half', async () => {
    execFileSync('rm', ['-f', 'firmware-bridge/build/posix']);
    const boards = await Promise.all([Emulated.start({ board: 'posix' }), Emulated.start({ board: 'posix' })]);
    for (const b of boards) {
      expect(await b.read(R.ID.address)).toBe(R.ID.reset);
      await b.stop();
    }
  });
});
