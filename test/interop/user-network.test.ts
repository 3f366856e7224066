/** An emulated board without any rights: QEMU's own network (libslirp, a TCP/IP that nobody here wrote), as an ordinary user. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { describeWith } from '../tools.ts';
import { GLASSNIC } from './namespace.ts';

const seed = Number(process.env['SEED'] ?? 1);
const MEGABYTE = Buffer.from(new Random(seed).fill(new Uint8Array(1 << 20)));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Where the tests run as root, the program under test does not. */
const NOBODY = 65_534;
const unprivileged = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

describeWith(['qemu-system-arm'], `emulator:lm3s6965evb on QEMU's user network (SEED=${seed})`, () => {
  let server: Server;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'glassnic-user-'));
    chmodSync(folder, 0o777);
    server = createServer((_request, response) => response.end(MEGABYTE));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const glassnic = (...args: string[]): Promise<{ code: number; stderr: string }> =>
    new Promise((resolve) => {
      const options = { ...unprivileged, cwd: folder, timeout: 120_000 };
      execFile(process.execPath, [GLASSNIC, ...args], options, (error, _stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stderr });
      });
    });

  test('an ordinary user gets 1 MB through it, SHA-256 equal', { timeout: 120_000 }, async () => {
    const { port } = server.address() as AddressInfo;
    const out = join(folder, 'got');
    const board = ['--board', 'emulator:lm3s6965evb', '--cable', 'user', '--seed', String(seed)];
    // 10.0.2.2 is the gateway, and behind it this machine's loopback.
    expect(await glassnic('get', `http://10.0.2.2:${port}/`, '-o', out, ...board)).toMatchObject({ code: 0 });
    expect(sha256(readFileSync(out))).toBe(sha256(MEGABYTE));
  });

  test('its serial line may be a pty', { timeout: 60_000 }, async () => {
    const board = ['--board', 'emulator:lm3s6965evb?serial=pty', '--cable', 'user', '--count', '1'];
    expect(await glassnic('ping', '10.0.2.2', ...board)).toEqual({ code: 0, stderr: '' });
  });
});
