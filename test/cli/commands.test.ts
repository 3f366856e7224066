import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { demoFile } from '../../src/demo-host.ts';
import { run, start } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

test('the demo shows every layer, ends well, and leaves a trace that show reads', async () => {
  const { code, stdout, stderr } = await run(directory, 'demo');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const part of [
    'SYN-SENT',
    'TIME-WAIT',
    '1048576 bytes',
    'rxEnable txEnable fullDuplex',
    'transmit slot',
    '55 55 55 55 55 55 55 d5   preamble and SFD',
    'FCS',
    'known',
    'glassnic trace show glassnic-demo.pcapng',
  ])
    expect(stdout).toContain(part);
  expect(stdout).not.toContain('nothing in the trace');
  expect(stdout.split('\n').length).toBeLessThan(60);
  const shown = await run(directory, 'trace', 'show', 'glassnic-demo.pcapng', '--kind', 'socket');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^ +\d+\.\d{6} {2}tcp {5}socket \d+ +SYN-SENT/m);
});

test('ping prints what people expect of it', async () => {
  const { code, stdout } = await run(directory, 'ping', '192.0.2.1', '-c', '2', '-i', '0.01', '-s', '100');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^PING 192\.0\.2\.1: 100 bytes of data$/m);
  expect(stdout).toMatch(/^108 bytes from 192\.0\.2\.1: icmp_seq=2 ttl=64 time=\d+\.\d{3} ms$/m);
  expect(stdout).toMatch(/^2 packets transmitted, 2 received, 0% packet loss$/m);
});

test('ping counts what does not come back, with exit code 1', async () => {
  const { code, stdout } = await run(directory, 'ping', '192.0.2.77', '-c', '1', '--timeout', '0.2', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ address: '192.0.2.77', sent: 1, received: 0, replies: [] });
});

test('get writes a file whole, and tells its hash', async () => {
  const expected = demoFile('/64k', 7) ?? new Uint8Array();
  const ended = await run(directory, 'get', 'http://demo.lan/64k', '--seed', '7', '-o', 'x', '--sha256');
  expect(ended).toMatchObject({ code: 0, stdout: `${sha256(expected)}\n` });
  expect(sha256(readFileSync(join(directory, 'x')))).toBe(sha256(expected));
  expect(readdirSync(directory)).toEqual(['x']);
});

test('get prints the body where nothing else is asked', async () => {
  const { code, stdout } = await run(directory, 'get', 'http://192.0.2.1/1k', '--seed', '7');
  expect(code).toBe(0);
  expect(Buffer.from(stdout, 'latin1')).toEqual(Buffer.from(demoFile('/1k', 7) ?? []));
});

test('what one glassnic serves another gets, over a cable of datagrams; SIGINT ends the server well', async () => {
  const body = new Random(1).fill(new Uint8Array(300_000));
  writeFileSync(join(directory, 'file.bin'), body);
  const [a, b] = [20_000 + (process.pid % 20_000), 40_001 + (process.pid % 20_000)];
  const server = start(directory, 'serve', '.', '--cable', `udp:${a}:127.0.0.1:${b}`, '--ip', '192.0.2.9/24');
  await server.says('serving');
  const client = ['--cable', `udp:${b}:127.0.0.1:${a}`, '--timeout', '10'];
  const got = await run(directory, 'get', 'http://192.0.2.9/file.bin', '--sha256', ...client);
  const outside = await run(directory, 'get', 'http://192.0.2.9/%2e%2e/%2e%2e/etc/passwd', ...client);
  server.child.kill('SIGINT');
  const ended = await server.ended;
  expect(got).toEqual({ code: 0, stdout: `${sha256(body)}\n`, stderr: '' });
  expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining('404') });
  expect(ended.code).toBe(0);
  expect(ended.stdout).toMatch(/^192\.0\.2\.2 GET \/file\.bin 200 300000$/m);
});

test('registers are read and written by name and field, of both maps', async () => {
  const read = await run(directory, 'registers', 'read', 'COMMAND.rxEnable');
  expect(read).toEqual({ code: 0, stdout: 'COMMAND.rxEnable 1\n', stderr: '' });
  const board = await run(directory, 'registers', 'read', 'ID', '--map', 'board', '--json');
  expect(JSON.parse(board.stdout)).toEqual({ value: 0x474e_4231, fields: {} });
  const written = await run(directory, 'registers', 'write', 'SCRATCH', '0xdeadbeef', '--map', 'board');
  expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining('0xdeadbeef') });
  const one = await run(directory, 'registers', 'write', 'COMMAND.promiscuous', '1', '--json');
  expect(JSON.parse(one.stdout)).toEqual({ value: 1 });
});

test('registers dump tells all of both maps', async () => {
  const { code, stdout } = await run(directory, 'registers', 'dump', '--json');
  expect(code).toBe(0);
  const all = JSON.parse(stdout) as Record<string, Record<string, { fields: object }>>;
  expect(all['card']?.['STATUS']?.fields).toMatchObject({ boardPresent: 1, linkUp: 1 });
  expect(all['board']?.['ID']).toMatchObject({ value: 0x474e_4231 });
});

test('ports tells what is plugged in, and sends nothing where that is wished', async () => {
  const { code, stdout } = await run(directory, 'ports', '--no-probe', '--all', '--json');
  expect(code).toBe(0);
  const ports = JSON.parse(stdout) as object[];
  expect(ports).toEqual(
    ports.map(() => ({ path: expect.any(String), maker: expect.any(String), usb: expect.any(String) })),
  );
});

test('SIGINT ends a ping with its summary', async () => {
  const ping = start(directory, 'ping', '192.0.2.1', '-c', '1000', '-i', '0.05');
  const seen = new Promise<void>((resolve) =>
    ping.child.stdout?.on('data', (text) => /seq=3/.test(String(text)) && resolve()),
  );
  await seen;
  ping.child.kill('SIGINT');
  const { code, stdout, stderr } = await ping.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/0% packet loss/);
});
