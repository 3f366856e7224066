import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ip, parseIp } from '../../src/base/address.ts';
import { bytes, hex, put16, u16 } from '../../src/base/bytes.ts';
import { UDP_HEADER, UDP_MAX_PAYLOAD, UdpView } from '../../src/wire/udp.ts';

const seed = Number(process.env['SEED'] ?? 1);
const source = parseIp('192.0.2.1');
const destination = parseIp('192.0.2.2');

const written = (payload: Uint8Array, from: Ip = source): Uint8Array => {
  const datagram = new Uint8Array(UDP_HEADER + payload.length).fill(0xee);
  UdpView.write(datagram, from, 0xc000, destination, 53, payload);
  return datagram;
};
const parsed = (datagram: Uint8Array): UdpView => {
  const udp = UdpView.parse(datagram);
  if (typeof udp === 'string') throw new Error(udp);
  return udp;
};

describe('a UDP header', () => {
  test.for([
    ['nothing in it', '', 'udp:truncated'],
    ['shorter than a header', '0035 c000 0008', 'udp:truncated'],
    ['length below the header', '0035 c000 0007 0000', 'udp:bad-length'],
    ['length past the buffer', '0035 c000 0009 0000', 'udp:bad-length'],
  ] as const)('is refused with %s', ([, datagram, reason]) => {
    expect(UdpView.parse(bytes(datagram))).toBe(reason);
  });

  test('has ports, length and payload, and leaves out what the buffer holds behind it', () => {
    const udp = parsed(bytes('0035 c000 000b 1234 616263 0000000000'));
    expect([udp.sourcePort, udp.destinationPort, udp.length, udp.checksum]).toEqual([53, 0xc000, 11, 0x1234]);
    expect(hex(udp.payload)).toBe('61 62 63');
  });

  // By hand: c000 0201 + c000 0202 + 0011 + 000b + c000 + 0035 + 000b + 6162 + 6300 = 3 08c1, folded 08c4, its complement f73b.
  test('is written as RFC 768 has it, checksum over the pseudo-header included (1122-U6)', () => {
    expect(hex(written(bytes('616263')))).toBe('c0 00 00 35 00 0b f7 3b 61 62 63');
  });

  test('carries a sum of zero as 0xffff, since zero means none (1122-U9)', () => {
    const payload = bytes('0000');
    // The payload that makes the sum come out as zero is the checksum of the datagram without it.
    put16(payload, 0, parsed(written(payload)).checksum);
    const udp = parsed(written(payload));
    expect(udp.checksum).toBe(0xffff);
    expect(udp.isIntact(source, destination)).toBe(true);
  });

  test('is accepted without a checksum (1122-U10)', () => {
    const datagram = written(bytes('616263'));
    put16(datagram, 6, 0);
    expect(parsed(datagram).isIntact(source, destination)).toBe(true);
  });

  test('takes the longest payload that IPv4 can carry', () => {
    const udp = parsed(written(new Uint8Array(UDP_MAX_PAYLOAD).fill(7)));
    expect(udp.length).toBe(65_515);
    expect(udp.isIntact(source, destination)).toBe(true);
  });

  test(`is intact as written, and no longer after any one bit has changed (SEED=${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (payload, where) => {
        const datagram = written(payload);
        expect(parsed(datagram).isIntact(source, destination)).toBe(true);
        expect(hex(parsed(datagram).payload)).toBe(hex(payload));
        const bit = where % (datagram.length * 8);
        datagram[bit >> 3] = (datagram[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        const udp = UdpView.parse(datagram);
        // A checksum that has become zero says "none": the one hole RFC 768 has.
        if (typeof udp !== 'string' && u16(datagram, 6) !== 0) expect(udp.isIntact(source, destination)).toBe(false);
      }),
      { seed },
    );
  });

  test('is not intact when it came from, or went to, another address', () => {
    const udp = parsed(written(bytes('616263')));
    expect(udp.isIntact(parseIp('192.0.2.9'), destination)).toBe(false);
    expect(udp.isIntact(source, parseIp('192.0.2.9'))).toBe(false);
  });

  test(`of random bytes never throws (SEED=${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const udp = UdpView.parse(noise);
        if (typeof udp === 'string') return;
        expect(udp.payload.length).toBe(udp.length - UDP_HEADER);
        udp.isIntact(source, destination);
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
