import { describe, expect, test } from 'vitest';
import { ANY_IP, parseIp } from '../../src/base/address.ts';
import { microseconds, milliseconds, seconds } from '../../src/base/time.ts';
import type { SocketTable } from '../../src/socket/table.ts';
import { type Host, Hosts } from './hosts.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const coded = (code: string) => expect.objectContaining({ name: 'LanError', code });

/** Reads once, as text. */
const readText = (table: SocketTable, descriptor: number): string => {
  const into = new Uint8Array(65_536);
  const length = table.read(descriptor, into);
  return length === 'would-block' ? length : new TextDecoder().decode(into.subarray(0, length));
};

const listening = (host: Host, port: number, backlog?: number): number => {
  const descriptor = host.table.socket('stream');
  host.table.bind(descriptor, { ip: ANY_IP, port });
  host.table.listen(descriptor, backlog);
  return descriptor;
};

/** A connection from a to port 80 of b: the descriptors on both sides. */
async function connected(hosts: Hosts) {
  const { a, b } = hosts;
  const listener = listening(b, 80);
  const client = a.table.socket('stream');
  const remote = { ip: b.ip, port: 80 };
  expect(a.table.connect(client, remote)).toBe('would-block');
  await hosts.run(milliseconds(10));
  expect(a.table.connect(client, remote)).toBe('connected');
  const served = b.table.accept(listener);
  if (served === 'would-block') throw new Error('nobody has come');
  return { listener, client, served };
}

describe('socket()', () => {
  test('allocates an area, records its first state and answers the lowest free descriptor, from 3 on (S8, S13, S14, S15)', () => {
    const { table, story } = new Hosts().a;
    expect([table.socket('stream'), table.socket('datagram'), table.socket('stream')]).toEqual([3, 4, 5]);
    expect(table.dump()).toMatchObject([
      { descriptor: 3, protocol: 'tcp', state: 'UNBOUND', local: '*:*', remote: '*:*' },
      { descriptor: 4, protocol: 'udp', state: 'UNBOUND' },
      { descriptor: 5, protocol: 'tcp' },
    ]);
    table.close(4);
    expect(table.socket('stream')).toBe(4);
    expect(table.socket('stream')).toBe(6);
    expect(story.slice(0, 2)).toEqual(['call 3 socket(stream)', 'tcp 3 UNBOUND *:* *:*']);
  });

  test('throws EMFILE when every descriptor is in use, and works again after a close', () => {
    const { table } = new Hosts({ descriptors: 2 }).a;
    table.socket('stream');
    table.socket('datagram');
    expect(() => table.socket('stream')).toThrow(coded('EMFILE'));
    table.close(3);
    expect(table.socket('stream')).toBe(3);
  });
});

describe('a descriptor that is not open', () => {
  const somewhere = { ip: parseIp('192.0.2.2'), port: 80 };
  const calls: Record<string, (table: SocketTable, descriptor: number) => unknown> = {
    bind: (table, d) => table.bind(d, { ip: ANY_IP, port: 80 }),
    connect: (table, d) => table.connect(d, somewhere),
    listen: (table, d) => table.listen(d),
    accept: (table, d) => table.accept(d),
    read: (table, d) => table.read(d, new Uint8Array(1)),
    write: (table, d) => table.write(d, new Uint8Array(1)),
    sendTo: (table, d) => table.sendTo(d, new Uint8Array(1), somewhere),
    receiveFrom: (table, d) => table.receiveFrom(d),
    available: (table, d) => table.available(d),
    shutdown: (table, d) => table.shutdown(d),
    close: (table, d) => table.close(d),
    abort: (table, d) => table.abort(d),
    setOption: (table, d) => table.setOption(d, 'noDelay', true),
    getOption: (table, d) => table.getOption(d, 'noDelay'),
    local: (table, d) => table.local(d),
    remote: (table, d) => table.remote(d),
    watch: (table, d) => table.watch(d, () => {}),
  };

  test.for(Object.entries(calls))('%s throws EBADF (S16)', ([, call]) => {
    const { table } = new Hosts().a;
    const closed = table.socket('stream');
    table.close(closed);
    for (const descriptor of [closed, 0, 2, -1, 1.5, Number.NaN, 4711])
      expect(() => call(table, descriptor)).toThrow(coded('EBADF'));
  });
});

