import { describe, expect, test } from 'vitest';
import { BROADCAST_IP, BROADCAST_MAC, type Ip, type Mac, parseIp, parsePrefix } from '../../src/base/address.ts';
import { after, type Instant, milliseconds, seconds } from '../../src/base/time.ts';
import type { SendOptions } from '../../src/network/internet.ts';
import { Network } from '../../src/network/network.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { IPV4_HEADER, Ipv4View } from '../../src/wire/ipv4.ts';
import { MemoryLink } from './pair.ts';
import { A, B, listen, TwoHosts } from './two-hosts.ts';

const OWN = 0x0200_0000_000a as Mac;
const PEER = 0x0200_0000_00ee as Mac;
const NOW = 1000 as Instant;

interface Packet {
  readonly to?: Mac;
  readonly source?: string;
  readonly destination?: string;
  readonly ttl?: number;
  readonly word?: number;
  readonly protocol?: number;
  /** Changes the octets of the datagram before it is sent. */
  readonly spoil?: (datagram: Uint8Array) => void;
}

/** A host on a link that a test feeds. */
function host(): {
  network: Network;
  link: MemoryLink;
  heard: { payload: Uint8Array }[];
  hear: (packet: Packet) => void;
} {
  const link = new MemoryLink(OWN);
  const network = new Network();
  network.addInterface(link, parsePrefix('192.0.2.1/24'));
  network.poll(NOW);
  const { heard } = listen(network, 17);
  const hear = (packet: Packet): void => {
    const frame = new Uint8Array(60);
    EthernetView.write(frame, packet.to ?? OWN, PEER, ETHER_TYPE.ipv4);
    const [source, destination] = [parseIp(packet.source ?? '192.0.2.2'), parseIp(packet.destination ?? '192.0.2.1')];
    const { word = 0, ttl = 64, protocol = 17 } = packet;
    Ipv4View.write(frame, 14, IPV4_HEADER + 3, 0, 1, word, ttl, protocol, source, destination);
    frame.set([1, 2, 3], 34);
    packet.spoil?.(frame.subarray(14));
    link.onFrame(frame, NOW);
  };
  return { network, link, heard, hear };
}

