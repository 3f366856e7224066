import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { milliseconds, seconds } from '../../src/base/time.ts';
import { NodeDuplex } from '../../src/cli/node-duplex.ts';
import { Hosts } from '../socket/hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);
const coded = (code: string) => expect.objectContaining({ name: 'LanError', code });

async function duplexes() {
  const hosts = new Hosts();
  const { client, served } = await hosts.streams();
  return { hosts, client: new NodeDuplex(client), served: new NodeDuplex(served), stream: client };
}

/** To the end, by events: Node's `for await` would destroy the other direction as well. */
const collect = (source: Readable): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    source.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    source.once('end', () => resolve(Buffer.concat(chunks)));
    source.once('error', reject);
  });
const failure = (duplex: NodeDuplex): Promise<unknown> => new Promise((resolve) => duplex.once('error', resolve));
const closing = (duplex: NodeDuplex): Promise<void> => new Promise((resolve) => duplex.once('close', () => resolve()));

describe('a NodeDuplex', () => {
  test(`carries a megabyte each way, and closes by itself when both sides have ended (SEED=${seed})`, async () => {
    const { hosts, client, served } = await duplexes();
    const sent = new Random(seed).fill(new Uint8Array(1_000_000));
    const echo = pipeline(served, served);
    const got = collect(client);
    client.end(sent);
    expect(Buffer.compare(await hosts.settle(got), sent)).toBe(0);
    await hosts.settle(Promise.all([echo, finished(client)]));
    await hosts.run(milliseconds(10));
    expect([client.destroyed, served.destroyed]).toEqual([true, true]);
    expect(hosts.a.table.dump().filter((row) => row.descriptor !== undefined)).toEqual([]);
  });

  test('knows its addresses as net.Socket does', async () => {
    const { client, served } = await duplexes();
    expect(client).toMatchObject({ remoteAddress: '192.0.2.2', remotePort: 80, remoteFamily: 'IPv4' });
    expect(served).toMatchObject({ localAddress: '192.0.2.2', localPort: 80, remotePort: client.localPort });
  });

  test('stops a writer whose reader does not read, and goes on when it reads', async () => {
    const { hosts, client, served } = await duplexes();
    let written = 0;
    const chunk = Buffer.alloc(16_384);
    const total = 100 * chunk.length;
    const pump = () => {
      while (written < total) {
        written += chunk.length;
        if (!client.write(chunk)) return client.once('drain', pump);
      }
      return client.end();
    };
    pump();
    await hosts.run(seconds(30));
    const stopped = written;
    expect(stopped).toBeGreaterThan(262_144);
    // Both sockets' buffers and both streams' own (64 KiB from Node 22 on), and the chunk that was too much.
    const most = 2 * 262_144 + client.writableHighWaterMark + served.readableHighWaterMark + 3 * chunk.length;
    expect(stopped).toBeLessThanOrEqual(most);
    const got = collect(served);
    expect((await hosts.settle(got)).length).toBe(total);
  });

  test('reads no further than its own buffer when nobody takes the data', async () => {
    const { hosts, client, served } = await duplexes();
    client.write(Buffer.alloc(200_000));
    served.read(0); // starts reading, takes nothing
    await hosts.run(seconds(5));
    expect(served.readableLength).toBeLessThanOrEqual(65_536 + served.readableHighWaterMark);
    expect(hosts.b.table.available(4)).toBeGreaterThan(0);
  });

  test('stays open one way when the other has ended', async () => {
    const { hosts, client, served } = await duplexes();
    client.end('question');
    expect((await hosts.settle(collect(served))).toString()).toBe('question');
    expect([served.writable, served.destroyed]).toEqual([true, false]);
    served.end('answer');
    expect((await hosts.settle(collect(client))).toString()).toBe('answer');
  });

  test('sends what was corked in one segment', async () => {
    const { hosts, client, served } = await duplexes();
    const frames = hosts.pair.a.sent.length;
    client.setNoDelay(true);
    client.cork();
    for (const piece of ['header', ' ', 'body']) client.write(piece);
    client.uncork();
    client.end();
    expect((await hosts.settle(collect(served))).toString()).toBe('header body');
    const withData = hosts.pair.a.sent.slice(frames).filter((frame) => Buffer.from(frame).includes('header'));
    expect(withData).toHaveLength(1);
    expect(Buffer.from(withData[0] as Uint8Array).includes('header body')).toBe(true);
  });

  test('fails with the connection: an error with its code, then close', async () => {
    const { hosts, client, served } = await duplexes();
    client.resume();
    const failed = failure(client);
    served.once('error', () => {}).destroy(new Error('here, not there'));
    expect(await hosts.settle(failed)).toEqual(coded('ECONNRESET'));
    await hosts.run(milliseconds(10));
    expect([client.destroyed, served.destroyed]).toEqual([true, true]);
  });

  test('that is destroyed without error closes in order; with unsent data it resets', async () => {
    const ordered = await duplexes();
    ordered.client.destroy();
    expect((await ordered.hosts.settle(collect(ordered.served))).length).toBe(0);
    const hasty = await duplexes();
    hasty.client.write(Buffer.alloc(900_000));
    await hasty.hosts.run(milliseconds(1));
    hasty.client.destroy();
    await expect(hasty.hosts.settle(collect(hasty.served))).rejects.toEqual(coded('ECONNRESET'));
  });

  test('that is destroyed soon delivers first', async () => {
    const { hosts, client, served } = await duplexes();
    client.write(Buffer.alloc(600_000));
    client.destroySoon();
    const closed = closing(client);
    expect((await hosts.settle(collect(served))).length).toBe(600_000);
    await hosts.settle(closed);
  });
});

