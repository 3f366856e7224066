import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../src/base/time.ts';
import { frame, MAC_A, MAC_B, TwoComputers } from './bench.ts';

describe('a frame from driver to driver', () => {
  test('arrives as it was sent, whatever its length', () => {
    const lan = new TwoComputers();
    lan.run(milliseconds(1));
    expect([lan.a.driver.isUp, lan.b.driver.isUp]).toEqual([true, true]);
    for (const payload of [46, 47, 500, 1499, 1500]) {
      const sent = frame(MAC_B, MAC_A, payload, payload);
      expect(lan.a.send(sent)).toBe(true);
      lan.run(milliseconds(1));
      expect(lan.b.received.pop()).toEqual(sent);
    }
  });
});
