import { describe, expect, test } from 'vitest';
import { BROADCAST_IP, type Ip, parseIp } from '../../src/base/address.ts';
import { equalBytes } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { between, inMilliseconds, milliseconds, seconds } from '../../src/base/time.ts';
import type { IcmpError } from '../../src/network/internet.ts';
import type { Network } from '../../src/network/network.ts';
import { EthernetView } from '../../src/wire/ethernet.ts';
import { ICMP_TYPE, IcmpView } from '../../src/wire/icmp.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import type { MemoryLink } from './pair.ts';
import { A, B, listen, TwoHosts } from './two-hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);

interface Echo {
  readonly from: Ip;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly ttl: number;
}

function echoes(network: Network, identifier: number): { replies: Echo[]; errors: [IcmpError, Ip, number][] } {
  const replies: Echo[] = [];
  const errors: [IcmpError, Ip, number][] = [];
  network.icmp.onEcho(identifier, {
    onReply: (from, sequence, data, ttl) => replies.push({ from, sequence, data: data.slice(), ttl }),
    onError: (error, from, _destination, sequence) => errors.push([error, from, sequence]),
  });
  return { replies, errors };
}

/** The ICMP messages that a link sent. */
const icmpOf = (link: MemoryLink): { ip: Ipv4View; icmp: IcmpView }[] =>
  link.sent.flatMap((bytes) => {
    const ethernet = EthernetView.parse(bytes);
    if (typeof ethernet === 'string' || ethernet.type !== 0x0800) return [];
    const ip = Ipv4View.parse(ethernet.payload);
    if (typeof ip === 'string') throw new Error(ip);
    if (ip.protocol !== 1 || ip.isFragment) return [];
    const icmp = IcmpView.parse(ip.payload);
    if (typeof icmp === 'string') throw new Error(icmp);
    return [{ ip, icmp }];
  });

describe('an echo', () => {
  test('1122-I63 1122-I67 1122-I69 is answered from the address that was asked, with the data that was sent', () => {
    const t = new TwoHosts();
    const { replies } = echoes(t.a, 7);
    const data = new Random(seed).fill(new Uint8Array(56));
    const start = t.now;
    expect(t.a.icmp.ping(B, 7, 1, data, t.now)).toBeUndefined();
    t.run(milliseconds(1));
    expect(replies).toEqual([{ from: B, sequence: 1, data, ttl: 64 }]);
    expect(inMilliseconds(between(start, t.now))).toBe(1);
  });

  test('1122-I68 1122-I113 S121 of 65,507 octets comes back whole, in fragments both ways', () => {
    const t = new TwoHosts({ slots: 8 });
    const { replies } = echoes(t.a, 7);
    const data = new Random(seed).fill(new Uint8Array(65_507));
    expect(t.a.icmp.ping(B, 7, 1, data, t.now)).toBeUndefined();
    t.run(seconds(1));
    expect(replies.length).toBe(1);
    expect(equalBytes(replies[0]?.data ?? new Uint8Array(), data)).toBe(true);
    expect(t.a.icmp.ping(B, 7, 1, new Uint8Array(65_508), t.now)).toBe('ip:too-long');
  });

  test('goes to ourselves and comes back at the next poll, not within the call', () => {
    const t = new TwoHosts();
    const { replies } = echoes(t.a, 9);
    for (const ip of [A, parseIp('127.0.0.1')]) t.a.icmp.ping(ip, 9, 1, Uint8Array.of(1), t.now);
    expect(replies).toEqual([]);
    expect(t.a.nextDeadline()).toBe(t.now);
    t.run(milliseconds(1));
    expect(replies.map((reply) => reply.from)).toEqual([A, parseIp('127.0.0.1')]);
    expect(icmpOf(t.pair.a)).toEqual([]);
  });

  test('1122-I65 to a broadcast address is not answered', () => {
    const t = new TwoHosts();
    for (const ip of [BROADCAST_IP, parseIp('192.0.2.255')]) t.a.icmp.ping(ip, 7, 1, new Uint8Array(8), t.now);
    t.run(seconds(1));
    expect(icmpOf(t.pair.a).length).toBe(2);
    expect(icmpOf(t.pair.b)).toEqual([]);
    expect(t.b.statistics.drops.get('icmp:echo-to-broadcast')).toBe(2);
  });

  test('that nobody asked for is counted', () => {
    const t = new TwoHosts();
    t.a.icmp.ping(B, 7, 1, new Uint8Array(8), t.now);
    t.run(seconds(1));
    expect(t.a.statistics.drops.get('icmp:unasked-reply')).toBe(1);
  });

  test('to a neighbour that does not exist ends with host-unreachable, after three requests', () => {
    const t = new TwoHosts();
    const { errors } = echoes(t.a, 7);
    t.a.icmp.ping(parseIp('192.0.2.77'), 7, 5, new Uint8Array(8), t.now);
    t.run(milliseconds(2_999));
    expect(errors).toEqual([]);
    t.run(milliseconds(2));
    expect(errors).toEqual([[{ kind: 'host-unreachable' }, A, 5]]);
  });
});

