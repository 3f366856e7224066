import { describe, expect, test } from 'vitest';
import { ANY_IP, BROADCAST_IP, type Ip, parseIp } from '../../src/base/address.ts';
import { bytes, hex } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { type Instant, milliseconds, START } from '../../src/base/time.ts';
import type { IcmpError, Internet, IpRefusal, SendOptions } from '../../src/network/internet.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { type Endpoint, Ports } from '../../src/transport/ports.ts';
import { Udp } from '../../src/transport/udp.ts';
import { UDP_QUEUE } from '../../src/transport/udp-endpoint.ts';
import { UDP_HEADER, UDP_MAX_PAYLOAD, UdpView } from '../../src/wire/udp.ts';

const here = parseIp('192.0.2.1');
const second = parseIp('192.0.2.77');
const peer = parseIp('192.0.2.2');
const stranger = parseIp('192.0.2.3');
const unroutable = parseIp('203.0.113.1');

/** IP with two addresses on one network: keeps what is sent, refuses as it is told. */
class FakeInternet implements Internet {
  readonly sent: { source: Ip; destination: Ip; options: SendOptions | undefined; segment: Uint8Array }[] = [];
  refusal: IpRefusal | undefined;
  #open: { source: Ip; destination: Ip; options: SendOptions | undefined; segment: Uint8Array } | undefined;

