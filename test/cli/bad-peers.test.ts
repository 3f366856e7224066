/** `get` against servers that do not speak HTTP well, and `serve` with files that are none. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHost, type RunningHost } from '../../src/open-host.ts';
import type { Stream } from '../../src/socket/stream.ts';
import { describeWith } from '../tools.ts';
import { run, start } from './run.ts';

const near = 20_000 + (process.pid % 10_000);
const far = near + 10_000;
const cable = ['--cable', `udp:${near}:127.0.0.1:${far}`];
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-peers-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const OK = 'HTTP/1.1 200 OK\r\n';
/** What a server says, and whether it then closes. */
const ANSWERS: Readonly<Record<string, readonly [says: string, closes: boolean]>> = {
  nothing: ['', true],
  garbage: ['\0\x01 hello\r\n\r\n', true],
  headers: [`${OK}X: ${'a'.repeat(100_000)}\r\n\r\n`, true],
  chunk: [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`, true],
  short: [`${OK}Content-Length: 100\r\n\r\nhello`, true],
  silent: ['', false],
  stuck: [`${OK}Content-Length: 100\r\n\r\nhello`, false],
  upgrade: ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', false],
  colour: ['HTTP/1.1 500 \x1b[31mOops\r\nContent-Length: 0\r\n\r\n', true],
};

describe('get', () => {
  let host: RunningHost;
  beforeAll(async () => {
    host = await openHost({ board: 'mock', cable: `udp:${far}:127.0.0.1:${near}`, ip: '192.0.2.9/24', seed: 1 });
    void serve().catch(() => {});
  });
  afterAll(() => host.close());

  async function serve(): Promise<void> {
    for await (const stream of host.sockets.listen({ port: 80 })) void answer(stream).catch(() => {});
  }
  async function answer(stream: Stream): Promise<void> {
    const request = new TextDecoder().decode(await stream.read());
    const [says, closes] = ANSWERS[/^GET \/(\w+)/.exec(request)?.[1] ?? ''] ?? ['', true];
    if (says !== '') await stream.write(says);
    if (closes) await stream.close();
  }

  test.for([
    ['nothing', 'hang up'],
    ['garbage', 'Parse Error'],
    ['headers', 'overflow'],
    ['chunk', 'after 5 bytes'],
    ['short', 'after 5 bytes'],
    ['silent', 'was silent for 0.7 s'],
    ['stuck', 'was silent for 0.7 s'],
    ['upgrade', 'did not answer as an HTTP server'],
    ['colour', '500 ·[31mOops'],
  ] as const)('names the server that answers with %s, with exit code 1, and keeps no file', async ([path, named]) => {
    const ended = await run(directory, 'get', `http://192.0.2.9/${path}`, '-o', 'x', '--timeout', '0.7', ...cable);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^glassnic: 192\.0\.2\.9:80[^\n]*\n$/);
    expect(ended.stderr).toContain(named);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describeWith(['mkfifo'], 'a served directory with a pipe and a link in it', () => {
  test('serve answers 404 to a pipe and to a link out of its directory, and a client that asks nothing is sent away', async () => {
    const root = join(directory, 'root');
    mkdirSync(join(root, 'out'), { recursive: true });
    writeFileSync(join(directory, 'secret'), 'secret');
    symlinkSync(join(directory, 'secret'), join(root, 'out', 'index.html'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const config = ['--cable', `udp:${far}:127.0.0.1:${near}`, '--ip', '192.0.2.9/24', '--timeout', '0.5'];
    const server = start(directory, 'serve', root, ...config);
    await server.says('serving');
    for (const path of ['pipe', 'out/'])
      expect(await run(directory, 'get', `http://192.0.2.9/${path}`, '--timeout', '5', ...cable)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('404'),
      });
    const client = await openHost({ board: 'mock', cable: `udp:${near}:127.0.0.1:${far}`, seed: 1 });
    const stream = await client.sockets.connect({ ip: '192.0.2.9', port: 80 });
    expect(await stream.read()).toBeUndefined();
    await client.close();
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});
