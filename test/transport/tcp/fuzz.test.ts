/** Nothing from the wire throws, leaks or stops the clock, in any state. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../src/base/time.ts';
import { build, checksummed, PEER_PORT, PORT, Script, STATES, sackOption } from './script.ts';
import { CLIENT_IP, SERVER_IP } from './world.ts';

const seed = Number(process.env['SEED'] ?? 1);
const FLAGS = ['', 'A', 'S', 'SA', 'F', 'FA', 'R', 'RA', 'PA', 'FPA', 'SF', 'SR', 'UA', 'FSRPAU'];
// Around what the connection holds, where the branches are, and anywhere.
const offset = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -70_000, max: 70_000 }), fc.integer());
const segment = fc.record({
  flags: fc.constantFrom(...FLAGS),
  seq: offset,
  ack: offset,
  window: fc.constantFrom(0, 1, 500, 65_535),
  length: fc.constantFrom(0, 1, 100, 1_460),
  sack: fc.option(fc.tuple(offset, offset)),
  wait: fc.constantFrom(0, 0, 1, 50, 3_000),
  call: fc.constantFrom('none', 'none', 'write', 'read', 'shutdown', 'close', 'abort'),
});

test.for(Object.keys(STATES) as (keyof typeof STATES)[])(
  `random segments into %s never throw (SEED=${seed})`,
  (state) => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 25 }), (segments) => {
        const t = STATES[state]();
        const { connection } = t;
        for (const { seq, ack, sack, wait, call, ...fields } of segments) {
          const { send, receive } = connection.snapshot();
          if (call === 'write') connection.write(new Uint8Array(3_000));
          if (call === 'read') connection.read(new Uint8Array(2_000));
          if (call === 'shutdown' || call === 'close' || call === 'abort') connection[call]();
          const options = sack === null ? {} : { options: sackOption([send.una + sack[0], send.una + sack[1]]) };
          t.inject({ ...fields, ...options, seq: receive.nxt + seq, ack: send.nxt + ack });
          t.after(milliseconds(wait));
          const after = connection.snapshot();
          expect(after.send.outstanding).toBeGreaterThanOrEqual(0);
          expect(after.send.congestionWindow).toBeGreaterThan(0);
          expect(connection.readable).toBeLessThanOrEqual(262_144);
        }
        connection.abort();
        t.poll();
        expect(connection.state).toBe('CLOSED');
        expect([...t.tcp.connections()]).not.toContain(connection);
      }),
      { seed, numRuns: 150 },
    );
  },
);

test(`random octets, with a good checksum or not, never throw (SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 90 }), fc.boolean(), (octets, good) => {
      const t = new Script();
      t.tcp.listen({ ip: SERVER_IP, port: PORT });
      if (octets.length >= 20 && good) checksummed(octets);
      t.injectBytes(octets).after(seconds(1));
      t.tcp.onError({ kind: 'port-unreachable' }, SERVER_IP, CLIENT_IP, octets, t.now);
    }),
    { seed, numRuns: 500 },
  );
});

test('MUST-3: a segment with any one bit flipped is dropped without an answer', () => {
  const t = new Script();
  t.tcp.listen({ ip: SERVER_IP, port: PORT });
  const good = build({ flags: 'S', seq: 1_000, length: 3 }, PEER_PORT, PORT);
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >>> 3] = (bad[bit >>> 3] as number) ^ (1 << (bit & 7));
    t.injectBytes(bad).expectSilence();
  }
  expect([...t.tcp.connections()]).toEqual([]);
  t.injectBytes(good).expect({ flags: 'SA' });
});
