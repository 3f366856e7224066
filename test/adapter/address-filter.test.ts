import { describe, expect, test } from 'vitest';
import { AddressFilter, multicastHash, REFUSED } from '../../src/adapter/address-filter.ts';
import { RX_ENTRY_FLAGS } from '../../src/adapter/registers.ts';
import { parseMac } from '../../src/base/address.ts';
import { put48 } from '../../src/base/bytes.ts';

const OWN = parseMac('02:00:00:00:00:01');
const frameTo = (mac: string): Uint8Array => {
  const frame = new Uint8Array(68);
  put48(frame, 8, parseMac(mac));
  return frame;
};
const ALL_HOSTS = '01:00:5e:00:00:01';

describe('the address filter', () => {
  test.for([
    ['its own address', {}, '02:00:00:00:00:01', 0],
    ['another station', {}, '02:00:00:00:00:02', REFUSED],
    ['an address that differs in the first octet only', {}, '06:00:00:00:00:01', REFUSED],
    ['another station', { promiscuous: true }, '02:00:00:00:00:02', RX_ENTRY_FLAGS.promiscuous],
    ['its own address', { promiscuous: true }, '02:00:00:00:00:01', 0],
    ['the broadcast address', {}, 'ff:ff:ff:ff:ff:ff', RX_ENTRY_FLAGS.broadcast],
    ['a group nobody joined', {}, ALL_HOSTS, REFUSED],
    ['a group', { allMulticast: true }, ALL_HOSTS, RX_ENTRY_FLAGS.multicast],
    ['a group', { promiscuous: true }, ALL_HOSTS, RX_ENTRY_FLAGS.multicast | RX_ENTRY_FLAGS.promiscuous],
    ['a group in the hash filter', { hashLow: 1 << 9 }, ALL_HOSTS, RX_ENTRY_FLAGS.multicast],
    ['a group whose bit is in the other word', { hashHigh: 1 << 9 }, ALL_HOSTS, REFUSED],
    ['a group beyond bit 31', { hashHigh: 1 << 8 }, '33:33:00:00:00:01', RX_ENTRY_FLAGS.multicast],
  ] as const)('for %s, set to %o, says of %s: %i', ([, settings, to, verdict]) => {
    const filter = new AddressFilter();
    filter.station = OWN;
    Object.assign(filter, settings);
    expect(filter.classify(frameTo(to), 8)).toBe(verdict);
  });

  // Top six bits of zlib's crc32.
  test.for([
    ['01:00:5e:00:00:01', 0x09],
    ['01:00:5e:00:00:fb', 0x1e],
    ['33:33:00:00:00:01', 0x28],
    ['01:80:c2:00:00:00', 0x05],
  ] as const)('hashes %s to bit %i', ([group, bit]) => {
    expect(multicastHash(parseMac(group))).toBe(bit);
  });
});
