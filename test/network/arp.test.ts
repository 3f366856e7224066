import { describe, expect, test } from 'vitest';
import { BROADCAST_MAC, type Ip, type Mac, parseIp, parsePrefix } from '../../src/base/address.ts';
import { after, type Instant, milliseconds, seconds } from '../../src/base/time.ts';
import { type ArpOptions, ArpResolver } from '../../src/network/arp.ts';
import { DropCounter } from '../../src/network/drops.ts';
import { Network } from '../../src/network/network.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { ARP_LENGTH, ARP_OPERATION, ArpView } from '../../src/wire/arp.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { MemoryLink } from './pair.ts';
import { A, B, listen, TwoHosts } from './two-hosts.ts';

const PEER = 0x0200_0000_00ee as Mac;
const at = (ms: number): Instant => after(0 as Instant, milliseconds(ms));
const datagram = (n: number): Uint8Array => Uint8Array.of(n);

/** What the resolver wants at `now`, as words. */
function due(arp: ArpResolver, now: Instant): string[] {
  const wants: string[] = [];
  for (let action = arp.next(now); action !== undefined; action = arp.next(now))
    wants.push(
      action.kind === 'request'
        ? `ask ${action.to === BROADCAST_MAC ? 'everybody' : 'directly'}`
        : `give up ${action.waiting.length}`,
    );
  return wants;
}

function resolver(options: ArpOptions = {}): { arp: ArpResolver; drops: DropCounter; trace: string[] } {
  const trace: string[] = [];
  const drops = new DropCounter();
  const arp = new ArpResolver(drops, options, (event) => {
    if (event.kind === 'arp') trace.push(`${event.at / 1000} ${event.state}`);
  });
  return { arp, drops, trace };
}

describe('the resolver', () => {
  test('S88 remembers an answer, and sends what waited for it in order', () => {
    const { arp, trace } = resolver();
    expect(arp.resolve(B)).toBeUndefined();
    arp.wait(B, datagram(1), at(0));
    arp.wait(B, datagram(2), at(0));
    expect(due(arp, at(0))).toEqual(['ask everybody']);
    expect(arp.learn(B, PEER, true, at(5))).toEqual([datagram(1), datagram(2)]);
    expect(arp.resolve(B)).toBe(PEER);
    expect(arp.learn(B, PEER, true, at(6))).toEqual([]);
    expect(trace).toEqual(['0 asking', '5 known']);
  });

  test('S89 1122-L3 1122-L5 forgets an answer that nobody uses after the time that was set', () => {
    const { arp, trace } = resolver({ expiry: seconds(20) });
    arp.learn(B, PEER, true, at(0));
    expect(arp.nextDeadline()).toBe(at(20_000));
    expect(due(arp, at(19_999))).toEqual([]);
    expect([...arp.neighbours].length).toBe(1);
    expect(due(arp, at(20_000))).toEqual([]);
    expect([...arp.neighbours]).toEqual([]);
    expect(arp.nextDeadline()).toBeUndefined();
    expect(trace).toEqual(['0 known', '20000 expired']);
  });

  test('1122-L3 asks a neighbour in use directly when its time is over, and uses it meanwhile', () => {
    const { arp } = resolver();
    arp.learn(B, PEER, true, at(0));
    arp.resolve(B);
    expect(due(arp, at(60_000))).toEqual(['ask directly']);
    expect(arp.resolve(B)).toBe(PEER);
    arp.learn(B, PEER, true, at(60_001));
    expect(due(arp, at(61_000))).toEqual([]);
    expect(arp.nextDeadline()).toBe(at(120_001));
  });

  test('1122-L3 forgets a neighbour in use that does not answer three direct requests', () => {
    const { arp } = resolver();
    arp.learn(B, PEER, true, at(0));
    arp.resolve(B);
    const asked = [60_000, 60_999, 61_000, 62_000, 62_999].map((ms) => due(arp, at(ms)).length);
    expect(asked).toEqual([1, 0, 1, 1, 0]);
    expect(arp.resolve(B)).toBe(PEER);
    expect(due(arp, at(63_000))).toEqual([]);
    expect(arp.resolve(B)).toBeUndefined();
  });

  test('1122-L4 asks once a second for an address, however much is to be sent, and gives up after three', () => {
    const { arp, trace } = resolver();
    const log: string[] = [];
    for (let ms = 0; ms <= 3_000; ms += 100) {
      if (arp.resolve(B) === undefined) arp.wait(B, datagram(ms / 100), at(ms));
      for (const want of due(arp, at(ms))) log.push(`${ms} ${want}`);
    }
    expect(log).toEqual(['0 ask everybody', '1000 ask everybody', '2000 ask everybody', '3000 give up 3']);
    expect(arp.resolve(B)).toBe('unreachable');
    expect(due(arp, at(4_000))).toEqual([]);
    expect(arp.resolve(B)).toBeUndefined();
    expect(trace).toEqual(['0 asking', '3000 unreachable']);
  });

  test('1122-L6 keeps the latest three datagrams of each address', () => {
    const { arp, drops } = resolver();
    for (let n = 1; n <= 5; n++) arp.wait(B, datagram(n), at(0));
    arp.wait(A, datagram(9), at(0));
    expect(drops.counts.get('arp:queue-full')).toBe(2);
    expect(arp.learn(B, PEER, true, at(1))).toEqual([datagram(3), datagram(4), datagram(5)]);
    expect(arp.learn(A, PEER, true, at(1))).toEqual([datagram(9)]);
  });

  test('corrects a neighbour by whatever is heard, but adds only who spoke to us (RFC 826)', () => {
    const { arp } = resolver();
    arp.learn(B, PEER, false, at(0));
    expect(arp.resolve(B)).toBeUndefined();
    arp.learn(B, PEER, true, at(1));
    arp.learn(B, 0x0200_0000_00ff as Mac, false, at(2));
    expect(arp.resolve(B)).toBe(0x0200_0000_00ff);
  });

  test('is bounded: the neighbour least in use goes, one that is asked for stays', () => {
    const { arp, drops } = resolver({ capacity: 3 });
    const ip = (n: number): Ip => parseIp(`192.0.2.${n}`);
    arp.wait(ip(10), datagram(1), at(0));
    arp.learn(ip(11), PEER, true, at(0));
    arp.learn(ip(12), PEER, true, at(0));
    arp.resolve(ip(11));
    arp.learn(ip(13), PEER, true, at(1));
    expect([...arp.neighbours].map((neighbour) => neighbour.ip)).toEqual([ip(10), ip(11), ip(13)]);
    arp.wait(ip(14), datagram(1), at(1));
    arp.wait(ip(15), datagram(1), at(1));
    expect([...arp.neighbours].map((neighbour) => neighbour.ip)).toEqual([ip(10), ip(14), ip(15)]);
    arp.wait(ip(16), datagram(1), at(1));
    arp.learn(ip(17), PEER, true, at(1));
    expect([...arp.neighbours].map((neighbour) => neighbour.ip)).toEqual([ip(10), ip(14), ip(15)]);
    expect(drops.counts.get('arp:table-full')).toBe(1);
  });
});