describe('connect()', () => {
  test('would block until the peer has answered; the area tells how far it is and for how long (S11, S28, S29, S34)', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    listening(b, 80);
    const client = a.table.socket('stream');
    expect(a.table.connect(client, { ip: b.ip, port: 80 })).toBe('would-block');
    expect(hosts.pair.a.sent).toEqual([]); // nothing leaves within the call
    await hosts.run(microseconds(25)); // the ARP request is there and back, the SYN is not
    expect(a.table.dump()).toMatchObject([{ state: 'SYN-SENT', control: { send: { outstanding: 1 } } }]);
    const before = a.table.dump()[0]?.control?.sinceLastSend ?? Number.NaN;
    expect(before).toBeGreaterThanOrEqual(0);
    await hosts.run(milliseconds(10));
    expect(a.table.connect(client, { ip: b.ip, port: 80 })).toBe('connected');
    expect(a.story.filter((line) => line.startsWith('tcp 3'))).toEqual([
      'tcp 3 UNBOUND *:* *:*',
      expect.stringMatching(/^tcp 3 SYN-SENT 192\.0\.2\.1:\d+ 192\.0\.2\.2:80$/),
      expect.stringMatching(/^tcp 3 ESTABLISHED /),
    ]);
  });

  test('leaves on both sides the same facts in every field: addresses, ports, state, sequence numbers, windows (S9, S10, S12, S33, S35, S37, S38)', async () => {
    const hosts = new Hosts();
    const { client, served } = await connected(hosts);
    const here = hosts.a.table.dump().find((row) => row.descriptor === client);
    const there = hosts.b.table.dump().find((row) => row.descriptor === served);
    expect(here).toMatchObject({ protocol: 'tcp', state: 'ESTABLISHED', remote: '192.0.2.2:80', error: undefined });
    expect(there).toMatchObject({ protocol: 'tcp', state: 'ESTABLISHED', local: '192.0.2.2:80' });
    expect([there?.local, there?.remote]).toEqual([here?.remote, here?.local]);
    expect(here?.control?.receive.irs).toBe(there?.control?.send.iss);
    expect(there?.control?.receive.irs).toBe(here?.control?.send.iss);
    expect(here?.control?.send.window).toBeGreaterThan(0);
    expect(hosts.b.table.dump()[0]).toMatchObject({ state: 'LISTEN', local: '*:80', remote: '*:*' });
  });

  test('throws ECONNREFUSED when nobody listens there, at every further call too', async () => {
    const hosts = new Hosts();
    const { table } = hosts.a;
    const client = table.socket('stream');
    const remote = { ip: hosts.b.ip, port: 81 };
    table.connect(client, remote);
    await hosts.run(milliseconds(10));
    expect(() => table.connect(client, remote)).toThrow(coded('ECONNREFUSED'));
    expect(() => table.read(client, new Uint8Array(1))).toThrow(coded('ECONNREFUSED'));
    expect(() => table.write(client, text('x'))).toThrow(coded('ECONNREFUSED'));
    expect(table.dump()).toMatchObject([{ state: 'CLOSED', error: 'ECONNREFUSED' }]);
    table.close(client);
    expect(table.dump()).toEqual([]);
  });

  test('throws EHOSTUNREACH in the end when nobody has the address', async () => {
    const hosts = new Hosts();
    const { table } = hosts.a;
    const client = table.socket('stream');
    const remote = { ip: parseIp('192.0.2.9'), port: 80 };
    table.connect(client, remote);
    await hosts.run(seconds(300));
    expect(() => table.connect(client, remote)).toThrow(coded('EHOSTUNREACH'));
  });

  test('throws what is wrong with the call: ENETUNREACH, EADDRNOTAVAIL, EALREADY, EISCONN, EOPNOTSUPP', async () => {
    const hosts = new Hosts();
    const { client } = await connected(hosts);
    const { table } = hosts.a;
    const fresh = table.socket('stream');
    expect(() => table.connect(fresh, { ip: parseIp('203.0.113.1'), port: 80 })).toThrow(coded('ENETUNREACH'));
    expect(() => table.connect(fresh, { ip: hosts.b.ip, port: 0 })).toThrow(coded('EADDRNOTAVAIL'));
    table.connect(fresh, { ip: hosts.b.ip, port: 80 });
    expect(() => table.connect(fresh, { ip: hosts.b.ip, port: 81 })).toThrow(coded('EALREADY'));
    expect(() => table.connect(client, { ip: hosts.b.ip, port: 81 })).toThrow(coded('EISCONN'));
    expect(() => table.connect(listening(hosts.a, 80), { ip: hosts.b.ip, port: 80 })).toThrow(coded('EOPNOTSUPP'));
  });
});

