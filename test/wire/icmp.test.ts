import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, hex } from '../../src/base/bytes.ts';
import { ICMP_HEADER, ICMP_TYPE, IcmpView, isIcmpError } from '../../src/wire/icmp.ts';

const seed = Number(process.env['SEED'] ?? 1);
const ECHO = '0800 4d32 0001 0019 6162 6364 65';

test('an echo request has identifier, sequence and data', () => {
  const echo = IcmpView.parse(sealed(8, 0, 1, 0x19, bytes('6162 6364 65')));
  if (typeof echo === 'string') throw new Error(echo);
  expect([echo.type, echo.code, echo.identifier, echo.sequence]).toEqual([ICMP_TYPE.echoRequest, 0, 1, 0x19]);
  expect(hex(echo.body)).toBe('61 62 63 64 65');
});

test('the checksum of a message known from elsewhere is found', () => {
  // "abcde" with identifier 1 and sequence 0x19: 0x0800+0x0001+0x0019+0x6162+0x6364+0x6500 = 0x131e0, folded 0x31e1, complement 0xce1e.
  const echo = sealed(8, 0, 1, 0x19, bytes('6162 6364 65'));
  expect(hex(echo)).toBe(hex(bytes(ECHO.replace('4d32', 'ce1e'))));
});

test.for([
  ['nothing', '', 'icmp:truncated'],
  ['seven octets', '0800 ce1e 0001 00', 'icmp:truncated'],
  ['a wrong checksum', ECHO, 'icmp:bad-checksum'],
] as const)('drops %s', ([, octets, reason]) => {
  expect(IcmpView.parse(bytes(octets))).toBe(reason);
});

test('five types are errors, and echoes, timestamps, masks and unknown ones are not', () => {
  const errors = Array.from({ length: 256 }, (_, type) => type).filter((type) => isIcmpError(type));
  expect(errors).toEqual([3, 4, 5, 11, 12]);
});

test('what is sealed is read, over old octets, at any length', () => {
  const u16 = fc.nat(0xffff);
  fc.assert(
    fc.property(fc.nat(255), fc.nat(255), u16, u16, fc.uint8Array({ maxLength: 300 }), (type, code, id, seq, body) => {
      const message = IcmpView.parse(sealed(type, code, id, seq, body));
      if (typeof message === 'string') throw new Error(message);
      expect([message.type, message.code, message.identifier, message.sequence]).toEqual([type, code, id, seq]);
      expect(message.mtu).toBe(seq);
      expect(hex(message.body)).toBe(hex(body));
    }),
    { seed },
  );
});

function sealed(type: number, code: number, identifier: number, sequence: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(ICMP_HEADER + body.length).fill(0xee);
  message.set(body, ICMP_HEADER);
  IcmpView.seal(message, type, code, identifier, sequence);
  return message;
}
