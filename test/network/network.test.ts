import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ip, type Mac, parseIp, parsePrefix } from '../../src/base/address.ts';
import { put16 } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { after, type Instant, milliseconds, seconds } from '../../src/base/time.ts';
import { Network } from '../../src/network/network.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { checksumOf, sum } from '../../src/wire/checksum.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import { MemoryLink } from './pair.ts';
import { A, B, listen, TwoHosts } from './two-hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);
const OWN = 0x0200_0000_000a as Mac;
const PEER = 0x0200_0000_00ee as Mac;

function host(): { network: Network; link: MemoryLink } {
  const link = new MemoryLink(OWN, { slots: 4 });
  const network = new Network({ random: new Random(seed) });
  network.addInterface(link, parsePrefix('192.0.2.1/24'));
  listen(network, 17, false);
  return { network, link };
}

/** A frame that gets further than chance would: to us, of a known type, with a right header checksum, the rest as it comes. */
const plausible = fc
  .record({
    type: fc.constantFrom(ETHER_TYPE.ipv4, ETHER_TYPE.arp),
    to: fc.constantFrom(OWN, 0xffff_ffff_ffff as Mac),
    protocol: fc.constantFrom(1, 6, 17, 99),
    word: fc.oneof(fc.constant(0), fc.nat(0xffff)),
    source: fc.constantFrom<Ip>(B, A, parseIp('203.0.113.5')),
    cut: fc.nat(8),
    body: fc.uint8Array({ maxLength: 120 }),
    sealed: fc.boolean(),
  })
  .map(({ type, to, protocol, word, source, cut, body, sealed }) => {
    const frame = new Uint8Array(34 + body.length);
    EthernetView.write(frame, to, PEER, type);
    Ipv4View.write(frame, 14, 20 + body.length - Math.min(cut, body.length), 0, 7, word, 64, protocol, source, A);
    if (type === ETHER_TYPE.arp) frame.set([0, 1, 8, 0, 6, 4, 0, 1 + (word & 1)], 14);
    frame.set(body, 34);
    const end = frame.length - Math.min(cut, body.length);
    if (sealed && type === ETHER_TYPE.ipv4 && end >= 38) {
      // Nearly always a type that exists, with a right ICMP checksum.
      frame[34] = [0, 3, 4, 5, 8, 11, 12, 13][(frame[34] ?? 0) & 7] ?? 0;
      put16(frame, 36, 0);
      put16(frame, 36, checksumOf(sum(frame, 34, end)));
    }
    return frame;
  });

describe('nothing that comes from a wire', () => {
  test('throws, or makes the layer restless, whatever the octets', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(plausible, fc.uint8Array({ maxLength: 80 })), { maxLength: 60 }), (frames) => {
        const { network, link } = host();
        let now = 0 as Instant;
        network.poll(now);
        for (const frame of frames) {
          link.onFrame(frame, now);
          now = after(now, milliseconds(1));
          network.poll(now);
          while (link.take(after(now, seconds(1))) !== undefined);
          const next = network.nextDeadline();
          expect(next === undefined || next >= now).toBe(true);
        }
        // Two minutes on, everything has run out of time: nothing is kept for ever.
        for (let i = 0; i < 200; i++) {
          now = after(now, seconds(1));
          network.poll(now);
          while (link.take(after(now, seconds(1))) !== undefined);
        }
        expect(network.nextDeadline()).toBeUndefined();
        expect(network.statistics.framesReceived).toBe(frames.length);
      }),
      { seed, numRuns: 300 },
    );
  });

  test('is lost without a reason: every frame is delivered, answered or counted', () => {
    fc.assert(
      fc.property(plausible, (frame) => {
        const { network, link } = host();
        network.poll(0 as Instant);
        link.sent.length = 0;
        let delivered = 0;
        network.register(6, { receive: () => ++delivered > 0, onError: () => delivered++ });
        network.register(17, { receive: () => ++delivered > 0, onError: () => delivered++ });
        link.onFrame(frame, 0 as Instant);
        const dropped = [...network.statistics.drops.values()].reduce((a, b) => a + b, 0);
        const known = [...(network.interfaces[0]?.arp.neighbours ?? [])].length;
        const waits = network.nextDeadline() !== undefined;
        expect(delivered + dropped + link.sent.length + known + Number(waits)).toBeGreaterThan(0);
      }),
      { seed, numRuns: 2000 },
    );
  });
});

describe('the layer as a whole', () => {
  test('1122-I8 tells the tracer what is dropped and why, with the octets', () => {
    const events: TraceEvent[] = [];
    const t = new TwoHosts({ trace: (event) => events.push(event) });
    t.pair.a.onFrame(Uint8Array.of(1, 2, 3), t.now);
    expect(events).toEqual([{ kind: 'drop', at: t.now, reason: 'ethernet:truncated', bytes: Uint8Array.of(1, 2, 3) }]);
  });

  test('counts frames and datagrams', () => {
    const t = new TwoHosts();
    listen(t.b, 17);
    for (let i = 0; i < 3; i++) t.send(t.a, 17, B, new Uint8Array(8));
    t.run(seconds(1));
    expect(t.a.statistics.datagramsSent).toBe(3);
    expect(t.b.statistics.datagramsReceived).toBe(3);
    expect(t.b.statistics.framesReceived).toBe(3 + 2); // with A's announcement and request
  });

  test('rests when there is nothing to do but to let an ARP entry run out', () => {
    const t = new TwoHosts();
    t.run(seconds(1));
    expect(t.a.nextDeadline()).toBeUndefined();
    t.send(t.a, 17, B, new Uint8Array(8));
    t.run(seconds(1));
    expect(t.a.nextDeadline()).toBeGreaterThan(after(t.now, seconds(50)));
    t.run(seconds(300));
    expect(t.a.nextDeadline()).toBeUndefined();
  });

  test('with no free slot looks again in a millisecond, not at once', () => {
    const t = new TwoHosts({ slots: 1, delay: seconds(1) });
    t.a.poll(t.now);
    t.send(t.a, 17, B, new Uint8Array(8));
    expect(t.a.nextDeadline()).toBe(after(t.now, milliseconds(1)));
  });

  test('loss, duplication and disorder on the cable cost datagrams, never correctness', () => {
    const random = new Random(seed);
    const t = new TwoHosts({ slots: 32, fate: () => (random.chance(0.2) ? 0 : random.chance(0.1) ? 2 : 1) });
    const { heard } = listen(t.b, 17);
    for (let i = 0; i < 500; i++) {
      const payload = new Uint8Array(1 + random.below(4000)).fill(i & 255);
      if (t.send(t.a, 17, B, payload) !== undefined) i--;
      t.run(milliseconds(20));
    }
    expect(heard.length).toBeGreaterThan(150);
    for (const { payload } of heard) expect(payload.every((octet) => octet === payload[0])).toBe(true);
  });
});