describe('node:http over this stack', () => {
  /** An HTTP server of Node's on b, an agent of Node's on a. */
  function web(answer: RequestListener) {
    const hosts = new Hosts();
    const server = createServer(answer);
    const listener = hosts.b.sockets.listen({ port: 80 });
    (async () => {
      for await (const stream of listener) server.emit('connection', new NodeDuplex(stream));
    })();
    let connections = 0;
    const agent = (keepAlive: boolean) => {
      const made = new Agent({ keepAlive });
      made.createConnection = (_options, done) => {
        connections++;
        hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80 }).then(
          (stream) => done?.(null, new NodeDuplex(stream)),
          (error) => done?.(error, undefined as never),
        );
        return undefined;
      };
      return made;
    };
    const fetch = (path: string, through: Agent, body?: Uint8Array): Promise<{ status: number; body: Buffer }> =>
      hosts.settle(
        new Promise((resolve, reject) => {
          const asked = request({ host: '192.0.2.2', path, agent: through, method: body ? 'POST' : 'GET' });
          asked.on('error', reject);
          asked.on('response', (response: IncomingMessage) =>
            collect(response).then((got) => resolve({ status: response.statusCode ?? 0, body: got }), reject),
          );
          asked.end(body);
        }),
      );
    return { listener, agent, fetch, connections: () => connections };
  }

  test('fetches a megabyte, with and without a length, one connection each', async () => {
    const page = Buffer.from(new Random(seed).fill(new Uint8Array(1_000_000)));
    const { agent, fetch, connections } = web((asked, response) => {
      if (asked.url === '/length') response.setHeader('content-length', page.length);
      for (let at = 0; at < page.length; at += 50_000) response.write(page.subarray(at, at + 50_000));
      response.end();
    });
    for (const path of ['/length', '/chunked']) {
      const { status, body } = await fetch(path, agent(false));
      expect([status, Buffer.compare(body, page)]).toEqual([200, 0]);
    }
    expect(connections()).toBe(2);
  });

  test('keeps a connection for the next request', async () => {
    const { agent, fetch, connections } = web((asked, response) => response.end(`you asked for ${asked.url}`));
    const kept = agent(true);
    for (const path of ['/1', '/2', '/3']) {
      expect((await fetch(path, kept)).body.toString()).toBe(`you asked for ${path}`);
      await new Promise((resolve) => setImmediate(resolve)); // the agent takes its socket back
    }
    expect(connections()).toBe(1);
    kept.destroy();
  });

  test('rejects a request where nobody listens, with the stack’s own code', async () => {
    const { listener, agent, fetch } = web(() => {});
    listener.close();
    await expect(fetch('/', agent(false))).rejects.toEqual(coded('ECONNREFUSED'));
  });

  test('posts a megabyte', async () => {
    const { agent, fetch } = web((asked, response) => {
      collect(asked).then((body) => response.end(String(body.reduce((sum, octet) => sum + octet, 0))));
    });
    const { body } = await fetch('/', agent(false), new Uint8Array(1_000_000).fill(3));
    expect(body.toString()).toBe('3000000');
  });

  test('rejects a request that the server cuts off', async () => {
    const { agent, fetch } = web((_asked, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
      setImmediate(() => response.socket?.destroy());
    });
    await expect(fetch('/', agent(false))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
