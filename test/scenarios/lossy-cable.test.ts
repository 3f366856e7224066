/** The whole path over a bad cable, in virtual time: socket to bit and back. */
import { expect, test } from 'vitest';
import { milliseconds } from '../../src/base/time.ts';
import { converse, twoHosts } from './two-hosts.ts';

const first = Number(process.env['SEED'] ?? 1);
const seeds = process.env['SOAK'] === '1' ? 50 : 5;
const TEN_MEGABYTES = 10_000_000;
const BAD = { loss: 0.1, duplication: 0.05, reordering: 0.05, reorderDelay: milliseconds(1), bitErrors: 1e-6 };

for (let seed = first; seed < first + seeds; seed++) {
  test(`10 MB both ways arrive intact over 10 % loss, 5 % duplication, reordering and bit errors (S51, S52; SEED=${seed})`, () => {
    const hosts = twoHosts(seed, BAD);
    expect(converse(hosts, TEN_MEGABYTES).run()).toEqual([]);
    for (const { counters } of hosts.plugs) {
      expect(counters.lost / counters.frames).toBeCloseTo(0.1, 1);
      expect(Math.min(counters.duplicated, counters.reordered, counters.damaged)).toBeGreaterThan(0);
    }
  });
}

test('without impairments 10 MB both ways use at least nine tenths of a 100 Mb/s cable', () => {
  const hosts = twoHosts(first);
  expect(converse(hosts, TEN_MEGABYTES).run()).toEqual([]);
  // 1460 of 1538 octet times carry data, and each way also carries the other's acknowledgements.
  expect((8 * TEN_MEGABYTES) / hosts.world.now).toBeGreaterThan(90 * 0.9);
  expect(hosts.plugs.map(({ counters }) => counters.lost)).toEqual([0, 0]);
});