describe('bind(), listen() and accept()', () => {
  test('claim a port once (EADDRINUSE), and only on an address of this host (EADDRNOTAVAIL)', () => {
    const { table } = new Hosts().a;
    const listener = table.socket('stream');
    table.bind(listener, { ip: ANY_IP, port: 80 });
    expect(() => table.bind(listener, { ip: ANY_IP, port: 81 })).toThrow(coded('EINVAL'));
    table.listen(listener);
    expect(() => table.listen(listener)).toThrow(coded('EINVAL'));
    const second = table.socket('stream');
    table.bind(second, { ip: ANY_IP, port: 80 });
    expect(() => table.listen(second)).toThrow(coded('EADDRINUSE'));
    table.close(listener);
    table.listen(second);
    const foreign = table.socket('stream');
    table.bind(foreign, { ip: parseIp('192.0.2.2'), port: 80 });
    expect(() => table.listen(foreign)).toThrow(coded('EADDRNOTAVAIL'));
    expect(() => table.bind(table.socket('stream'), { ip: ANY_IP, port: 65_536 })).toThrow(coded('EADDRNOTAVAIL'));
  });

  test('find an ephemeral port when none is named', () => {
    const { table } = new Hosts().a;
    const listener = table.socket('stream');
    table.listen(listener);
    expect(table.local(listener)?.port).toBeGreaterThanOrEqual(49_152);
  });

  test('give each connection a descriptor of its own, oldest first, and would block when there is none (S32)', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const listener = listening(b, 80);
    expect(b.table.accept(listener)).toBe('would-block');
    const clients = [a.table.socket('stream'), a.table.socket('stream')];
    for (const client of clients) {
      a.table.connect(client, { ip: b.ip, port: 80 });
      await hosts.run(milliseconds(5));
    }
    const served = [b.table.accept(listener), b.table.accept(listener)] as number[];
    expect(served).toEqual([4, 5]);
    expect(served.map((d) => b.table.remote(d))).toEqual(clients.map((d) => a.table.local(d)));
    expect(b.table.accept(listener)).toBe('would-block');
    expect(() => b.table.accept(served[0] as number)).toThrow(coded('EINVAL'));
  });

  test('leave a connection waiting when every descriptor is in use (EMFILE), and tell the listener when one is free', async () => {
    const hosts = new Hosts({ descriptors: 2 });
    const { a, b } = hosts;
    const listener = listening(b, 80);
    const other = b.table.socket('datagram');
    a.table.connect(a.table.socket('stream'), { ip: b.ip, port: 80 });
    await hosts.run(milliseconds(10));
    expect(() => b.table.accept(listener)).toThrow(coded('EMFILE'));
    let told = 0;
    b.table.watch(listener, () => told++);
    b.table.close(other);
    await hosts.run(milliseconds(1));
    expect(told).toBe(1);
    expect(b.table.accept(listener)).toBe(other);
  });
});

