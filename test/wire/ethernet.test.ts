import { expect, test } from 'vitest';
import { parseMac } from '../../src/base/address.ts';
import { bytes, hex } from '../../src/base/bytes.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';

const FRAME = '02005e100001 02005e100002 0800 4500 0014';

test('S83 S84 S85 S90 S91 S92 a MAC header names destination, source and what follows it', () => {
  const frame = EthernetView.parse(bytes(FRAME));
  if (typeof frame === 'string') throw new Error(frame);
  expect(frame.destination).toBe(parseMac('02:00:5e:10:00:01'));
  expect(frame.source).toBe(parseMac('02:00:5e:10:00:02'));
  expect(frame.type).toBe(ETHER_TYPE.ipv4);
  expect(hex(frame.payload)).toBe('45 00 00 14');
});

test('write is the other way round, and touches the header only', () => {
  const frame = bytes('ffff ffff ffff ffff ffff ffff ffff 4500 0014');
  EthernetView.write(frame, parseMac('02:00:5e:10:00:01'), parseMac('02:00:5e:10:00:02'), ETHER_TYPE.ipv4);
  expect(hex(frame)).toBe(hex(bytes(FRAME)));
});

test.for([
  ['nothing', '', 'ethernet:truncated'],
  ['a header without its last octet', '02005e100001 02005e100002 08', 'ethernet:truncated'],
] as const)('drops %s', ([, octets, reason]) => {
  expect(EthernetView.parse(bytes(octets))).toBe(reason);
});

test('a frame that is a header only has an empty payload', () => {
  const frame = EthernetView.parse(bytes('02005e100001 02005e100002 0800'));
  expect(typeof frame === 'string' ? frame : frame.payload.length).toBe(0);
});