/** One host on a link that a script plays the other end of. */
function alone(): {
  network: Network;
  link: MemoryLink;
  hear: (packet: Uint8Array, to?: Mac) => void;
  arps: () => string[];
} {
  const link = new MemoryLink(0x0200_0000_000a as Mac);
  const network = new Network();
  network.addInterface(link, parsePrefix('192.0.2.1/24'));
  network.poll(at(0));
  return {
    network,
    link,
    hear: (packet, to = BROADCAST_MAC) => {
      const frame = new Uint8Array(60);
      EthernetView.write(frame, to, PEER, ETHER_TYPE.arp);
      frame.set(packet, 14);
      link.onFrame(frame, at(1));
    },
    arps: () =>
      link.sent.splice(0).flatMap((bytes) => {
        const frame = EthernetView.parse(bytes);
        if (typeof frame === 'string' || frame.type !== ETHER_TYPE.arp) return [];
        const arp = ArpView.parse(frame.payload);
        if (typeof arp === 'string') throw new Error(arp);
        const word = arp.operation === ARP_OPERATION.request ? 'request' : 'reply';
        const to = frame.destination === BROADCAST_MAC ? 'all' : 'one';
        return [`${word} to ${to} for ${arp.targetIp & 255} by ${arp.senderIp & 255}`];
      }),
  };
}

const packet = (operation: number, senderMac: Mac, senderIp: Ip, targetIp: Ip): Uint8Array => {
  const bytes = new Uint8Array(ARP_LENGTH);
  ArpView.write(bytes, operation, senderMac, senderIp, 0 as Mac, targetIp);
  return bytes;
};

