import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ip, type Mac, parseIp, parseMac } from '../../src/base/address.ts';
import { bytes, hex } from '../../src/base/bytes.ts';
import { ARP_LENGTH, ARP_OPERATION, ArpView } from '../../src/wire/arp.ts';

const seed = Number(process.env['SEED'] ?? 1);
const REQUEST = '0001 0800 06 04 0001 02005e100001 c0000201 000000000000 c0000202';

test('S86 a request tells who asks and for which address', () => {
  const arp = ArpView.parse(bytes(REQUEST));
  if (typeof arp === 'string') throw new Error(arp);
  expect(arp.operation).toBe(ARP_OPERATION.request);
  expect([arp.senderMac, arp.senderIp]).toEqual([parseMac('02:00:5e:10:00:01'), parseIp('192.0.2.1')]);
  expect([arp.targetMac, arp.targetIp]).toEqual([0, parseIp('192.0.2.2')]);
});

test('write makes the octets of RFC 826', () => {
  const packet = new Uint8Array(ARP_LENGTH).fill(0xee);
  const mac = parseMac('02:00:5e:10:00:01');
  ArpView.write(packet, ARP_OPERATION.request, mac, parseIp('192.0.2.1'), 0 as Mac, parseIp('192.0.2.2'));
  expect(hex(packet)).toBe(hex(bytes(REQUEST)));
});

test.for([
  ['nothing', '', 'arp:truncated'],
  ['a packet without its last octet', REQUEST.slice(0, -2), 'arp:truncated'],
  ['another hardware', REQUEST.replace('0001', '0006'), 'arp:not-ethernet'],
  ['another length of hardware address', REQUEST.replace('06 04', '08 04'), 'arp:not-ethernet'],
  ['another protocol', REQUEST.replace('0800', '86dd'), 'arp:not-ipv4'],
  ['another length of protocol address', REQUEST.replace('06 04', '06 10'), 'arp:not-ipv4'],
  ['an operation of RARP', REQUEST.replace('04 0001', '04 0003'), 'arp:bad-operation'],
] as const)('drops %s', ([, octets, reason]) => {
  expect(ArpView.parse(bytes(octets))).toBe(reason);
});

test('what is written is read, whatever the addresses', () => {
  const mac = fc.nat(0xffff_ffff_ffff);
  const ip = fc.nat(0xffff_ffff);
  fc.assert(
    fc.property(fc.constantFrom(1, 2), mac, ip, mac, ip, (operation, senderMac, senderIp, targetMac, targetIp) => {
      const packet = new Uint8Array(ARP_LENGTH);
      ArpView.write(packet, operation, senderMac as Mac, senderIp as Ip, targetMac as Mac, targetIp as Ip);
      const arp = ArpView.parse(packet);
      if (typeof arp === 'string') throw new Error(arp);
      expect([arp.operation, arp.senderMac, arp.senderIp, arp.targetMac, arp.targetIp]).toEqual([
        operation,
        senderMac,
        senderIp,
        targetMac,
        targetIp,
      ]);
    }),
    { seed },
  );
});
