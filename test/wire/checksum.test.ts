import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/base/address.ts';
import { bytes, put16, u16 } from '../../src/base/bytes.ts';
import { adjust, checksumOf, fold, pseudoHeaderSum, sum } from '../../src/wire/checksum.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** RFC 1071 section 1, word for word: the slow and sure way. */
function reference(data: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < data.length; i += 2) {
    total += ((data[i] ?? 0) << 8) | (data[i + 1] ?? 0);
    if (total > 0xffff) total = (total & 0xffff) + 1;
  }
  return total;
}

describe('the Internet checksum', () => {
  test.for([
    ['RFC 1071 section 3', '0001 f203 f4f5 f6f7', 0xddf2],
    ['nothing', '', 0],
    ['one octet, padded with zero', 'ab', 0xab00],
    ['all ones', 'ffff ffff ffff', 0xffff],
    ['an end-around carry out of the carry', 'ffff 0001', 0x0001],
  ] as const)('folds the words of %s', ([, hex, folded]) => {
    expect(fold(sum(bytes(hex)))).toBe(folded);
    expect(checksumOf(sum(bytes(hex)))).toBe(~folded & 0xffff);
  });

  test('is 0xb861 for the IPv4 header of the well-known example', () => {
    expect(checksumOf(sum(bytes('4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7')))).toBe(0xb861);
  });

  test('says the same as RFC 1071 for any bytes at any place of any buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(7), (data, offset) => {
        const buffer = new Uint8Array(offset + data.length + 3).fill(0xa5);
        buffer.set(data, offset);
        const view = buffer.subarray(offset, offset + data.length);
        expect(fold(sum(view))).toBe(reference(data));
        expect(fold(sum(buffer, offset, offset + data.length))).toBe(reference(data));
      }),
      { seed },
    );
  });

  test('may be taken in parts of even length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 400 }), fc.nat(), (data, where) => {
        const middle = (where % data.length) & ~1;
        expect(fold(sum(data, middle, data.length, sum(data, 0, middle)))).toBe(fold(sum(data)));
      }),
      { seed },
    );
  });

  test('holds for the longest datagram, all ones', () => {
    expect(fold(sum(new Uint8Array(65_535).fill(0xff)))).toBe(reference(new Uint8Array(65_535).fill(0xff)));
  });

  test('counts the pseudo-header like the twelve octets it stands for', () => {
    const twelve = bytes('c0000201 cb007105 00 06 05b4');
    expect(fold(pseudoHeaderSum(parseIp('192.0.2.1'), parseIp('203.0.113.5'), 6, 0x05b4))).toBe(fold(sum(twelve)));
  });

  test('changes by one word as RFC 1624 equation 3 says', () => {
    // RFC 1624 section 4's own example: 0xdd2f, 0x5555 becomes 0x3285, and the checksum 0x0000, not 0xffff.
    expect(adjust(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat(8), fc.nat(0xffff), (data, word, now) => {
        const even = data.slice(0, data.length & ~1);
        put16(even, 18, 0x4001); // never all zero: then the two zeros of ones' complement cannot be told apart
        const before = u16(even, word * 2);
        const old = checksumOf(sum(even));
        put16(even, word * 2, now);
        expect(adjust(old, before, now)).toBe(checksumOf(sum(even)));
      }),
      { seed },
    );
  });
});
