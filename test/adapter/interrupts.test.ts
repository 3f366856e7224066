import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Interrupts } from '../../src/adapter/interrupts.ts';
import { RegisterFile } from '../../src/adapter/register-file.ts';
import { CARD_REGISTERS } from '../../src/adapter/registers.ts';
import { START } from '../../src/base/time.ts';

const seed = Number(process.env['SEED'] ?? 1);

describe('S116: the interrupt line', () => {
  test(`is up exactly while a cause is pending and enabled, and says so once for each change (SEED=${seed})`, () => {
    const step = fc.record({ action: fc.constantFrom('raise', 'acknowledge', 'enable'), causes: fc.nat(0x7f) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const file = new RegisterFile();
        const interrupts = new Interrupts(file, { now: START, trace: undefined });
        let level = false;
        interrupts.onLine = (to) => {
          expect(to).toBe(!level);
          level = to;
        };
        let status = 0;
        let enable = 0;
        for (const { action, causes } of steps) {
          interrupts[action as 'raise'](causes);
          if (action === 'raise') status |= causes;
          else if (action === 'acknowledge') status &= ~causes;
          else enable = causes;
          expect(level).toBe((status & enable) !== 0);
          expect(file.get(CARD_REGISTERS.IRQ_STATUS)).toBe(status);
        }
      }),
      { seed, numRuns: 200 },
    );
  });
});
