import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/base/address.ts';
import { equalBytes } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { after, type Instant, seconds } from '../../src/base/time.ts';
import { DropCounter } from '../../src/network/drops.ts';
import { fragment } from '../../src/network/fragment.ts';
import { Reassembler } from '../../src/network/reassembly.ts';
import { IPV4_HEADER, Ipv4View } from '../../src/wire/ipv4.ts';

const seed = Number(process.env['SEED'] ?? 1);
const [SOURCE, DESTINATION] = [parseIp('192.0.2.1'), parseIp('192.0.2.2')];
const START = 0 as Instant;

interface Key {
  readonly id?: number;
  readonly protocol?: number;
  readonly source?: string;
}

function datagram(payload: Uint8Array, key: Key = {}): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER + payload.length);
  const source = key.source === undefined ? SOURCE : parseIp(key.source);
  Ipv4View.write(bytes, 0, bytes.length, 0x10, key.id ?? 7, 0, 61, key.protocol ?? 17, source, DESTINATION);
  bytes.set(payload, IPV4_HEADER);
  return bytes;
}

const random = (length: number): Uint8Array => new Random(seed).fill(new Uint8Array(length));

const view = (bytes: Uint8Array): Ipv4View => {
  const ip = Ipv4View.parse(bytes);
  if (typeof ip === 'string') throw new Error(ip);
  return ip;
};

/** The payloads that came out when `pieces` went in. */
function put(reassembler: Reassembler, pieces: readonly Uint8Array[], now = START): Uint8Array[] {
  return pieces.flatMap((piece) => {
    const whole = reassembler.add(view(piece), now);
    return whole === undefined ? [] : [whole.payload.slice()];
  });
}

describe('fragmenting', () => {
  test('RFC 791 cuts at multiples of eight octets, and every piece has its own right header', () => {
    const pieces = fragment(datagram(random(4000)), 576).map(view);
    expect(pieces.map((ip) => [ip.fragmentOffset, ip.moreFragments, ip.totalLength])).toEqual([
      ...[0, 552, 1104, 1656, 2208, 2760, 3312].map((offset) => [offset, true, 572]),
      [3864, false, 156],
    ]);
    for (const ip of pieces) {
      expect([ip.identification, ip.tos, ip.ttl, ip.protocol]).toEqual([7, 0x10, 61, 17]);
      expect([ip.source, ip.destination, ip.isFragment]).toEqual([SOURCE, DESTINATION, true]);
    }
  });

  test('leaves a datagram whole that fits', () => {
    const [only, ...others] = fragment(datagram(random(100)), 120).map(view);
    expect(others).toEqual([]);
    expect(only?.isFragment).toBe(false);
  });
});

