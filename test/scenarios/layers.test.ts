/** One `write` on its way through every layer of two computers, as their traces tell it. */
import { describe, expect, test } from 'vitest';
import { hex } from '../../src/base/bytes.ts';
import { seconds } from '../../src/base/time.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { type TwoHosts, twoHosts } from './two-hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);
const TEXT = 'from socket to cable and back';
const MARK = hex(new TextEncoder().encode(TEXT), '');

/** Bytes belong to who reports them: what is kept is a copy. */
const kept = (events: TraceEvent[]) => (event: TraceEvent) => {
  events.push('bytes' in event && event.bytes !== undefined ? { ...event, bytes: event.bytes.slice() } : event);
};
const carries = (event: TraceEvent): boolean =>
  'bytes' in event && event.bytes !== undefined && hex(event.bytes, '').includes(MARK);

async function journey(): Promise<{ a: TraceEvent[]; b: TraceEvent[]; hosts: TwoHosts }> {
  const a: TraceEvent[] = [];
  const b: TraceEvent[] = [];
  const hosts = twoHosts(seed, {}, {}, { a: kept(a), b: kept(b) });
  const { world } = hosts;
  const server = hosts.b.sockets.listen({ port: 7 });
  const accepted = server.accept();
  const client = await world.settle(hosts.a.sockets.connect({ ip: hosts.ipOf.b, port: 7, noDelay: true }));
  const peer = await world.settle(accepted);
  world.run(seconds(1));
  a.length = b.length = 0;
  await world.settle(client.write(TEXT));
  const chunk = await world.settle(peer?.read() ?? Promise.reject(new Error('nobody called')));
  expect(new TextDecoder().decode(chunk)).toBe(TEXT);
  return { a, b, hosts };
}

/** What an event is on the way, in a word; undefined for those that are not steps of it. */
function step(event: TraceEvent): string | undefined {
  if (event.kind === 'call') return `application: ${event.call}`;
  if (event.kind === 'block' && carries(event))
    return `${event.map === 'card' ? 'driver' : 'card'}: block ${event.op} with the octets`;
  if (
    event.kind === 'register' &&
    event.op === 'write' &&
    (event.register === 'TX_START' || event.register === 'TX_GO')
  )
    return `${event.map === 'card' ? 'driver' : 'card'}: ${event.register}`;
  if (event.kind === 'register' && event.register === 'RX_TAIL') return 'driver: RX_TAIL';
  if (event.kind === 'frame' && carries(event)) return `line: frame ${event.direction}`;
  if (event.kind === 'interrupt' && event.map === 'card' && event.level) return 'card: interrupt';
  if (event.kind === 'slot' && event.state === 'received') return 'card: received into the buffer memory';
  return undefined;
}
const steps = (events: readonly TraceEvent[]): string[] => events.map(step).filter((name) => name !== undefined);

describe(`a write goes through the layers (SEED=${seed})`, () => {
  test('down: application, socket library, TCP, IP, driver, adapter, line, each once (S1, S5, S6, S7, S30, S98)', async () => {
    const { a } = await journey();
    const down = steps(a);
    expect(down.slice(0, down.indexOf('line: frame out') + 1)).toEqual([
      'application: write',
      'driver: block write with the octets',
      'driver: TX_START',
      'card: block write with the octets',
      'card: TX_GO',
      'line: frame out',
    ]);
    expect(a.filter((event) => event.kind === 'frame' && event.direction === 'out' && carries(event))).toHaveLength(1);
  });

  test('up: line, adapter, interrupt, driver, IP, TCP, socket, application, each once (S7, S31, S98, S115)', async () => {
    const { b } = await journey();
    const up = steps(b);
    expect(up.slice(up.indexOf('line: frame in'), up.indexOf('line: frame in') + 4)).toEqual([
      'line: frame in',
      'card: received into the buffer memory',
      'card: interrupt',
      'driver: RX_TAIL',
    ]);
    expect(up.at(-1)).toBe('application: read');
    expect(b.filter((event) => event.kind === 'frame' && event.direction === 'in' && carries(event))).toHaveLength(1);
  });

  test('on the line the packet has preamble and SFD before it and the FCS behind it (S45, S80)', async () => {
    const { a } = await journey();
    const frame = a.find((event) => event.kind === 'frame' && carries(event));
    if (frame?.kind !== 'frame') throw new Error('no frame');
    expect(frame.raw).toBe(true);
    expect(hex(frame.bytes.subarray(0, 8))).toBe('55 55 55 55 55 55 55 d5');
    // Preamble and SFD, Ethernet, IP, TCP, the octets, FCS.
    expect(frame.bytes.length).toBe(8 + 14 + 20 + 20 + TEXT.length + 4);
  });

  test('TCP for a stream, UDP for a datagram, ICMP for an error and ARP for an address share one driver (S1, S2, S3, S4)', async () => {
    const a: TraceEvent[] = [];
    const { world, a: host, ipOf } = twoHosts(seed, {}, {}, { a: kept(a) });
    const datagrams = host.sockets.datagram({ remote: { ip: ipOf.b, port: 53 } });
    await world.settle(datagrams.send('question'));
    // Nobody listens there: the answer is an ICMP error, which the socket reports.
    await expect(world.settle(datagrams.receive())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(world.settle(host.sockets.connect({ ip: ipOf.b, port: 53 }))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    const frames = a.flatMap((event) =>
      event.kind === 'frame' ? [hex(event.bytes.subarray(20, 22), '') + (event.bytes[31] ?? 0)] : [],
    );
    const isIp = (protocol: number) => `0800${protocol}`;
    expect(new Set(frames.map((type) => (type.startsWith('0806') ? 'ARP' : type)))).toEqual(
      new Set(['ARP', isIp(17), isIp(1), isIp(6)]),
    );
  });
});