describe('write() and read()', () => {
  test('put data into the send buffer and take them from the receive buffer: nothing is sent within the call (S39, S59)', async () => {
    const hosts = new Hosts();
    const { client, served } = await connected(hosts);
    expect(readText(hosts.b.table, served)).toBe('would-block');
    const frames = hosts.pair.a.sent.length;
    expect(hosts.a.table.write(client, text('GET / HTTP/1.0'))).toBe(14);
    expect(hosts.pair.a.sent.length).toBe(frames);
    expect(hosts.a.table.dump()[0]).toMatchObject({ descriptor: client, sendQueued: 14 });
    await hosts.run(milliseconds(100));
    expect(hosts.a.table.dump()[0]).toMatchObject({ sendQueued: 0 });
    expect(hosts.b.table.dump()[1]).toMatchObject({ descriptor: served, receiveQueued: 14 });
    expect(hosts.b.table.available(served)).toBe(14);
    expect(readText(hosts.b.table, served)).toBe('GET / HTTP/1.0');
    expect(hosts.b.story.at(-1)).toBe(`call ${served} read(14 octets)`);
    expect(readText(hosts.b.table, served)).toBe('would-block');
  });

  test('wait while the connection is being made, and throw ENOTCONN where there is none', async () => {
    const hosts = new Hosts();
    const { table } = hosts.a;
    listening(hosts.b, 80);
    const client = table.socket('stream');
    for (const call of [
      () => table.read(client, new Uint8Array(1)),
      () => table.write(client, text('x')),
      () => table.shutdown(client),
    ])
      expect(call).toThrow(coded('ENOTCONN'));
    table.connect(client, { ip: hosts.b.ip, port: 80 });
    expect(table.write(client, text('too early'))).toBe('would-block');
    expect(table.read(client, new Uint8Array(1))).toBe('would-block');
  });

  test('stop a writer whose reader is slow, after two buffers full, and let it go on when the reader has read (S58, S59)', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const { client, served } = await connected(hosts);
    // 9,999 octets at a time, octet n is n modulo 251: whatever is lost, doubled or overwritten shows.
    const pattern = new Uint8Array(9_999 + 250).map((_, i) => i % 251);
    let accepted = 0;
    const pump = () => {
      for (;;) {
        const n = a.table.write(client, pattern.subarray(accepted % 251, (accepted % 251) + 9_999));
        if (n === 'would-block') return;
        accepted += n;
      }
    };
    pump();
    a.table.watch(client, pump);
    await hosts.run(seconds(20));
    const full = accepted;
    const [sender] = a.table.dump();
    // What was accepted lies in the two buffers, which hold 262,144 octets each.
    expect(full).toBe((sender?.sendQueued ?? 0) + b.table.available(served));
    expect(sender?.sendQueued).toBe(262_144);
    expect(b.table.available(served)).toBeGreaterThan(262_144 - 1_460);
    expect(b.table.available(served)).toBeLessThanOrEqual(262_144);
    let read = 0;
    const into = new Uint8Array(100_000);
    for (let n = b.table.read(served, into); n !== 'would-block'; n = b.table.read(served, into)) {
      const wrong = into.subarray(0, n).findIndex((octet, i) => octet !== (read + i) % 251);
      expect(wrong, `first wrong octet after ${read}`).toBe(-1);
      read += n;
    }
    await hosts.run(seconds(5));
    // As much again as was read, but for a segment that is not worth a window update.
    expect(accepted).toBeGreaterThan(full + read - 1_460);
    expect(accepted).toBeLessThanOrEqual(full + read);
  });

  test('hold small data back until earlier ones are acknowledged, unless noDelay is set (S44)', async () => {
    const payloads = async (noDelay: boolean): Promise<number> => {
      const hosts = new Hosts();
      const { client } = await connected(hosts);
      hosts.a.table.setOption(client, 'noDelay', noDelay);
      expect(hosts.a.table.getOption(client, 'noDelay')).toBe(noDelay);
      await hosts.run(milliseconds(100));
      const before = hosts.pair.a.sent.length;
      for (let i = 0; i < 5; i++) {
        hosts.a.table.write(client, text('key'));
        await hosts.run(microseconds(1)); // no acknowledgement comes as fast
      }
      return hosts.pair.a.sent.length - before;
    };
    expect(await payloads(false)).toBe(1);
    expect(await payloads(true)).toBe(5);
  });

  test('give what came before a reset, then the error', async () => {
    const hosts = new Hosts();
    const { client, served } = await connected(hosts);
    hosts.b.table.abort(served);
    await hosts.run(milliseconds(10));
    expect(() => hosts.a.table.write(client, text('x'))).toThrow(coded('ECONNRESET'));
    expect(() => hosts.a.table.read(client, new Uint8Array(9))).toThrow(coded('ECONNRESET'));
    expect(() => hosts.b.table.read(served, new Uint8Array(9))).toThrow(coded('EBADF'));
  });
});