describe('what comes', () => {
  test.for([
    ['for our address, without the padding', {}],
    ['1122-I22 with a TTL of 1', { ttl: 1 }],
    ['1122-I141 for the limited broadcast address', { to: BROADCAST_MAC, destination: '255.255.255.255' }],
    ['1122-I141 for the directed broadcast address', { to: BROADCAST_MAC, destination: '192.0.2.255' }],
    ['1122-I138 for the network address, broadcast’s historic form', { to: BROADCAST_MAC, destination: '192.0.2.0' }],
    ['from 0.0.0.0 to everybody', { to: BROADCAST_MAC, source: '0.0.0.0', destination: '255.255.255.255' }],
  ] as const)('S119 S120 is delivered when it is %s', ([, packet]) => {
    const { network, heard, hear } = host();
    hear(packet);
    expect(heard.map((one) => [...one.payload])).toEqual([[1, 2, 3]]);
    expect([...network.statistics.drops]).toEqual([]);
  });

  test('1122-I27 is delivered when it has an option that nobody knows', () => {
    const { heard, hear } = host();
    hear({
      spoil: (datagram) => {
        const bare = datagram.slice(0, 23);
        datagram.set([0x9e, 4, 0, 0], 20);
        datagram.set(bare.subarray(20), 24);
        datagram[0] = 0x46;
        datagram[3] = 27;
        // 0x9e04 more, and one word of header and four octets of length: RFC 1624 by hand.
        let sum = 0;
        datagram[10] = 0;
        datagram[11] = 0;
        for (let i = 0; i < 24; i += 2) sum += ((datagram[i] ?? 0) << 8) | (datagram[i + 1] ?? 0);
        sum = (sum & 0xffff) + (sum >>> 16);
        datagram[10] = ~sum >>> 8;
        datagram[11] = ~sum;
      },
    });
    expect(heard.map((one) => [...one.payload])).toEqual([[1, 2, 3]]);
  });

  test.for<readonly [string, Packet, string]>([
    ['a frame for another card', { to: PEER }, 'ethernet:not-for-us'],
    ['1122-I10 another version', { spoil: (d) => d.fill(0x65, 0, 1) }, 'ip:bad-version'],
    ['1122-I11 a wrong checksum', { spoil: (d) => d.fill(63, 8, 9) }, 'ip:bad-checksum'],
    ['a total length past the frame', { spoil: (d) => d.fill(0xff, 3, 4) }, 'ip:bad-length'],
    ['1122-I14 another host’s address', { destination: '192.0.2.9' }, 'ip:not-for-us'],
    ['a group that nobody joined', { to: 0x0100_5e00_0009 as Mac, destination: '224.0.0.9' }, 'ip:not-for-us'],
    ['127.0.0.1 as destination', { destination: '127.0.0.1' }, 'ip:loopback-on-wire'],
    ['1122-I15 127.0.0.1 as source', { source: '127.0.0.1' }, 'ip:loopback-on-wire'],
    ['1122-I15 the broadcast address as source', { source: '255.255.255.255' }, 'ip:bad-source'],
    ['1122-I15 the directed broadcast address as source', { source: '192.0.2.255' }, 'ip:bad-source'],
    ['1122-I15 a group as source', { source: '224.0.0.1' }, 'ip:bad-source'],
    ['our own address as source', { source: '192.0.2.1' }, 'ip:bad-source'],
    ['no address as source, to us alone', { source: '0.0.0.0' }, 'ip:bad-source'],
    ['1122-I143 our address in a link broadcast', { to: BROADCAST_MAC }, 'ip:unicast-in-broadcast'],
    ['a middle fragment of no multiple of eight octets', { word: 0x2001 }, 'ip:bad-fragment'],
    ['a fragment beyond the longest datagram', { word: 0x1fff }, 'ip:bad-fragment'],
    ['a protocol that nobody speaks', { protocol: 99 }, 'ip:no-protocol'],
  ])('1122-I9 is dropped and counted when it has %s', ([, packet, reason]) => {
    const { network, heard, hear } = host();
    hear(packet);
    expect(heard).toEqual([]);
    expect([...network.statistics.drops]).toEqual([[reason, 1]]);
  });

  test('S119 is counted when no protocol of ours has the EtherType', () => {
    const { network, link } = host();
    const frame = new Uint8Array(60);
    EthernetView.write(frame, OWN, PEER, 0x86dd);
    link.onFrame(frame, NOW);
    expect([...network.statistics.drops]).toEqual([['ethernet:unknown-type', 1]]);
  });
});

/** The datagrams that a link sent: MAC address, header. */
const sentBy = (link: MemoryLink): { mac: Mac; ip: Ipv4View }[] =>
  link.sent.splice(0).flatMap((bytes) => {
    const frame = EthernetView.parse(bytes);
    if (typeof frame === 'string' || frame.type !== ETHER_TYPE.ipv4) return [];
    const ip = Ipv4View.parse(frame.payload);
    if (typeof ip === 'string') throw new Error(ip);
    return [{ mac: frame.destination, ip }];
  });

