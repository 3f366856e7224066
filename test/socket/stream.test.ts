import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/base/address.ts';
import { Random } from '../../src/base/random.ts';
import { milliseconds, seconds } from '../../src/base/time.ts';
import type { Stream } from '../../src/socket/stream.ts';
import { Hosts } from './hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);
const coded = (code: string) => expect.objectContaining({ name: 'LanError', code });
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

const readAll = async (stream: Stream): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
/** A promise's outcome, watched from now on so that no rejection is ever unhandled. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ value }),
    (error) => error,
  );

describe('a stream', () => {
  test(`carries a megabyte each way at once, in pieces of any size, intact and to the end (S64, SEED=${seed})`, async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const random = new Random(seed);
    const [up, down] = [random.fill(new Uint8Array(1_000_000)), random.fill(new Uint8Array(1_100_000))];
    const send = async (stream: Stream, bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; ) {
        const next = at + random.below(40_000);
        await stream.write(bytes.subarray(at, next));
        at = next;
      }
      await stream.end();
    };
    const work = Promise.all([send(client, up), send(served, down), readAll(client), readAll(served)]);
    const [, , gotDown, gotUp] = await hosts.settle(work);
    expect(Buffer.compare(gotUp, up)).toBe(0);
    expect(Buffer.compare(gotDown, down)).toBe(0);
    // Both sides have ended both ways: the descriptors went back by themselves.
    expect(hosts.a.table.dump().filter((row) => row.descriptor !== undefined)).toEqual([]);
  });

  test('knows both ends, and takes text as UTF-8', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    expect([client.remote, client.local]).toEqual([served.local, served.remote]);
    expect(client.remote).toEqual({ ip: hosts.b.ip, port: 80 });
    await client.write('größer');
    expect(decode(await hosts.settle(served.read()))).toBe('größer');
  });

  test('keeps writes whole and in order, and reads in order, though nobody waits for them', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const letters = ['a', 'b', 'c', 'd'];
    const writes = letters.map((letter) => client.write(letter.repeat(300_000)));
    const reads = [served.read(), served.read(), served.read()];
    const first = await hosts.settle(Promise.all(reads));
    const rest = readAll(served);
    await hosts.settle(Promise.all(writes));
    await client.end();
    const all = decode(Buffer.concat([...(first as Uint8Array[]), await hosts.settle(rest)]));
    expect(all === letters.map((letter) => letter.repeat(300_000)).join('')).toBe(true);
  });

  test('stops a writer whose reader is slow, and lets it go on (S58, S59)', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    let written = 0;
    const writer = (async () => {
      for (let i = 0; i < 100; i++) {
        await client.write(new Uint8Array(16_384));
        written += 16_384;
      }
      await client.end();
    })();
    await hosts.run(seconds(30));
    const stopped = written;
    expect(stopped).toBeLessThanOrEqual(2 * 262_144);
    expect(stopped).toBeGreaterThan(262_144);
    await hosts.run(seconds(30));
    expect(written).toBe(stopped);
    const got = readAll(served);
    await hosts.settle(writer);
    expect((await hosts.settle(got)).length).toBe(1_638_400);
  });

  test('ends one way and goes on the other: a question, its end, the answer (S62, S64)', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    await client.write('question');
    await client.end();
    await client.end();
    await expect(client.write('more')).rejects.toEqual(coded('EPIPE'));
    expect(decode(await hosts.settle(readAll(served)))).toBe('question');
    expect(await served.read()).toBeUndefined();
    await served.write('answer');
    await served.close();
    expect(decode(await hosts.settle(readAll(client)))).toBe('answer');
  });

  test('stays open when a loop over it is left', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    await client.write('first');
    const head = (async () => {
      for await (const chunk of served) return decode(chunk);
      return undefined;
    })();
    expect(await hosts.settle(head)).toBe('first');
    await client.write('second');
    expect(decode(await hosts.settle(served.read()))).toBe('second');
  });

  test('holds small writes back, unless noDelay is set (S44)', async () => {
    const hosts = new Hosts();
    hosts.b.sockets.listen({ port: 80 });
    const client = await hosts.settle(hosts.a.sockets.connect({ ip: '192.0.2.2', port: 80, noDelay: true }));
    expect(client.noDelay).toBe(true);
    client.noDelay = false;
    expect(client.noDelay).toBe(false);
    await client.close();
    client.noDelay = true;
    expect(client.noDelay).toBe(false);
  });

  test('is a pair of web streams, with the same back-pressure', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const echo = served.readable.pipeTo(served.writable); // reads to the end, then ends
    const sent = new Random(seed).fill(new Uint8Array(700_000));
    const writer = client.writable.getWriter();
    const writing = writer.write(sent).then(() => writer.close());
    const got = (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.readable) chunks.push(chunk);
      return Buffer.concat(chunks);
    })();
    await hosts.settle(Promise.all([echo, writing]));
    expect(Buffer.compare(await hosts.settle(got), sent)).toBe(0);
  });
});

describe('closing a stream', () => {
  test('delivers what was written, even by writes still under way, and then the end (S61, S64)', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const writing = client.write(new Uint8Array(900_000).fill(1));
    const closing = client.close();
    expect(client.close()).toBe(closing);
    await expect(client.write('late')).rejects.toEqual(coded('EBADF'));
    const got = readAll(served);
    await hosts.settle(Promise.all([writing, closing]));
    expect((await hosts.settle(got)).length).toBe(900_000);
  });

  test('rejects reads with EBADF, those under way and later ones; nothing of it reaches the next socket', async () => {
    const hosts = new Hosts();
    const { client } = await hosts.streams();
    const reading = outcome(client.read());
    await client[Symbol.asyncDispose]();
    expect(await reading).toEqual(coded('EBADF'));
    expect(hosts.a.table.socket('stream')).toBe(3);
    await expect(client.read()).rejects.toEqual(coded('EBADF'));
    await expect(client.write('x')).rejects.toEqual(coded('EBADF'));
    client.abort();
    await client.close();
    expect(hosts.a.table.dump().at(0)).toMatchObject({ descriptor: 3, state: 'UNBOUND' });
  });

  test('by abort rejects what is under way with ECONNABORTED, and resets the peer', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const pending = Promise.all([outcome(client.read()), outcome(client.write(new Uint8Array(900_000)))]);
    const peer = outcome(served.read());
    client.abort();
    expect(await hosts.settle(pending)).toEqual([coded('ECONNABORTED'), coded('ECONNABORTED')]);
    expect(await hosts.settle(peer)).toEqual(coded('ECONNRESET'));
    await expect(served.read()).rejects.toEqual(coded('ECONNRESET'));
    await expect(served.write('x')).rejects.toEqual(coded('ECONNRESET'));
    await served.close();
  });

  test('can be waited for to the last acknowledgement: flushed', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    await client.write(new Uint8Array(200_000));
    await client.close();
    let isFlushed = false;
    const flushing = hosts.a.sockets.flushed().then(() => {
      isFlushed = true;
    });
    const never = new AbortController();
    const impatient = outcome(hosts.a.sockets.flushed({ signal: never.signal }));
    never.abort('no time');
    expect(await impatient).toBe('no time');
    expect(isFlushed).toBe(false);
    await hosts.settle(flushing);
    expect(hosts.b.table.dump().find((row) => row.descriptor === 4)).toMatchObject({ receiveQueued: 200_000 });
    await hosts.settle(hosts.a.sockets.flushed());
    await served.close();
  });

  test('flushed is told also when a dump has swept the last closed socket away before', async () => {
    const hosts = new Hosts();
    const { client } = await hosts.streams();
    await client.write('x');
    await client.close();
    let isFlushed = false;
    const flushing = hosts.a.sockets.flushed().then(() => {
      isFlushed = true;
    });
    const [connection] = hosts.a.tcp.connections();
    connection?.abort();
    hosts.a.table.dump();
    await hosts.settle(flushing, seconds(1));
    expect(isFlushed).toBe(true);
  });
});

describe('connecting', () => {
  test.for([
    ['nobody listens', '192.0.2.2', 81, 'ECONNREFUSED'],
    ['nobody has the address', '192.0.2.9', 80, 'EHOSTUNREACH'],
    ['no route leads there', '203.0.113.1', 80, 'ENETUNREACH'],
    ['there is no such port', '192.0.2.2', 0, 'EADDRNOTAVAIL'],
    ['the address is none', 'example', 80, 'BAD_ADDRESS'],
  ] as const)('rejects when %s, and leaves no descriptor behind', async ([, ip, port, code]) => {
    const hosts = new Hosts();
    expect(await hosts.settle(outcome(hosts.a.sockets.connect({ ip, port })), seconds(300))).toEqual(coded(code));
    expect(hosts.a.table.dump()).toEqual([]);
  });

  test('from a chosen address and port', async () => {
    const hosts = new Hosts();
    hosts.b.sockets.listen({ port: 80 });
    const local = { ip: hosts.a.ip, port: 4000 };
    const client = await hosts.settle(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80, local }));
    expect(client.local).toEqual(local);
  });
});

describe('an AbortSignal', () => {
  const reason = new Error('changed my mind');

  test('aborted before connect: nothing is sent, no descriptor is used', async () => {
    const hosts = new Hosts();
    const signal = AbortSignal.abort(reason);
    await expect(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80, signal })).rejects.toBe(reason);
    await hosts.run(seconds(1));
    expect(hosts.a.story).toEqual([]);
  });

  test('ends connecting: rejects with its reason, the SYN is not sent again, the descriptor is free', async () => {
    const hosts = new Hosts();
    hosts.pair.b.isUp = false;
    const controller = new AbortController();
    const connecting = outcome(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80, signal: controller.signal }));
    await hosts.run(milliseconds(500));
    controller.abort(reason);
    expect(await connecting).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await hosts.run(milliseconds(1));
    expect(hosts.a.table.dump()).toEqual([]);
    expect([...hosts.a.tcp.connections()]).toEqual([]);
  });

  test('ends a read, which has taken nothing: the next read gets the data', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = Promise.all([outcome(served.read({ signal })), outcome(served.read({ signal }))]);
    const next = served.read();
    controller.abort(reason);
    expect(await aborted).toEqual([reason, reason]);
    await expect(served.read({ signal })).rejects.toBe(reason);
    await client.write('data');
    expect(decode(await hosts.settle(next))).toBe('data');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('ends a write that has not begun, without a trace of it', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const controller = new AbortController();
    const { signal } = controller;
    const first = client.write(new Uint8Array(900_000).fill(1));
    const second = outcome(client.write('not this', { signal }));
    const third = client.write('but this');
    controller.abort(reason);
    expect(await second).toBe(reason);
    const got = readAll(served);
    await hosts.settle(Promise.all([first, third]));
    await client.end();
    const all = await hosts.settle(got);
    expect(decode(all.subarray(900_000))).toBe('but this');
    await expect(client.write('x', { signal })).rejects.toBe(reason);
  });

  test('ends a write in the middle by a reset, since half a write cannot be taken back', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const controller = new AbortController();
    const writing = outcome(client.write(new Uint8Array(900_000), { signal: controller.signal }));
    await hosts.run(seconds(1));
    controller.abort(reason);
    expect(await writing).toBe(reason);
    await expect(client.write('x')).rejects.toEqual(coded('ECONNABORTED'));
    expect(await hosts.settle(outcome(readAll(served)))).toEqual(coded('ECONNRESET'));
  });

  test('leaves nothing on a signal that lives long: a thousand reads and writes, no listener', async () => {
    const hosts = new Hosts();
    const { client, served } = await hosts.streams();
    const { signal } = new AbortController();
    for (let i = 0; i < 1_000; i++) {
      const reading = served.read({ signal });
      await client.write('x', { signal });
      client.noDelay = true;
      await hosts.settle(reading);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('ends accept and receive', async () => {
    const { b } = new Hosts();
    const controller = new AbortController();
    const { signal } = controller;
    const accepting = outcome(b.sockets.listen({ port: 80 }).accept({ signal }));
    const receiving = outcome(b.sockets.datagram({ port: 53 }).receive({ signal }));
    controller.abort(reason);
    expect([await accepting, await receiving]).toEqual([reason, reason]);
  });
});

describe('a server', () => {
  test('is a sequence of streams that ends when it is closed; those it accepted go on', async () => {
    const hosts = new Hosts();
    const server = hosts.b.sockets.listen({ port: 7 });
    const served: Stream[] = [];
    const serving = (async () => {
      for await (const stream of server) {
        served.push(stream);
        stream.readable.pipeTo(stream.writable);
      }
      return served.length;
    })();
    const clients = await hosts.settle(
      Promise.all(Array.from({ length: 20 }, () => hosts.a.sockets.connect({ ip: hosts.b.ip, port: 7 }))),
    );
    await hosts.run(milliseconds(10)); // the last ACKs are on their way: whom nobody has accepted would be reset
    server.close();
    server.close();
    expect(await hosts.settle(serving)).toBe(20);
    const echoes = clients.map(async (client, i) => {
      await client.write(`echo ${i}`);
      await client.end();
      return decode(await readAll(client));
    });
    expect(await hosts.settle(Promise.all(echoes))).toEqual(clients.map((_, i) => `echo ${i}`));
    expect(await server.accept()).toBeUndefined();
    await expect(hosts.settle(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 7 }))).rejects.toEqual(
      coded('ECONNREFUSED'),
    );
  });

  test('throws EADDRINUSE for a port that is listened to, EADDRNOTAVAIL for a foreign address, and leaves no descriptor behind', async () => {
    const { b } = new Hosts();
    const server = b.sockets.listen({ port: 80 });
    expect(server.local.port).toBe(80);
    expect(() => b.sockets.listen({ port: 80 })).toThrow(coded('EADDRINUSE'));
    expect(() => b.sockets.listen({ port: 81, ip: '192.0.2.1' })).toThrow(coded('EADDRNOTAVAIL'));
    expect(b.table.dump()).toHaveLength(1);
    await server[Symbol.asyncDispose]();
    expect(b.table.dump()).toEqual([]);
  });

  test('waits for a descriptor when all are in use, instead of failing', async () => {
    const hosts = new Hosts({ descriptors: 2 });
    const server = hosts.b.sockets.listen({ port: 80 });
    await hosts.settle(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80 }));
    await hosts.settle(hosts.a.sockets.connect({ ip: hosts.b.ip, port: 80 }));
    const first = await hosts.settle(server.accept());
    let second: Stream | undefined;
    const accepting = server.accept().then((stream) => {
      second = stream;
    });
    await hosts.run(seconds(1));
    expect(second).toBeUndefined();
    await first?.close();
    await hosts.settle(accepting);
    expect(second?.remote.port).not.toBe(first?.remote.port);
  });
});

describe('datagrams', () => {
  test('are a sequence of whole datagrams with their source, which ends with close (S127, S128)', async () => {
    const hosts = new Hosts();
    const server = hosts.b.sockets.datagram({ port: 53 });
    const client = hosts.a.sockets.datagram();
    const serving = (async () => {
      const seen: unknown[] = [];
      for await (const { bytes, source } of server) {
        seen.push(decode(bytes));
        await server.send(`${decode(bytes)}!`, source);
      }
      return seen;
    })();
    for (const words of ['one', 'two']) {
      await client.send(words, { ip: hosts.b.ip, port: 53 });
      expect(decode((await hosts.settle(client.receive()))?.bytes)).toBe(`${words}!`);
    }
    server.close();
    server.close();
    expect(await hosts.settle(serving)).toEqual(['one', 'two']);
    await expect(server.send('x', { ip: hosts.a.ip, port: 1 })).rejects.toEqual(coded('EBADF'));
    expect(await server.receive()).toBeUndefined();
    await client[Symbol.asyncDispose]();
    expect(hosts.a.table.dump()).toEqual([]);
  });

  test('to a peer reject with what ICMP tells: ECONNREFUSED (1122-U5)', async () => {
    const hosts = new Hosts();
    const client = hosts.a.sockets.datagram({ remote: { ip: hosts.b.ip, port: 53 } });
    await client.send('anyone?');
    expect(await hosts.settle(outcome(client.receive()))).toEqual(coded('ECONNREFUSED'));
  });

  test('wait for room in the send queue: a thousand long ones at once all go out', async () => {
    const hosts = new Hosts({ slots: 4 });
    const server = hosts.b.sockets.datagram({ port: 9 });
    const client = hosts.a.sockets.datagram({ remote: { ip: hosts.b.ip, port: 9 } });
    await client.send('where are you?'); // ARP keeps only a few datagrams waiting
    await hosts.settle(server.receive());
    const reading = (async () => {
      for (let i = 0; i < 1_000; i++) expect((await server.receive())?.bytes[0]).toBe(i & 255);
    })();
    const sending = Promise.all(Array.from({ length: 1_000 }, (_, i) => client.send(new Uint8Array(1_000).fill(i))));
    await hosts.settle(sending);
    await hosts.settle(reading);
  });

  test('cannot be had on a port that is taken, and leave no descriptor behind', () => {
    const { b } = new Hosts();
    b.sockets.datagram({ port: 53 });
    expect(() => b.sockets.datagram({ port: 53 })).toThrow(coded('EADDRINUSE'));
    expect(() => b.sockets.datagram({ remote: { ip: parseIp('203.0.113.1'), port: 1 } })).toThrow(coded('ENETUNREACH'));
    expect(b.table.dump()).toHaveLength(1);
  });
});

test('when the host stops everything unfinished rejects with ENETDOWN, and closing still works', async () => {
  const hosts = new Hosts();
  const { a } = hosts;
  const { client } = await hosts.streams();
  const server = a.sockets.listen({ port: 80 });
  const datagrams = a.sockets.datagram({ port: 53 });
  const unfinished = Promise.all(
    [
      a.sockets.connect({ ip: '192.0.2.9', port: 80 }),
      client.read(),
      client.write(new Uint8Array(900_000)),
      server.accept(),
      datagrams.receive(),
    ].map(outcome),
  );
  await hosts.run(milliseconds(100));
  const flushing = a.sockets.flushed();
  a.sockets.stop();
  expect(await hosts.settle(unfinished)).toEqual(Array(5).fill(coded('ENETDOWN')));
  await flushing;
  await client.close();
  server.close();
  datagrams.close();
  await expect(a.sockets.connect({ ip: hosts.b.ip, port: 80 })).rejects.toEqual(coded('ENETDOWN'));
  expect(a.table.dump().filter((row) => row.descriptor !== undefined)).toEqual([]);
});
