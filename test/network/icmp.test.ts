import { describe, expect, test } from 'vitest';
import { BROADCAST_IP, type Ip, parseIp } from '../../src/base/address.ts';
import { equalBytes, hex } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { type Instant, milliseconds, seconds } from '../../src/base/time.ts';
import type { IcmpError } from '../../src/network/internet.ts';
import type { Network } from '../../src/network/network.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { ICMP_HEADER, ICMP_TYPE, IcmpView } from '../../src/wire/icmp.ts';
import { IPV4_HEADER, Ipv4View } from '../../src/wire/ipv4.ts';
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
  test('S82 1122-I63 1122-I67 1122-I69 is answered from the address that was asked, with the data that was sent', () => {
    const t = new TwoHosts();
    const { replies } = echoes(t.a, 7);
    const data = new Random(seed).fill(new Uint8Array(56));
    expect(t.a.icmp.ping(B, 7, 1, data, t.now)).toBeUndefined();
    t.run(milliseconds(1));
    expect(replies).toEqual([{ from: B, sequence: 1, data, ttl: 64 }]);
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
    expect(t.b.statistics.drops.get('icmp:not-sent')).toBeUndefined();
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

describe('an error that comes', () => {
  const NOW = 1000 as Instant;

  /** Has A hear an ICMP message from 192.0.2.254 that quotes the first octets of what A sent to B. */
  function quoting(
    protocol: 1 | 6 | 17,
    message: readonly [type: number, code: number, second?: number],
    change: (quote: Uint8Array) => Uint8Array = (quote) => quote,
  ): { errors: [IcmpError, Ip, Ip, number][]; echoErrors: unknown[]; drops: [string, number][] } {
    const t = new TwoHosts();
    const errors: [IcmpError, Ip, Ip, number][] = [];
    if (protocol !== 1)
      t.a.register(protocol, {
        receive: () => true,
        onError: (error, source, destination, quoted) => errors.push([error, source, destination, quoted.length]),
      });
    const { errors: echoErrors } = echoes(t.a, 7);
    const datagram = new Uint8Array(IPV4_HEADER + 8);
    Ipv4View.write(datagram, 0, 1000, 0, 1, 0, 1, protocol, A, B);
    if (protocol === 1) IcmpView.seal(datagram.subarray(IPV4_HEADER), ICMP_TYPE.echoRequest, 0, 7, 3);
    const quote = change(datagram);
    const frame = new Uint8Array(14 + IPV4_HEADER + ICMP_HEADER + quote.length);
    EthernetView.write(frame, t.pair.a.mac, t.pair.b.mac, ETHER_TYPE.ipv4);
    Ipv4View.write(frame, 14, frame.length - 14, 0, 1, 0, 64, 1, parseIp('192.0.2.254'), A);
    frame.set(quote, 14 + IPV4_HEADER + ICMP_HEADER);
    const [type, code, second = 0] = message;
    IcmpView.seal(frame.subarray(14 + IPV4_HEADER), type, code, 0, second);
    t.pair.a.onFrame(frame, NOW);
    return { errors, echoErrors, drops: [...t.a.statistics.drops] };
  }

  test.for<readonly [number, number, IcmpError]>([
    [3, 0, { kind: 'net-unreachable' }],
    [3, 1, { kind: 'host-unreachable' }],
    [3, 2, { kind: 'protocol-unreachable' }],
    [3, 3, { kind: 'port-unreachable' }],
    [3, 4, { kind: 'fragmentation-needed', mtu: 1400 }],
    [3, 5, { kind: 'source-route-failed' }],
    [3, 6, { kind: 'net-unreachable' }],
    [3, 7, { kind: 'host-unreachable' }],
    [3, 13, { kind: 'prohibited' }],
    [11, 0, { kind: 'time-exceeded' }],
    [12, 0, { kind: 'parameter-problem' }],
  ])(
    '1122-I40 1122-I49 1122-I59 1122-I61 1122-I154 of type %i code %i reaches the transport',
    ([type, code, error]) => {
      for (const protocol of [6, 17] as const) {
        const { errors, drops } = quoting(protocol, [type, code, 1400]);
        expect(errors).toEqual([[error, A, B, 8]]);
        expect(drops).toEqual([]);
      }
    },
  );

  test('about an echo reaches who asked for it', () => {
    expect(quoting(1, [11, 0]).echoErrors).toEqual([[{ kind: 'time-exceeded' }, parseIp('192.0.2.254'), 3]]);
  });

  test.for<readonly [string, readonly [number, number], (quote: Uint8Array) => Uint8Array, string]>([
    ['that quotes another host’s datagram', [3, 3], (q) => q.fill(9, 12, 16), 'icmp:quote-not-ours'],
    ['with seven octets behind the header', [3, 3], (q) => q.slice(0, 27), 'icmp:bad-quote'],
    ['without a whole header', [3, 3], (q) => q.slice(0, 19), 'icmp:bad-quote'],
    ['about a later fragment', [3, 3], (q) => q.fill(1, 7, 8), 'icmp:bad-quote'],
    ['about a protocol that nobody speaks', [3, 3], (q) => q.fill(99, 9, 10), 'icmp:unwanted-error'],
    ['with a code of the future', [3, 77], (q) => q, 'icmp:unknown-type'],
    ['1122-I55 that redirects', [5, 1], (q) => q, 'icmp:redirect'],
    ['RFC 6633 that quenches', [4, 0], (q) => q, 'icmp:source-quench'],
    ['1122-I37 of a type that nobody knows', [77, 0], (q) => q, 'icmp:unknown-type'],
    ['1122-I72 1122-I90 that asks for information or a mask', [17, 0], (q) => q, 'icmp:unknown-type'],
  ])('is dropped and counted, and changes nothing: one %s', ([, message, change, reason]) => {
    const { errors, echoErrors, drops } = quoting(17, message, change);
    expect([errors, echoErrors, drops]).toEqual([[], [], [[reason, 1]]]);
  });
});

describe('fragments that do not all come', () => {
  /** Loses the frames of `lost` (counted from 0 among A's fragments) and returns what B says after a minute. */
  function losing(lost: number): { message: IcmpView | undefined; quote: Uint8Array; first: Uint8Array } {
    let seen = 0;
    const t = new TwoHosts({
      fate: (frame, from) => from.mac !== t.pair.a.mac || frame.length < 500 || seen++ !== lost,
    });
    listen(t.b, 17);
    t.send(t.a, 17, B, new Random(seed).fill(new Uint8Array(4400)));
    t.run(seconds(59));
    expect(icmpOf(t.pair.b)).toEqual([]);
    t.run(seconds(2));
    const [message] = icmpOf(t.pair.b);
    const first = t.pair.a.sent.find((frame) => frame.length === 1514) ?? new Uint8Array();
    return { message: message?.icmp, quote: message?.icmp.body ?? new Uint8Array(), first: first.subarray(14) };
  }

  test('1122-I116 are reported with time exceeded code 1, quoting the first', () => {
    const { message, quote, first } = losing(1);
    expect([message?.type, message?.code]).toEqual([ICMP_TYPE.timeExceeded, 1]);
    expect(hex(quote)).toBe(hex(first.subarray(0, 548)));
  });

  test('1122-I45 1122-I116 are not reported when the first of them is missing', () => {
    expect(losing(0).message).toBeUndefined();
  });
});

test('1122-I42 1122-I46 no error is sent about an error, nor to what is not one host', () => {
  const t = new TwoHosts();
  listen(t.b, 17, false);
  const cases = [
    { source: parseIp('0.0.0.0'), protocol: 17 },
    { source: parseIp('224.0.0.1'), protocol: 17 },
    { source: BROADCAST_IP, protocol: 17 },
  ];
  for (const { source, protocol } of cases) {
    const frame = new Uint8Array(60);
    EthernetView.write(frame, t.pair.b.mac, t.pair.a.mac, ETHER_TYPE.ipv4);
    Ipv4View.write(frame, 14, IPV4_HEADER + 8, 0, 1, 0, 64, protocol, source, B);
    t.pair.b.onFrame(frame, t.now);
    // And straight to ICMP, past IP's own check of sources.
    t.b.icmp.sendUnreachable('port', new Ipv4View(frame.subarray(14)), frame.subarray(34, 42), false, t.now);
  }
  const error = new Uint8Array(IPV4_HEADER + 8);
  Ipv4View.write(error, 0, error.length, 0, 1, 0, 64, 1, A, B);
  IcmpView.seal(error.subarray(IPV4_HEADER), ICMP_TYPE.timeExceeded, 0, 0, 0);
  t.b.icmp.sendUnreachable('protocol', new Ipv4View(error), error.subarray(IPV4_HEADER), false, t.now);
  t.run(seconds(1));
  expect(icmpOf(t.pair.b)).toEqual([]);
});