describe('reassembly', () => {
  test('S121 S122 1122-I112 gives the datagram once, whatever the order and however often its pieces come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.nat(),
        (length, mtu, dice) => {
          const payload = random(length);
          const pieces = fragment(datagram(payload), mtu);
          fc.pre(pieces.length > 1);
          const chance = new Random(dice);
          // Shuffled, and then each but the last once more, so that only the very last one makes it whole.
          for (let i = pieces.length - 1; i > 0; i--) {
            const j = chance.below(i + 1);
            [pieces[i], pieces[j]] = [pieces[j] as Uint8Array, pieces[i] as Uint8Array];
          }
          const twice = [...pieces.slice(0, -1), ...pieces.slice(0, -1), pieces.at(-1) as Uint8Array];
          const out = put(new Reassembler(new DropCounter()), twice);
          expect(out.length).toBe(1);
          expect(equalBytes(out[0] as Uint8Array, payload)).toBe(true);
        },
      ),
      { seed },
    );
  });

  test('1122-I112 takes pieces of different cuts of the same datagram, which overlap', () => {
    const payload = random(3000);
    const [coarse, fine] = [fragment(datagram(payload), 1500), fragment(datagram(payload), 600)];
    const out = put(new Reassembler(new DropCounter()), [
      ...fine.slice(0, 2),
      coarse[1] as Uint8Array,
      coarse[2] as Uint8Array,
      coarse[0] as Uint8Array,
    ]);
    expect(out).toEqual([payload]);
  });

  test('1122-I114 holds the longest datagram there is', () => {
    const payload = random(65_515);
    expect(put(new Reassembler(new DropCounter()), fragment(datagram(payload), 1500))).toEqual([payload]);
  });

  test('S123 E8 keeps datagrams apart that share an identification only', () => {
    const keys: Key[] = [{}, { protocol: 6 }, { source: '192.0.2.3' }, { id: 8 }];
    const payloads = keys.map((_, i) => new Uint8Array(2000).fill(i + 1));
    const cut = keys.map((key, i) => fragment(datagram(payloads[i] as Uint8Array, key), 1500));
    const mixed = [...cut.map((pieces) => pieces[1] as Uint8Array), ...cut.map((pieces) => pieces[0] as Uint8Array)];
    expect(put(new Reassembler(new DropCounter()), mixed)).toEqual(payloads);
  });

  test('gives the header of the first fragment as it came, right before the payload', () => {
    const pieces = fragment(datagram(random(2000)), 1500);
    const reassembler = new Reassembler(new DropCounter());
    reassembler.add(view(pieces[1] as Uint8Array), START);
    const whole = reassembler.add(view(pieces[0] as Uint8Array), START);
    expect(whole?.bytes.slice(0, 1500)).toEqual(pieces[0]);
    expect(whole?.bytes.length).toBe(2020);
  });

  const piece = (offset: number, length: number, more: boolean): Uint8Array => {
    const bytes = datagram(new Uint8Array(length));
    const word = Ipv4View.fragmentWord(false, more, offset);
    Ipv4View.write(bytes, 0, bytes.length, 0, 7, word, 64, 17, SOURCE, DESTINATION);
    return bytes;
  };

  test.for([
    ['an empty fragment', [piece(8, 0, true)]],
    ['one in the middle of no multiple of eight', [piece(0, 12, true)]],
    ['one past the longest datagram', [piece(65_528, 100, false)]],
    ['one past the end that the last one told', [piece(8, 8, false), piece(16, 8, true)]],
    ['a last one before what came already', [piece(16, 8, true), piece(8, 8, false)]],
    ['a second last one at another place', [piece(16, 8, false), piece(8, 8, false)]],
  ] as const)('drops %s', ([, pieces]) => {
    const drops = new DropCounter();
    expect(put(new Reassembler(drops), pieces)).toEqual([]);
    expect(drops.counts.get('ip:bad-fragment')).toBe(1);
  });

  test('1122-I117 gives up after 60 s, counted from the first piece that came', () => {
    const drops = new DropCounter();
    const reassembler = new Reassembler(drops);
    const pieces = fragment(datagram(random(4000)), 1500);
    put(reassembler, [pieces[0] as Uint8Array]);
    put(reassembler, [pieces[2] as Uint8Array], after(START, seconds(59)));
    expect(reassembler.nextDeadline()).toBe(after(START, seconds(60)));
    expect(reassembler.expire(after(START, seconds(59.999)))).toBeUndefined();
    const late = reassembler.expire(after(START, seconds(60)));
    expect(late?.first?.bytes).toEqual(pieces[0]);
    expect(reassembler.expire(after(START, seconds(60)))).toBeUndefined();
    expect(reassembler.nextDeadline()).toBeUndefined();
    expect(drops.counts.get('ip:reassembly-timeout')).toBe(1);
  });

  test('has room for sixteen datagrams; the oldest goes', () => {
    const drops = new DropCounter();
    const reassembler = new Reassembler(drops);
    const cut = Array.from({ length: 17 }, (_, id) => fragment(datagram(new Uint8Array(2000).fill(id), { id }), 1500));
    put(
      reassembler,
      cut.map((pieces) => pieces[0] as Uint8Array),
    );
    expect(drops.counts.get('ip:reassembly-full')).toBe(1);
    const out = put(
      reassembler,
      cut.slice(1).map((pieces) => pieces[1] as Uint8Array),
    );
    expect(out.map((payload) => payload[0])).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });
});