  sourceFor(destination: Ip): Ip | undefined {
    return destination === unroutable ? undefined : here;
  }
  payloadLimit(): number {
    return 1480;
  }
  isLocal(ip: Ip): boolean {
    return ip === here || ip === second;
  }
  begin(_protocol: number, source: Ip, destination: Ip, length: number, options?: SendOptions): Uint8Array | IpRefusal {
    if (this.refusal !== undefined) return this.refusal;
    this.#open = { source, destination, options, segment: new Uint8Array(length).fill(0xee) };
    return this.#open.segment;
  }
  end(): void {
    if (this.#open === undefined) throw new Error('end without begin');
    this.sent.push(this.#open);
    this.#open = undefined;
  }
  register(): void {}
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

function host() {
  const internet = new FakeInternet();
  const facts: TraceEvent[] = [];
  const udp = new Udp({ internet, ports: new Ports(new Random(1)), trace: (event) => facts.push(event) });
  const datagram = (port: number, payload: Uint8Array, from: Endpoint = { ip: peer, port: 7 }, to = here) => {
    const segment = new Uint8Array(UDP_HEADER + payload.length);
    UdpView.write(segment, from.ip, from.port, to, port, payload);
    return segment;
  };
  /** A datagram from outside; answers whether somebody wanted it. */
  const inject = (port: number, payload: Uint8Array, from: Endpoint = { ip: peer, port: 7 }, to = here): boolean =>
    udp.receive(from.ip, to, datagram(port, payload, from, to), START);
  return { internet, udp, facts, datagram, inject };
}

describe('UDP receives', () => {
  test('a whole datagram, with who sent it and to which address it was sent (S128, 1122-U11)', () => {
    const { udp, inject } = host();
    const endpoint = udp.bind({ port: 53 });
    expect(inject(53, text('question'))).toBe(true);
    expect(inject(53, text('shout'), { ip: stranger, port: 9 }, BROADCAST_IP)).toBe(true);
    expect(endpoint.readable).toBe(2);
    expect(endpoint.receive()).toEqual({ source: { ip: peer, port: 7 }, destination: here, bytes: text('question') });
    expect(endpoint.receive()).toMatchObject({ source: { ip: stranger, port: 9 }, destination: BROADCAST_IP });
    expect(endpoint.receive()).toBeUndefined();
  });

  test('an empty datagram as one datagram', () => {
    const { udp, inject } = host();
    const endpoint = udp.bind({ port: 53 });
    inject(53, text(''));
    expect(endpoint.readable).toBe(1);
    expect(endpoint.receive()?.bytes.length).toBe(0);
  });

  test('its own copy: the buffer it came in belongs to IP', () => {
    const { udp, datagram } = host();
    const endpoint = udp.bind({ port: 53 });
    const segment = datagram(53, text('mine'));
    udp.receive(peer, here, segment, START);
    segment.fill(0);
    expect(endpoint.receive()?.bytes).toEqual(text('mine'));
  });

  test('nothing for a port that nobody holds, and says so to IP, which answers port unreachable (1122-U1)', () => {
    const { udp, inject, facts } = host();
    udp.bind({ port: 53 });
    expect(inject(54, text('anyone?'))).toBe(false);
    expect(udp.drops.get('udp:no-socket')).toBe(1);
    expect(facts).toMatchObject([{ kind: 'drop', reason: 'udp:no-socket' }]);
  });

  test.for([
    ['too short for a header', '0007 0035 0008', 'udp:truncated'],
    ['longer than it is', '0007 0035 0010 0000 6162', 'udp:bad-length'],
    ['wrong in its checksum (1122-U7)', '0007 0035 000a 0001 6162', 'udp:bad-checksum'],
  ] as const)('no datagram that is %s, and does not call its port unreachable', ([, segment, reason]) => {
    const { udp, facts } = host();
    const endpoint = udp.bind({ port: 53 });
    expect(udp.receive(peer, here, bytes(segment), START)).toBe(true);
    expect(endpoint.readable).toBe(0);
    expect(udp.drops.get(reason)).toBe(1);
    expect(facts).toMatchObject([{ kind: 'drop', reason }]);
  });

  test('a datagram without a checksum (1122-U10)', () => {
    const { udp } = host();
    const endpoint = udp.bind({ port: 53 });
    expect(udp.receive(peer, here, bytes('0007 0035 000a 0000 6162'), START)).toBe(true);
    expect(endpoint.receive()?.bytes).toEqual(text('ab'));
  });

  test('at the closest match: the peer, then the address, then everybody', () => {
    const { udp, inject } = host();
    const onSecond = udp.bind({ ip: second, port: 53 });
    const onFirst = udp.bind({ ip: here, port: 53 });
    inject(53, text('first'));
    inject(53, text('second'), undefined, second);
    expect(onFirst.receive()?.bytes).toEqual(text('first'));
    expect(onSecond.receive()?.bytes).toEqual(text('second'));
    onFirst.connect({ ip: peer, port: 7 });
    expect(inject(53, text('not from the peer'), { ip: stranger, port: 7 })).toBe(false);
    expect(inject(53, text('not its port'), { ip: peer, port: 8 })).toBe(false);
    expect(inject(53, text('the peer'))).toBe(true);
    expect(onFirst.readable).toBe(1);
  });

  test('into a bounded queue; when it is full the oldest make room and are counted (S129)', () => {
    const { udp, inject, facts } = host();
    const endpoint = udp.bind({ port: 53 });
    for (let i = 0; i < UDP_QUEUE.datagrams + 3; i++) inject(53, text(`frame ${i}`));
    expect(endpoint.readable).toBe(UDP_QUEUE.datagrams);
    expect(endpoint.receive()?.bytes).toEqual(text('frame 3'));
    expect(udp.drops.get('udp:queue-full')).toBe(3);
    expect(facts.filter((fact) => fact.kind === 'drop')).toHaveLength(3);
  });

  test('no more octets than the bound either, however few datagrams they are', () => {
    const { udp, inject } = host();
    const endpoint = udp.bind({ port: 53 });
    for (let i = 0; i < 9; i++) inject(53, new Uint8Array(60_000).fill(i));
    expect(endpoint.receiveQueued).toBeLessThanOrEqual(UDP_QUEUE.octets);
    expect(endpoint.readable).toBe(4);
    expect(endpoint.receive()?.bytes[0]).toBe(5);
  });
});

describe('UDP sends', () => {
  test('at the next poll and not within the call, from the address IP would use, with a checksum (1122-U9, 1122-U16)', () => {
    const { udp, internet } = host();
    const endpoint = udp.bind({ port: 5000 });
    expect(udp.nextDeadline()).toBeUndefined();
    expect(endpoint.send(text('hello'), { ip: peer, port: 53 })).toBe(true);
    expect(internet.sent).toEqual([]);
    expect(udp.nextDeadline()).toBe(START);
    udp.poll(START);
    expect(udp.nextDeadline()).toBeUndefined();
    const [sent] = internet.sent;
    const view = UdpView.parse(sent?.segment as Uint8Array) as UdpView;
    expect([sent?.source, sent?.destination]).toEqual([here, peer]);
    expect([view.sourcePort, view.destinationPort, hex(view.payload)]).toEqual([5000, 53, hex(text('hello'))]);
    expect(view.checksum).not.toBe(0);
    expect(view.isIntact(here, peer)).toBe(true);
  });

  test('from the address it is bound to (1122-U12), with the TTL and TOS of this datagram (1122-U18)', () => {
    const { udp, internet } = host();
    udp.bind({ ip: second, port: 5000 }).send(text('x'), { ip: peer, port: 53 }, { ttl: 3, tos: 0xb8 });
    udp.poll(START);
    expect(internet.sent).toMatchObject([{ source: second, options: { ttl: 3, tos: 0xb8 } }]);
  });

  test('nothing with a time to live that cannot be: the call says so, and no poll is troubled with it', () => {
    const { udp, internet } = host();
    const endpoint = udp.bind();
    for (const ttl of [0, 256, Number.NaN])
      expect(() => endpoint.send(text('x'), { ip: peer, port: 53 }, { ttl })).toThrow(
        expect.objectContaining({ code: 'BAD_TTL' }),
      );
    udp.poll(START);
    expect(internet.sent).toEqual([]);
  });

  test('what the caller had when it called: the buffer may be used again at once', () => {
    const { udp, internet } = host();
    const buffer = text('first');
    udp.bind().send(buffer, { ip: peer, port: 53 });
    buffer.set(text('other'));
    udp.poll(START);
    expect(internet.sent[0]?.segment.subarray(UDP_HEADER)).toEqual(text('first'));
  });

  test('up to 65,507 octets, and EMSGSIZE above: to cut it into fragments is up to IP (1122-I119)', () => {
    const { udp, internet } = host();
    const endpoint = udp.bind();
    endpoint.send(new Uint8Array(UDP_MAX_PAYLOAD), { ip: peer, port: 53 });
    udp.poll(START);
    expect(internet.sent[0]?.segment.length).toBe(65_515);
    expect(() => endpoint.send(new Uint8Array(UDP_MAX_PAYLOAD + 1), { ip: peer, port: 53 })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
  });

  test('everything, in order, once a busy IP has room again; meanwhile its queue fills up and says no', () => {
    const { udp, internet } = host();
    const endpoint = udp.bind({ port: 5000 });
    let changes = 0;
    endpoint.onChange = () => changes++;
    internet.refusal = 'ip:busy';
    let accepted = 0;
    while (endpoint.send(Uint8Array.of(accepted & 255), { ip: peer, port: 53 })) accepted++;
    expect(accepted).toBe(UDP_QUEUE.datagrams);
    udp.poll(START);
    expect(udp.nextDeadline()).toBe(milliseconds(1));
    expect(changes).toBe(0);
    internet.refusal = undefined;
    udp.poll(milliseconds(1) as number as Instant);
    expect(changes).toBe(1);
    expect(internet.sent.map(({ segment }) => segment[UDP_HEADER])).toEqual(
      Array.from({ length: accepted }, (_, i) => i & 255),
    );
    expect(udp.drops.size).toBe(0);
  });

  test.for([
    ['ip:no-route', 'ENETUNREACH'],
    ['ip:host-unreachable', 'EHOSTUNREACH'],
    ['ip:link-down', 'ENETDOWN'],
    ['ip:too-long', 'EMSGSIZE'],
  ] as const)('nothing where IP says %s, counts it, and tells the connected endpoint %s', ([refusal, code]) => {
    const { udp, internet, facts } = host();
    const endpoint = udp.bind();
    endpoint.connect({ ip: peer, port: 53 });
    endpoint.send(text('x'));
    internet.refusal = refusal;
    udp.poll(START);
    expect(udp.nextDeadline()).toBeUndefined();
    expect(udp.drops.get(refusal)).toBe(1);
    expect(facts).toMatchObject([{ kind: 'drop', reason: refusal }]);
    expect(endpoint.takeError()).toBe(code);
  });

  test('what was accepted before close, and nothing to nobody', () => {
    const { udp, internet } = host();
    const endpoint = udp.bind({ port: 5000 });
    expect(() => endpoint.send(text('x'))).toThrow(expect.objectContaining({ code: 'EDESTADDRREQ' }));
    expect(() => endpoint.send(text('x'), { ip: unroutable, port: 1 })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
    expect(() => endpoint.send(text('x'), { ip: peer, port: 0 })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
    endpoint.send(text('goodbye'), { ip: peer, port: 53 });
    endpoint.close();
    udp.poll(START);
    expect(internet.sent).toHaveLength(1);
  });
});

describe('a UDP port', () => {
  test('belongs to one endpoint an address, and is free again after close', () => {
    const { udp } = host();
    const inUse = expect.objectContaining({ code: 'EADDRINUSE' });
    const all = udp.bind({ port: 53 });
    expect(() => udp.bind({ port: 53 })).toThrow(inUse);
    expect(() => udp.bind({ ip: here, port: 53 })).toThrow(inUse);
    all.close();
    const one = udp.bind({ ip: here, port: 53 });
    udp.bind({ ip: second, port: 53 });
    expect(() => udp.bind({ port: 53 })).toThrow(inUse);
    one.close();
    udp.bind({ ip: here, port: 53 });
  });

  test('cannot be had on an address of somebody else, or where there is no such port', () => {
    const { udp } = host();
    for (const local of [{ ip: peer, port: 53 }, { port: 65_536 }, { port: -1 }, { port: 1.5 }])
      expect(() => udp.bind(local)).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });

  test('is chosen from the dynamic ones where none is named, each once, until none is left', () => {
    const { udp } = host();
    const ports = new Set(Array.from({ length: 16_384 }, () => udp.bind().local.port));
    expect(ports.size).toBe(16_384);
    expect(Math.min(...ports)).toBe(49_152);
    expect(() => udp.bind()).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });
});

describe('the peer of an endpoint', () => {
  test('must be somebody that a route leads to', () => {
    const { udp } = host();
    const endpoint = udp.bind({ port: 5000 });
    expect(() => endpoint.connect({ ip: ANY_IP, port: 53 })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
    expect(() => endpoint.connect({ ip: unroutable, port: 53 })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
  });
});

describe('an ICMP error', () => {
  const refused: IcmpError = { kind: 'port-unreachable' };

  test.for([
    ['port-unreachable', 'ECONNREFUSED'],
    ['host-unreachable', 'EHOSTUNREACH'],
    ['net-unreachable', 'ENETUNREACH'],
    ['prohibited', 'EHOSTUNREACH'],
    ['source-quench', undefined],
    ['time-exceeded', undefined],
  ] as const)(
    '%s is %s on the endpoint that is connected to where it came from (1122-U5, 1122-I50)',
    ([kind, code]) => {
      const { udp, datagram } = host();
      const endpoint = udp.bind({ port: 5000 });
      endpoint.connect({ ip: peer, port: 53 });
      expect(endpoint.local).toEqual({ ip: here, port: 5000 });
      let changes = 0;
      endpoint.onChange = () => changes++;
      const quoted = datagram(53, text('lost'), { ip: here, port: 5000 }, peer).subarray(0, 8);
      udp.onError({ kind } as IcmpError, here, peer, quoted, START);
      expect(changes).toBe(code === undefined ? 0 : 1);
      expect(endpoint.takeError()).toBe(code);
      expect(endpoint.takeError()).toBeUndefined();
    },
  );

  test('is nothing to an endpoint that talks to many, to another one, or in a quote that is too short', () => {
    const { udp, datagram } = host();
    const many = udp.bind({ port: 5000 });
    const other = udp.bind({ port: 5001 });
    other.connect({ ip: stranger, port: 53 });
    const quoted = (port: number) => datagram(53, text('lost'), { ip: here, port }, peer).subarray(0, 8);
    udp.onError(refused, here, peer, quoted(5000), START);
    udp.onError(refused, here, peer, quoted(5001), START);
    udp.onError(refused, here, stranger, quoted(5001).subarray(0, 7), START);
    expect([many.takeError(), other.takeError()]).toEqual([undefined, undefined]);
  });
});