describe('destination unreachable', () => {
  test.for([
    ['1122-I48 1122-U1 names the port that nobody listens on', 17, 'port-unreachable', 3],
    ['1122-I48 names the protocol that nobody speaks', 6, 'protocol-unreachable', 2],
  ] as const)('%s', ([, protocol, kind, code]) => {
    const t = new TwoHosts();
    const { errors } = listen(t.a, protocol);
    if (protocol === 17) listen(t.b, 17, false);
    const payload = new Random(seed).fill(new Uint8Array(1000));
    t.send(t.a, protocol, B, payload, { tos: 0xb8, dontFragment: false });
    t.run(seconds(1));
    expect(errors).toEqual([kind]);
    const [message] = icmpOf(t.pair.b);
    expect(message?.icmp.type).toBe(ICMP_TYPE.destinationUnreachable);
    expect(message?.icmp.code).toBe(code);
    // 1122-I38, I39, I41: as much as 576 octets hold of exactly what came, in the default class of service.
    expect(message?.ip.totalLength).toBe(576);
    expect(message?.ip.tos).toBe(0);
    const sent = t.pair.a.sent.at(-1)?.subarray(14, 14 + 548) ?? new Uint8Array();
    expect(equalBytes(message?.icmp.body ?? new Uint8Array(), sent)).toBe(true);
  });

  test('1122-I43 1122-I44 is not sent about a broadcast', () => {
    const t = new TwoHosts();
    const { heard } = listen(t.b, 17, false);
    for (const ip of [BROADCAST_IP, parseIp('192.0.2.255'), parseIp('192.0.2.0')])
      expect(t.send(t.a, 17, ip, new Uint8Array(20))).toBeUndefined();
    t.run(seconds(1));
    expect(heard.length).toBe(3);
    expect(icmpOf(t.pair.b)).toEqual([]);
  });

  test('is sent fifty times in a burst, then fifty times a second', () => {
    const t = new TwoHosts({ slots: 1000 });
    listen(t.b, 17, false);
    t.send(t.a, 17, B, new Uint8Array(20));
    t.run(seconds(2));
    for (let i = 0; i < 200; i++) t.send(t.a, 17, B, new Uint8Array(20));
    t.run(milliseconds(1));
    expect(icmpOf(t.pair.b).length).toBe(1 + 50);
    t.run(seconds(1));
    for (let i = 0; i < 200; i++) t.send(t.a, 17, B, new Uint8Array(20));
    t.run(milliseconds(1));
    expect(icmpOf(t.pair.b).length).toBe(1 + 100);
    expect(t.b.statistics.drops.get('icmp:not-sent')).toBe(300);
  });
});
