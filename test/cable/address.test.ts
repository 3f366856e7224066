import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LanError } from '../../src/base/errors.ts';
import { parseCable } from '../../src/cable/address.ts';

const seed = Number(process.env['SEED'] ?? 1);

test.for([
  ['lan', { kind: 'lan' }],
  ['user', { kind: 'user' }],
  ['tap:tap0', { kind: 'tap', name: 'tap0' }],
  ['udp:7001:7002', { kind: 'udp', localPort: 7001, remoteHost: '127.0.0.1', remotePort: 7002 }],
  ['udp:0:127.0.0.1:7002', { kind: 'udp', localPort: 0, remoteHost: '127.0.0.1', remotePort: 7002 }],
  ['udp:7001:board.example:65535', { kind: 'udp', localPort: 7001, remoteHost: 'board.example', remotePort: 65535 }],
] as const)('%s names a cable', ([text, address]) => {
  expect(parseCable(text)).toEqual(address);
});

test.for([
  ['', "''"],
  ['wifi', "'wifi'"],
  ['LAN', "'LAN'"],
  ['lan:2', "'lan:2'"],
  ['tap', "''"],
  ['tap:', "''"],
  ['tap:a/b', "'a/b'"],
  ['tap:a:b', "'a:b'"],
  ['tap:..', "'..'"],
  ['tap:tap%d', "'tap%d'"],
  ['tap:sixteen-letters!', "'sixteen-letters!'"],
  ['udp', "''"],
  ['udp:7001', "''"],
  ['udp:7001:0', "'0'"],
  ['udp:65536:7002', "'65536'"],
  ['udp:x:127.0.0.1:7002', "'x'"],
  ['udp:7001::7002', "''"],
  ['udp:7001:[::1]:7002', "'[::1]'"],
  ['udp:7001:a b:7002', "'a b'"],
  ['udp:7001:host:7002:3', "'host:7002'"],
] as const)("'%s' is refused with BAD_CABLE, and the message names %s", ([text, name]) => {
  expect(() => parseCable(text)).toThrow(
    expect.objectContaining({ code: 'BAD_CABLE', message: expect.stringContaining(name) }),
  );
});

test(`any text gives a cable or BAD_CABLE (SEED=${seed})`, () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.oneof(fc.constantFrom('udp', 'tap', 'lan'), fc.string({ maxLength: 6 }), fc.nat(70_000).map(String)), {
        maxLength: 6,
      })
      .map((parts) => parts.join(':')),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        expect(['lan', 'tap', 'udp', 'user']).toContain(parseCable(input).kind);
      } catch (error) {
        expect(error).toBeInstanceOf(LanError);
        expect((error as LanError).code).toBe('BAD_CABLE');
      }
    }),
    { seed, numRuns: 1000 },
  );
});