describe('what is sent', () => {
  test('S78 S79 1122-I18 1122-I23 1122-I24 has a header as asked for, and DF for TCP', () => {
    const t = new TwoHosts({ ttl: 33 });
    const cases: [6 | 17, SendOptions][] = [
      [6, {}],
      [17, {}],
      [17, { ttl: 5, tos: 0xb8, dontFragment: true }],
      [6, { dontFragment: false }],
    ];
    for (const [protocol, options] of cases) {
      t.send(t.a, protocol, B, new Uint8Array(10), options);
      t.run(milliseconds(1));
    }
    const sent = sentBy(t.pair.a).map(({ ip }) => [ip.protocol, ip.ttl, ip.tos, ip.dontFragment, ip.totalLength]);
    expect(sent).toEqual([
      [6, 33, 0, true, 30],
      [17, 33, 0, false, 30],
      [17, 5, 0xb8, true, 30],
      [6, 33, 0, false, 30],
    ]);
  });

  test('1122-I21 never has a TTL of 0: that is a bad call, and leaves nothing half done', () => {
    const t = new TwoHosts();
    expect(() => t.a.begin(17, A, B, 8, { ttl: 0 })).toThrow(expect.objectContaining({ code: 'BAD_TTL' }));
    expect(() => new Network({ ttl: 256 })).toThrow(expect.objectContaining({ code: 'BAD_TTL' }));
    expect(t.send(t.a, 17, B, new Uint8Array(8))).toBeUndefined();
  });

  test('has another identification each time', () => {
    const t = new TwoHosts();
    for (let i = 0; i < 3; i++) t.send(t.a, 17, B, new Uint8Array(8));
    t.run(milliseconds(1));
    const ids = sentBy(t.pair.a).map(({ ip }) => ip.identification);
    expect(new Set(ids).size).toBe(3);
  });

  test('1122-I13 1122-I137 has a source of ours, or is refused', () => {
    const t = new TwoHosts();
    for (const source of ['192.0.2.9', '127.0.0.1', '255.255.255.255', '192.0.2.255', '0.0.0.0'])
      expect(t.a.begin(17, parseIp(source), B, 8)).toBe('ip:no-route');
    expect(t.a.begin(17, parseIp('192.0.2.9'), A, 8)).toBe('ip:no-route');
  });

  test.for([
    ['1122-I142 1122-I140 the limited broadcast address', BROADCAST_IP, BROADCAST_MAC, 64],
    ['1122-I142 the directed broadcast address', parseIp('192.0.2.255'), BROADCAST_MAC, 64],
    ['1122-I142 a group, with a TTL of 1', parseIp('239.129.2.3'), 0x0100_5e01_0203, 1],
  ] as const)('goes out at once, without ARP and past the gateway, to %s', ([, destination, mac, ttl]) => {
    const t = new TwoHosts();
    t.a.setGateway(B);
    t.run(milliseconds(1));
    t.send(t.a, 17, destination, new Uint8Array(8));
    expect(sentBy(t.pair.a).map((one) => [one.mac, one.ip.ttl])).toEqual([[mac, ttl]]);
  });

  test('asks for another time when every slot is full, and goes on when there is room', () => {
    const t = new TwoHosts({ slots: 4 });
    t.send(t.a, 17, B, new Uint8Array(8));
    t.run(milliseconds(1));
    const answers = Array.from({ length: 6 }, () => t.send(t.a, 17, B, new Uint8Array(8)));
    expect(answers).toEqual([undefined, undefined, undefined, undefined, 'ip:busy', 'ip:busy']);
    t.run(milliseconds(1));
    expect(t.send(t.a, 17, B, new Uint8Array(8))).toBeUndefined();
  });

  test('1122-I119 S123 S124 is cut into fragments where it is longer than the link’s frames, and keeps its order behind them', () => {
    const t = new TwoHosts({ slots: 2 });
    const { heard } = listen(t.b, 17);
    t.send(t.a, 17, B, new Uint8Array(8));
    t.run(milliseconds(1));
    sentBy(t.pair.a);
    const payload = Uint8Array.from({ length: 4000 }, (_, i) => i % 251);
    expect(t.send(t.a, 17, B, payload)).toBeUndefined();
    expect(t.send(t.a, 17, B, new Uint8Array(8))).toBe('ip:busy');
    t.run(seconds(1));
    expect(heard.at(-1)?.payload).toEqual(payload);
    const pieces = sentBy(t.pair.a).map(({ ip }) => [ip.fragmentOffset, ip.moreFragments, ip.payload.length]);
    expect(pieces).toEqual([
      [0, true, 1480],
      [1480, true, 1480],
      [2960, false, 1040],
    ]);
  });

  test('waits its turn behind fragments that found no slot, so that no queue grows without end', () => {
    const t = new TwoHosts({ slots: 2 });
    t.send(t.a, 17, B, new Uint8Array(8));
    t.run(milliseconds(1));
    expect(t.send(t.a, 17, B, new Uint8Array(20_000))).toBeUndefined();
    // Two slots become free before the next poll: they belong to the fragments.
    t.pair.a.take(after(t.now, seconds(1)));
    t.pair.a.take(after(t.now, seconds(1)));
    expect(t.pair.a.room).toBe(2);
    expect(t.send(t.a, 17, B, new Uint8Array(8))).toBe('ip:busy');
    expect(t.send(t.a, 17, B, new Uint8Array(20_000))).toBe('ip:busy');
    expect(t.send(t.a, 17, parseIp('192.0.2.77'), new Uint8Array(8))).toBe('ip:busy');
    t.run(seconds(1));
    expect(t.send(t.a, 17, B, new Uint8Array(20_000))).toBeUndefined();
  });

  test('1122-I120 is refused where it is too long and must not be cut', () => {
    const t = new TwoHosts();
    expect(t.send(t.a, 6, B, new Uint8Array(1481))).toBe('ip:too-long');
    expect(t.send(t.a, 17, B, new Uint8Array(65_516))).toBe('ip:too-long');
    expect(t.a.payloadLimit(B)).toBe(1480);
    expect(t.a.payloadLimit(A)).toBe(65_515);
  });

  test('to ourselves never gets to the wire, is bounded, and takes turns', () => {
    const t = new TwoHosts();
    const { heard } = listen(t.a, 17);
    const answers = Array.from({ length: 70 }, (_, i) => t.send(t.a, 17, A, Uint8Array.of(i)));
    expect(answers.filter((answer) => answer === 'ip:busy').length).toBe(6);
    expect(heard.length).toBe(0);
    t.run(milliseconds(1));
    expect(heard.map((one) => one.payload[0])).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(sentBy(t.pair.a)).toEqual([]);
    // What is sent from within a delivery waits for the next poll: no loop within one.
    let turns = 0;
    t.a.register(17, {
      receive: () => {
        turns++;
        t.send(t.a, 17, parseIp('127.0.0.1'), Uint8Array.of(1));
        return true;
      },
      onError: () => {},
    });
    t.send(t.a, 17, A, Uint8Array.of(1));
    for (let poll = 0; poll < 5; poll++) t.a.poll(t.now);
    expect(turns).toBe(5);
  });

  test('end without begin is a fault of the caller', () => {
    expect(() => new TwoHosts().a.end(NOW)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });
});

describe('the way', () => {
  /** Everything that A says goes to the one neighbour at the other end; which address it asked for tells the next hop. */
  const nextHop = (network: Network, link: MemoryLink, destination: Ip): string => {
    link.sent.length = 0;
    const source = network.sourceFor(destination);
    const place = source === undefined ? 'ip:no-route' : network.begin(17, source, destination, 8);
    if (typeof place === 'string') return place;
    network.end(NOW);
    const asked = link.sent.map((frame) => frame.subarray(38, 42).join('.'));
    return asked.join(' ');
  };

  test('S69 S71 S74 S75 E10 1122-I94 1122-I98 is direct on the link, else the gateway of the longest prefix', () => {
    const { network, link } = host();
    network.setGateway(parseIp('192.0.2.254'));
    network.addRoute(parsePrefix('198.51.100.0/24'), parseIp('192.0.2.253'));
    network.addRoute(parsePrefix('198.51.100.128/25'), parseIp('192.0.2.252'));
    network.addRoute(parsePrefix('198.51.100.200/32'), parseIp('192.0.2.251'));
    expect(nextHop(network, link, parseIp('192.0.2.7'))).toBe('192.0.2.7');
    expect(nextHop(network, link, parseIp('203.0.113.5'))).toBe('192.0.2.254');
    expect(nextHop(network, link, parseIp('198.51.100.5'))).toBe('192.0.2.253');
    expect(nextHop(network, link, parseIp('198.51.100.201'))).toBe('192.0.2.252');
    expect(nextHop(network, link, parseIp('198.51.100.200'))).toBe('192.0.2.251');
  });

  test('S73 S75 the MAC header names the gateway, the IP header the destination', () => {
    const t = new TwoHosts();
    t.a.setGateway(B);
    t.send(t.a, 17, parseIp('203.0.113.5'), new Uint8Array(8));
    t.run(milliseconds(1));
    expect(sentBy(t.pair.a).map(({ mac, ip }) => [mac, ip.destination])).toEqual([
      [t.pair.b.mac, parseIp('203.0.113.5')],
    ]);
    expect(t.b.statistics.drops.get('ip:not-for-us')).toBe(1);
  });

  test('1122-I95 leads nowhere beyond the link without a gateway, and the link works', () => {
    const { network, link } = host();
    expect(nextHop(network, link, parseIp('203.0.113.5'))).toBe('ip:no-route');
    expect(network.begin(17, A, parseIp('203.0.113.5'), 8)).toBe('ip:no-route');
    expect(nextHop(network, link, parseIp('192.0.2.7'))).toBe('192.0.2.7');
  });

  test('a second card has its own network, address and neighbours', () => {
    const { network, link } = host();
    const other = new MemoryLink(0x0200_0000_000c as Mac);
    network.addInterface(other, parsePrefix('10.0.0.1/8'), 'lab');
    network.poll(NOW);
    expect(network.sourceFor(parseIp('10.20.30.40'))).toBe(parseIp('10.0.0.1'));
    expect(network.sourceFor(parseIp('192.0.2.9'))).toBe(A);
    expect(nextHop(network, other, parseIp('10.20.30.40'))).toBe('10.20.30.40');
    expect(nextHop(network, link, parseIp('10.20.30.41'))).toBe('');
    expect(network.interfaces.map((via) => via.name)).toEqual(['eth0', 'lab']);
  });

  test('a route for the same prefix takes the place of the older one', () => {
    const { network, link } = host();
    network.setGateway(parseIp('192.0.2.254'));
    network.setGateway(parseIp('192.0.2.253'));
    expect(nextHop(network, link, parseIp('203.0.113.5'))).toBe('192.0.2.253');
    expect(network.routes.length).toBe(2);
  });

  test.for(['192.0.2.1', '192.0.2.255', '192.0.2.0', '198.51.100.1', '224.0.0.1'])(
    'a gateway at %s is refused',
    (gateway) => {
      const { network } = host();
      expect(() => network.setGateway(parseIp(gateway))).toThrow(expect.objectContaining({ code: 'BAD_ROUTE' }));
    },
  );

  test.for(['0.0.0.0/0', '192.0.2.0/24', '192.0.2.255/24', '127.0.0.1/8', '224.0.0.1/4', '255.255.255.255/32'])(
    '1122-I89 the address %s is refused for a card',
    (prefix) => {
      const network = new Network();
      const link = new MemoryLink(OWN);
      expect(() => network.addInterface(link, parsePrefix(prefix))).toThrow(
        expect.objectContaining({ code: 'BAD_ADDRESS' }),
      );
    },
  );

  test('two hosts on a /31 have no broadcast address between them (RFC 3021)', () => {
    const network = new Network();
    const link = new MemoryLink(OWN);
    network.addInterface(link, parsePrefix('192.0.2.0/31'));
    network.setGateway(parseIp('192.0.2.1'));
    expect(nextHop(network, link, parseIp('192.0.2.1'))).toBe('192.0.2.1');
  });
});