describe('close()', () => {
  test('by the server first: FIN, ACK, FIN, ACK, TIME-WAIT, and then the socket is deleted (S61, S62, S63, S64, S65, S66, S67)', async () => {
    const hosts = new Hosts({ tcp: { msl: seconds(30) } });
    const { a, b } = hosts;
    const { client, served, listener } = await connected(hosts);
    b.table.write(served, text('HTTP/1.0 200 OK'));
    b.table.close(served);
    expect(() => b.table.read(served, new Uint8Array(1))).toThrow(coded('EBADF'));
    await hosts.run(milliseconds(100));
    // The client has acknowledged and knows that the peer is closing; its own side is still open.
    expect(a.table.dump()).toMatchObject([{ descriptor: client, state: 'CLOSE-WAIT' }]);
    expect(b.table.dump()).toMatchObject([
      { state: 'LISTEN' },
      { descriptor: undefined, state: 'FIN-WAIT-2', local: '192.0.2.2:80' },
    ]);
    expect(readText(a.table, client)).toBe('HTTP/1.0 200 OK');
    expect(a.table.read(client, new Uint8Array(9))).toBe(0);
    expect(a.table.read(client, new Uint8Array(9))).toBe(0);
    a.table.close(client);
    await hosts.run(milliseconds(100));
    expect(a.table.dump()).toEqual([]); // only who closed first has to wait
    expect(b.table.dump()[1]).toMatchObject({ state: 'TIME-WAIT' });
    await hosts.run(seconds(59));
    expect(b.table.dump()[1]).toMatchObject({ state: 'TIME-WAIT' });
    await hosts.run(seconds(2));
    expect(b.table.dump()).toMatchObject([{ descriptor: listener, state: 'LISTEN' }]);
    expect(b.story.filter((line) => line.startsWith(`tcp ${served}`)).map((line) => line.split(' ')[2])).toEqual([
      'ESTABLISHED',
      'FIN-WAIT-1',
      'FIN-WAIT-2',
      'TIME-WAIT',
      'CLOSED',
    ]);
  });

  test('by the client first leaves TIME-WAIT with the client (S61)', async () => {
    const hosts = new Hosts();
    const { client, served } = await connected(hosts);
    hosts.a.table.close(client);
    await hosts.run(milliseconds(100));
    expect(hosts.b.table.read(served, new Uint8Array(1))).toBe(0);
    hosts.b.table.close(served);
    await hosts.run(milliseconds(100));
    expect(hosts.a.table.dump()).toMatchObject([{ descriptor: undefined, state: 'TIME-WAIT' }]);
  });

  test('ends one way with shutdown: the other goes on, and writing throws EPIPE (S64)', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const { client, served } = await connected(hosts);
    a.table.write(client, text('question'));
    a.table.shutdown(client);
    a.table.shutdown(client);
    expect(() => a.table.write(client, text('more'))).toThrow(coded('EPIPE'));
    await hosts.run(milliseconds(100));
    expect(readText(b.table, served)).toBe('question');
    expect(b.table.read(served, new Uint8Array(9))).toBe(0);
    b.table.write(served, text('answer'));
    await hosts.run(milliseconds(100));
    expect(readText(a.table, client)).toBe('answer');
  });

  test('gives the descriptor to the next socket, which hears nothing of the old connection', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const { client, served } = await connected(hosts);
    let told = 0;
    a.table.watch(client, () => told++);
    a.table.close(client);
    const next = a.table.socket('stream');
    expect(next).toBe(client);
    a.table.watch(next, () => told++);
    b.table.write(served, text('late'));
    b.table.close(served);
    await hosts.run(seconds(100));
    expect(told).toBe(0);
    expect(a.table.dump()).toMatchObject([{ descriptor: next, state: 'UNBOUND', error: undefined }]);
  });
});

