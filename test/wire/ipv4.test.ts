import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ip, parseIp } from '../../src/base/address.ts';
import { bytes, hex } from '../../src/base/bytes.ts';
import { IPV4_HEADER, Ipv4View } from '../../src/wire/ipv4.ts';

const seed = Number(process.env['SEED'] ?? 1);
/** 192.168.0.1 to 192.168.0.199, UDP, four octets of it. */
const DATAGRAM = '4500 0018 1234 4000 4011 a688 c0a8 0001 c0a8 00c7 0035 c000';

const parsed = (octets: Uint8Array): Ipv4View => {
  const ip = Ipv4View.parse(octets);
  if (typeof ip === 'string') throw new Error(ip);
  return ip;
};

test('S68 S73 a packet is a header, with the destination in it, and data', () => {
  const ip = parsed(bytes(DATAGRAM));
  expect([ip.source, ip.destination]).toEqual([parseIp('192.168.0.1'), parseIp('192.168.0.199')]);
  expect([ip.protocol, ip.ttl, ip.tos, ip.identification, ip.totalLength]).toEqual([17, 64, 0, 0x1234, 24]);
  expect([ip.headerLength, ip.dontFragment, ip.isFragment, ip.checksum]).toEqual([20, true, false, 0xa688]);
  expect(hex(ip.payload)).toBe('00 35 c0 00');
});

test('the total length says where Ethernet’s padding begins', () => {
  expect(hex(parsed(bytes(`${DATAGRAM} 0000 0000 0000`)).payload)).toBe('00 35 c0 00');
});

test('options belong to the header', () => {
  const ip = parsed(bytes('4600 0019 0000 0000 4011 f5ba c0a8 0001 c0a8 00c7 01010100 ab'));
  expect(ip.headerLength).toBe(24);
  expect(hex(ip.payload)).toBe('ab');
});

test.for([
  ['no fragment', '0000', false, 0, false],
  ['don’t fragment', '4000', false, 0, false],
  ['the first fragment', '2000', true, 0, true],
  ['one in the middle', '2001', true, 8, true],
  ['the last one', '1fff', true, 65_528, false],
] as const)('S122 S124 E8 flags and offset tell %s', ([, word, isFragment, offset, more]) => {
  const ip = new Ipv4View(bytes(DATAGRAM.replace('4000', word)));
  expect([ip.isFragment, ip.fragmentOffset, ip.moreFragments]).toEqual([isFragment, offset, more]);
});

test.for([
  ['nothing', '', 'ip:truncated'],
  ['19 octets', DATAGRAM.slice(0, 47), 'ip:truncated'],
  ['1122-I10 version 6', DATAGRAM.replace('4500', '6500'), 'ip:bad-version'],
  ['a header of 16 octets', DATAGRAM.replace('4500', '4400'), 'ip:bad-header-length'],
  ['a header past the buffer', DATAGRAM.replace('4500', '4700'), 'ip:bad-header-length'],
  ['a total length below the header', DATAGRAM.replace('0018', '0013'), 'ip:bad-length'],
  ['a total length past the buffer', DATAGRAM.replace('0018', '0019'), 'ip:bad-length'],
  ['1122-I11 one bit flipped in the TTL', DATAGRAM.replace('4011', '4111'), 'ip:bad-checksum'],
] as const)('S120 drops %s', ([, octets, reason]) => {
  expect(Ipv4View.parse(bytes(octets))).toBe(reason);
});

test('a quote may end early and need no right checksum', () => {
  const quote = Ipv4View.parseQuote(bytes(DATAGRAM.replace('0018', '0500').replace('a688', '0000')));
  expect(typeof quote === 'string' ? quote : hex(quote.payload)).toBe('00 35 c0 00');
  expect(Ipv4View.parseQuote(bytes(DATAGRAM.replace('4500', '4700')))).toBe('ip:bad-header-length');
});

test('what is written passes its own checksum and is read as it was', () => {
  const u16 = fc.nat(0xffff);
  const u8 = fc.nat(0xff);
  const ip = fc.nat(0xffff_ffff);
  fc.assert(
    fc.property(u8, u16, u16, u8, u8, ip, ip, fc.nat(40), (tos, id, word, ttl, protocol, from, to, length) => {
      const buffer = new Uint8Array(7 + IPV4_HEADER + length).fill(0xee);
      const total = IPV4_HEADER + length;
      Ipv4View.write(buffer, 7, total, tos, id, word, ttl, protocol, from as Ip, to as Ip);
      const view = parsed(buffer.subarray(7));
      expect([view.tos, view.identification, view.ttl, view.protocol]).toEqual([tos, id, ttl, protocol]);
      expect([view.source, view.destination, view.totalLength]).toEqual([from, to, total]);
      expect(Ipv4View.fragmentWord(view.dontFragment, view.moreFragments, view.fragmentOffset)).toBe(word & 0x7fff);
    }),
    { seed },
  );
});

test('any bytes are a datagram within the buffer, or a reason', () => {
  const almost = fc.uint8Array({ minLength: 20, maxLength: 80 }).map((data) => {
    data[0] = 0x40 | ((data[0] ?? 0) & 15);
    data[2] = 0;
    return data;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), almost), (data) => {
      for (const ip of [Ipv4View.parse(data), Ipv4View.parseQuote(data)]) {
        if (typeof ip === 'string') expect(ip).toMatch(/^ip:/);
        else expect(ip.payload.length).toBe(Math.min(ip.totalLength, data.length) - ip.headerLength);
      }
    }),
    { seed, numRuns: 1000 },
  );
});