describe('a host', () => {
  test('announces its address when the link comes up, each time', () => {
    const { network, link, arps } = alone();
    expect(arps()).toEqual(['request to all for 1 by 1']);
    link.isUp = false;
    network.poll(at(10));
    expect(network.nextDeadline()).toBeUndefined();
    link.isUp = true;
    expect(network.nextDeadline()).toBe(at(10));
    network.poll(at(20));
    expect(arps()).toEqual(['request to all for 1 by 1']);
  });

  test('S87 answers a request for its address, and learns who asked', () => {
    const { network, hear, arps } = alone();
    arps();
    hear(packet(ARP_OPERATION.request, PEER, B, A));
    expect(arps()).toEqual(['reply to one for 2 by 1']);
    const neighbours = network.interfaces.flatMap((via) => [...via.arp.neighbours]);
    expect(neighbours.map(({ ip, state }) => [ip, 'mac' in state && state.mac])).toEqual([[B, PEER]]);
  });

  test.for([
    ['for somebody else', packet(1, PEER, B, parseIp('192.0.2.3')), 'arp:not-for-us'],
    ['from a group address', packet(1, 0x0300_0000_0001 as Mac, B, A), 'arp:bad-sender'],
    ['from the broadcast IP address', packet(1, PEER, parseIp('192.0.2.255'), A), 'arp:bad-sender'],
    ['from our own address at another MAC', packet(1, PEER, A, A), 'arp:address-conflict'],
    ['whose end is padding', packet(1, PEER, B, A).subarray(0, 20), 'arp:not-for-us'],
  ] as const)('does not answer a request %s, nor learns from it', ([, bytes, reason]) => {
    const { network, hear, arps } = alone();
    arps();
    hear(bytes);
    expect(arps()).toEqual([]);
    expect([...(network.interfaces[0]?.arp.neighbours ?? [])]).toEqual([]);
    expect(network.statistics.drops.get(reason)).toBe(1);
  });

  test('answers a probe from a host without address, and learns nothing (RFC 5227)', () => {
    const { network, hear, arps } = alone();
    arps();
    hear(packet(ARP_OPERATION.request, PEER, 0 as Ip, A));
    expect(arps()).toEqual(['reply to one for 0 by 1']);
    expect([...(network.interfaces[0]?.arp.neighbours ?? [])]).toEqual([]);
  });

  test('S86 S87 1122-L6 1122-L12 1122-L15 keeps the first packet until the answer is there: it is late, not lost', () => {
    const events: TraceEvent[] = [];
    const t = new TwoHosts({ trace: (event) => events.push(event) });
    const { heard } = listen(t.b, 17);
    expect(t.send(t.a, 17, B, Uint8Array.of(1, 2, 3))).toBeUndefined();
    expect(heard).toEqual([]);
    t.run(milliseconds(1));
    expect(heard.map((one) => [one.source, one.destination, [...one.payload]])).toEqual([[A, B, [1, 2, 3]]]);
    expect(events.flatMap((event) => (event.kind === 'arp' && event.ip === B ? [event.state] : []))).toEqual([
      'asking',
      'known',
    ]);
  });

  test('1122-L4 sends at most one request a second to a dead host, and tells the transport when it gives up', () => {
    const t = new TwoHosts();
    const { errors } = listen(t.a, 17);
    t.run(milliseconds(1));
    t.pair.a.sent.length = 0;
    const refusals = new Set<string | undefined>();
    for (let i = 0; i < 100; i++) {
      refusals.add(t.send(t.a, 17, parseIp('192.0.2.77'), new Uint8Array(20)));
      t.run(milliseconds(100));
    }
    // Ten seconds: three requests, a second of refusing, and again.
    expect(t.pair.a.sent.length).toBeGreaterThanOrEqual(7);
    expect(t.pair.a.sent.length).toBeLessThanOrEqual(10);
    expect(refusals).toEqual(new Set([undefined, 'ip:host-unreachable']));
    expect(errors.length).toBe(6);
    expect(new Set(errors)).toEqual(new Set(['host-unreachable']));
  });

  test('tells the transport at a poll, never within its own call', () => {
    const t = new TwoHosts();
    const { errors } = listen(t.a, 17);
    t.send(t.a, 17, parseIp('192.0.2.77'), new Uint8Array(20));
    t.run(milliseconds(2_990));
    // The time is over, and what comes next is not a poll but another datagram.
    t.clock.advance(milliseconds(20));
    t.send(t.a, 17, parseIp('192.0.2.78'), new Uint8Array(20));
    expect(errors).toEqual([]);
    expect(t.a.nextDeadline()).toBe(t.now);
    t.a.poll(t.now);
    expect(errors).toEqual(['host-unreachable']);
  });

  test('learns that a neighbour has a new card from its announcement', () => {
    const t = new TwoHosts();
    const { heard } = listen(t.b, 17);
    t.send(t.a, 17, B, Uint8Array.of(1));
    t.run(seconds(1));
    const frame = new Uint8Array(60);
    EthernetView.write(frame, BROADCAST_MAC, PEER, ETHER_TYPE.arp);
    frame.set(packet(ARP_OPERATION.request, PEER, B, B), 14);
    t.pair.a.onFrame(frame, t.now);
    t.send(t.a, 17, B, Uint8Array.of(2));
    const last = EthernetView.parse(t.pair.a.sent.at(-1) ?? new Uint8Array());
    expect(typeof last === 'string' ? last : last.destination).toBe(PEER);
    expect(heard.length).toBe(1);
  });

  test('forgets its neighbours when the link goes down, and counts what waited', () => {
    const t = new TwoHosts();
    t.send(t.a, 17, B, Uint8Array.of(1));
    t.run(milliseconds(1));
    t.send(t.a, 17, parseIp('192.0.2.77'), Uint8Array.of(1));
    t.pair.a.isUp = false;
    t.run(milliseconds(1));
    expect([...(t.a.interfaces[0]?.arp.neighbours ?? [])]).toEqual([]);
    expect(t.a.statistics.drops.get('ip:link-down')).toBe(1);
    expect(t.send(t.a, 17, B, Uint8Array.of(1))).toBe('ip:link-down');
  });
});