describe('watch()', () => {
  test('tells once however much has changed, when the engines have returned, so that it may call anything', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const { client, served } = await connected(hosts);
    let isPolling = false;
    const poll = b.poll.bind(b);
    b.poll = (now) => {
      isPolling = true;
      poll(now);
      isPolling = false;
    };
    const seen: string[] = [];
    b.table.watch(served, () => {
      expect(isPolling).toBe(false);
      const words = readText(b.table, served);
      seen.push(words);
      if (words === 'a') b.table.close(served); // and even this
    });
    a.table.setOption(client, 'noDelay', true);
    a.table.write(client, text('a'));
    await hosts.run(milliseconds(100));
    expect(seen).toEqual(['a']);
  });

  test('tells of a reader, a writer and a failure', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const { client, served } = await connected(hosts);
    const told: string[] = [];
    b.table.watch(served, () => told.push('readable'));
    a.table.write(client, text('x'));
    await hosts.run(milliseconds(100));
    expect(told).toEqual(['readable']);
    b.table.watch(served, undefined);
    a.table.watch(client, () => told.push('failed'));
    b.table.abort(served);
    await hosts.run(milliseconds(100));
    expect(told).toEqual(['readable', 'failed']);
  });
});

describe('a datagram socket', () => {
  test('sends and receives whole datagrams without a connection, each once and without acknowledgement (S127, S128)', async () => {
    const hosts = new Hosts();
    const { a, b } = hosts;
    const server = b.table.socket('datagram');
    b.table.bind(server, { ip: ANY_IP, port: 53 });
    const client = a.table.socket('datagram');
    expect(b.table.receiveFrom(server)).toBe('would-block');
    expect(a.table.sendTo(client, text('who is it?'), { ip: b.ip, port: 53 })).toBe(10);
    expect(a.table.local(client)?.port).toBeGreaterThanOrEqual(49_152);
    await hosts.run(milliseconds(10));
    const question = b.table.receiveFrom(server);
    if (question === 'would-block') throw new Error('lost');
    expect(question).toEqual({
      source: { ip: a.ip, port: a.table.local(client)?.port },
      destination: b.ip,
      bytes: text('who is it?'),
    });
    const frames = hosts.pair.a.sent.length;
    b.table.sendTo(server, text('192.0.2.7'), question.source);
    await hosts.run(seconds(10));
    expect(readText(a.table, client)).toBe('192.0.2.7');
    expect(hosts.pair.a.sent.length).toBe(frames);
  });

  test('carries 65,507 octets over a cable for 1,500 (1122-I119)', async () => {
    const hosts = new Hosts();
    const server = hosts.b.table.socket('datagram');
    hosts.b.table.bind(server, { ip: ANY_IP, port: 53 });
    const long = new Uint8Array(65_507).map((_, i) => (i * 7) & 255);
    hosts.a.table.sendTo(hosts.a.table.socket('datagram'), long, { ip: hosts.b.ip, port: 53 });
    await hosts.run(milliseconds(100));
    expect(hosts.b.table.receiveFrom(server)).toMatchObject({ bytes: long });
  });

  test('loses what is lost, and the rest is in time: 100 frames of sound, every tenth lost on the cable (S129, S130)', async () => {
    let count = 0;
    const hosts = new Hosts({ fate: (frame) => frame.length < 200 || count++ % 10 !== 0 });
    const { a, b } = hosts;
    const speaker = b.table.socket('datagram');
    b.table.bind(speaker, { ip: ANY_IP, port: 5004 });
    const microphone = a.table.socket('datagram');
    const heard: number[] = [];
    for (let i = 0; i < 100; i++) {
      a.table.sendTo(microphone, new Uint8Array(200).fill(i), { ip: b.ip, port: 5004 });
      await hosts.run(milliseconds(20));
      const frame = b.table.receiveFrom(speaker);
      if (frame !== 'would-block') heard.push(frame.bytes[0] as number);
    }
    expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 !== 0));
  });

  test('with a peer is told ECONNREFUSED when nobody wants its datagrams, once, and goes on (1122-U1, 1122-U5)', async () => {
    const hosts = new Hosts();
    const { table } = hosts.a;
    const client = table.socket('datagram');
    expect(table.connect(client, { ip: hosts.b.ip, port: 53 })).toBe('connected');
    expect(table.dump()).toMatchObject([{ state: 'CONNECTED', remote: '192.0.2.2:53' }]);
    let told = 0;
    table.watch(client, () => told++);
    table.write(client, text('anyone?'));
    await hosts.run(milliseconds(10));
    expect(told).toBe(1);
    expect(table.dump()).toMatchObject([{ error: 'ECONNREFUSED' }]);
    expect(() => table.read(client, new Uint8Array(9))).toThrow(coded('ECONNREFUSED'));
    expect(table.read(client, new Uint8Array(9))).toBe('would-block');
    expect(table.write(client, text('anyone?'))).toBe(7);
  });

  test('is no stream: listen, accept, shutdown and noDelay do not exist, and a stream knows no datagrams', () => {
    const { table } = new Hosts().a;
    const datagrams = table.socket('datagram');
    const stream = table.socket('stream');
    expect(() => table.listen(datagrams)).toThrow(coded('EOPNOTSUPP'));
    expect(() => table.accept(datagrams)).toThrow(coded('EINVAL'));
    expect(() => table.shutdown(datagrams)).toThrow(coded('EOPNOTSUPP'));
    expect(() => table.setOption(datagrams, 'noDelay', true)).toThrow(coded('ENOPROTOOPT'));
    expect(() => table.write(datagrams, text('x'))).toThrow(coded('EDESTADDRREQ'));
    expect(() => table.sendTo(stream, text('x'), { ip: parseIp('192.0.2.2'), port: 1 })).toThrow(coded('EOPNOTSUPP'));
    expect(() => table.receiveFrom(stream)).toThrow(coded('EOPNOTSUPP'));
  });
});

test('after stop every call throws ENETDOWN, every watcher is told, and close still gives the descriptor back', async () => {
  const hosts = new Hosts();
  const { client } = await connected(hosts);
  const { table } = hosts.a;
  let told = 0;
  table.watch(client, () => told++);
  table.stop();
  await hosts.run(milliseconds(1));
  expect(told).toBe(1);
  expect(() => table.read(client, new Uint8Array(1))).toThrow(coded('ENETDOWN'));
  expect(() => table.socket('stream')).toThrow(coded('ENETDOWN'));
  table.close(client);
  expect(() => table.read(client, new Uint8Array(1))).toThrow(coded('EBADF'));
});
