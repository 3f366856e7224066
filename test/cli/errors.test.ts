import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { put32le } from '../../src/base/bytes.ts';
import type { Instant } from '../../src/base/time.ts';
import { PcapngEncoder } from '../../src/trace/pcapng.ts';
import { SECTION } from '../trace/events.ts';
import { run, start } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** One line that names the thing, no stack trace, nothing on stdout, nothing left behind. */
async function expectError(
  args: readonly string[],
  code: number,
  named: string,
  files: readonly string[] = [],
): Promise<void> {
  const ended = await run(directory, ...args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(/^glassnic: [^\n]+\n$/);
  expect(ended.stderr).not.toMatch(/\bat .+:\d+:\d+|fault in glassnic/);
  expect(ended.stderr).toContain(named);
  expect(readdirSync(directory)).toEqual(files);
}

const PING = ['ping', '192.0.2.1', '--trace', 'x.pcapng'];
test.for([
  ['an unknown command', ['pong'], "unknown command 'pong'"],
  ['no address', ['ping'], 'address'],
  ['an unknown option', ['ping', '192.0.2.1', '--bord', 'mock'], '--bord'],
  ['a malformed address', ['ping', '192.0.2.256'], "'192.0.2.256'"],
  ['a malformed own address', [...PING, '--ip', '192.0.2.2/33'], "'192.0.2.2/33'"],
  ['a network as own address', ['ping', '192.0.2.1', '--ip', '192.0.2.0/24'], '192.0.2.0/24'],
  ['a malformed gateway', [...PING, '--gateway', 'router'], "'router'"],
  ['a malformed MAC address', [...PING, '--mac', '02:00:5e'], "'02:00:5e'"],
  ['an unknown board', [...PING, '--board', 'nope'], "'nope'"],
  ['a malformed cable', [...PING, '--cable', 'udp:x'], 'udp:'],
  ['a cable with the name of a built-in property', [...PING, '--cable', 'constructor'], "'constructor'"],
  ['a count that is none', [...PING, '--count', '0'], "'0'"],
  ['a time that is none', [...PING, '--timeout', ''], "''"],
  ['a URL that is none', ['get', 'demo.lan/1k'], "'demo.lan/1k'"],
  ['a URL of another protocol', ['get', 'https://192.0.2.1/'], 'https:'],
  ['a host name', ['get', 'http://example.com/', '-o', 'x'], "'example.com'"],
  ['a directory as output', ['get', 'http://demo.lan/1k', '-o', '.'], "'.'"],
  ['an output that cannot be written', ['get', 'http://demo.lan/1k', '-o', 'nowhere/x'], "'nowhere/x'"],
  ['a trace that cannot be written', ['ping', '192.0.2.1', '--trace', 'nowhere/x.pcapng'], "'nowhere/x.pcapng'"],
  ['a directory that is not there', ['serve', 'nowhere'], "'nowhere'"],
  ['an unknown register', ['registers', 'read', 'NOPE'], "'NOPE'"],
  ['an unknown field', ['registers', 'read', 'COMMAND.nope'], "'nope'"],
  ['a value that does not fit', ['registers', 'write', 'COMMAND.rxEnable', '2'], "'2'"],
  ['a read-only register', ['registers', 'write', 'ID', '1'], 'ID'],
  ['a write-only register', ['registers', 'read', 'TX_START'], 'TX_START'],
  ['a board that cannot be flashed', ['flash', 'mock'], "'mock'"],
  ['a board with the name of a built-in property', ['flash', 'constructor', '--dry-run'], 'no way is known'],
  ['an image that is not there', ['flash', 'lm3s6965evb', '--image', 'x.bin'], "'x.bin'"],
  ['a kind of event that there is none of', ['trace', 'show', 'x.pcapng', '--kind', 'frame,nope'], "'nope'"],
  ['a trace that is not there', ['trace', 'show', 'x.pcapng'], "'x.pcapng'"],
] as const)('%s is named, with exit code 2', ([, args, named]) => expectError(args, 2, named));

test('a port that does not exist is named, with exit code 3', () =>
  expectError(['ping', '192.0.2.1', '--board', 'serial:/dev/glassnic-none'], 3, '/dev/glassnic-none'));

test.for(['mock', 'emulator:lm3s6965evb'])(
  'a TAP that does not exist is named and not made, with exit code 3: %s',
  (board) => expectError(['ping', '192.0.2.1', '--board', board, '--cable', 'tap:glassnic-none'], 3, 'glassnic-none'),
);

test('a port server that is not there is named, with exit code 3', () =>
  expectError(['ping', '192.0.2.1', '--board', 'tcp:127.0.0.1:1'], 3, '127.0.0.1:1'));

test('a port where nobody listens is named, with exit code 1, and no file is begun', () =>
  expectError(['get', 'http://demo.lan:81/', '-o', 'x'], 1, '192.0.2.1:81'));

test('an HTTP error is told, with exit code 1, and no file is begun', () =>
  expectError(['get', 'http://demo.lan/nope', '-o', 'x'], 1, '404'));

test('a peer that does not answer is told after the timeout, with exit code 1', () =>
  expectError(['get', 'http://192.0.2.77/', '--timeout', '0.3', '-o', 'x'], 1, '192.0.2.77:80'));

test('an image for another board is refused by its name', async () => {
  const image = new Uint8Array(1_024);
  put32le(image, 0, 0x2001_0000);
  put32le(image, 4, 0x41);
  image.set(new TextEncoder().encode('mps2-an385'), 0x200);
  writeFileSync(join(directory, 'x.bin'), image);
  await expectError(['flash', 'lm3s6965evb', '--image', 'x.bin', '--dry-run'], 2, 'mps2-an385', ['x.bin']);
});

test('a truncated trace gives its whole events, then says where it ends', async () => {
  const encoder = new PcapngEncoder();
  const header = encoder.header(SECTION).slice();
  const block = encoder.event({ kind: 'mac', at: 7 as Instant, state: 'idle', attempt: 0 }).slice();
  writeFileSync(join(directory, 'x.pcapng'), Buffer.concat([header, block, block.subarray(0, -3)]));
  const ended = await run(directory, 'trace', 'show', 'x.pcapng');
  const end = header.length + block.length;
  expect(ended).toEqual({
    code: 2,
    stdout: '    0.000007  mac     idle\n',
    stderr: `glassnic: x.pcapng: trace ends in the middle of a block at byte ${end}\n`,
  });
});

test('a trace that cannot be written fails the run at its end, with exit code 2', async () => {
  const ended = await run(directory, 'ping', '192.0.2.1', '-c', '1', '--trace', '/dev/full');
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("'/dev/full'") });
  expect(ended.stdout).toContain('1 received');
});

test('an output that is a link stays one', async () => {
  symlinkSync('y', join(directory, 'x'));
  writeFileSync(join(directory, 'y'), 'old');
  expect(await run(directory, 'get', 'http://demo.lan/1k', '-o', 'x')).toMatchObject({ code: 0 });
  expect(lstatSync(join(directory, 'x')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(directory, 'y')).length).toBe(1_024);
});

test('a time that is no whole number of milliseconds, and many pings, are nothing special', async () => {
  const get = await run(directory, 'get', 'http://demo.lan/1k', '--timeout', '1.0015', '-o', 'x');
  expect(get).toMatchObject({ code: 0, stderr: '' });
  const ping = await run(directory, 'ping', '192.0.2.1', '-c', '15', '-i', '0');
  expect(ping).toMatchObject({ code: 0, stderr: '' });
});

test('SIGINT while a board is asked leaves nothing behind, with exit code 130', async () => {
  const board = createServer();
  const connected = new Promise<void>((resolve) => board.once('connection', () => resolve()));
  await new Promise<void>((resolve) => board.listen(0, '127.0.0.1', resolve));
  const { port } = board.address() as { port: number };
  const get = start(directory, 'get', 'http://192.0.2.1/', '-o', 'x', '--board', `tcp:127.0.0.1:${port}`);
  await connected;
  get.child.kill('SIGINT');
  expect(await get.ended).toEqual({ code: 130, stdout: '', stderr: '' });
  expect(readdirSync(directory)).toEqual([]);
  board.close();
});

test('help documents the exit codes, and is no error', async () => {
  const ended = await run(directory, '--help');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toContain('Exit codes: 0 all well; 1 the network said no');
});
