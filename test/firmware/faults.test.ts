/** Every operation exactly once and in order, whatever the line does. hw/LINK.md, against the C core with sanitizers and in QEMU. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { faultyDuplex } from '../contract/faulty-pipe.ts';
import { describeWith, type Need } from '../tools.ts';
import { Emulated, seed } from './emulated.ts';

/**
 * Posts `count` operations: writes of SCRATCH, TX_GOs that are refused (TX_ERRORS counts each, so that none can happen twice), and reads of both, whose
 * answers are compared with what must have happened by then. `between` is called now and then.
 */
async function operate(b: Emulated, count: number, random: Random, between: (done: number) => void): Promise<void> {
  let scratch = 0;
  let refused = await b.read(R.TX_ERRORS.address);
  let unanswered = 0;
  let wrong = 0;
  const expectValue = (address: number, value: number): void => {
    unanswered++;
    b.bus.read(address, (answer) => {
      unanswered--;
      if (answer !== value) wrong++;
    });
  };
  b.bus.write(R.SCRATCH.address, scratch);
  for (let done = 0; done < count; done++) {
    const dice = random.below(8);
    if (dice < 4) {
      scratch = random.u32();
      b.bus.write(R.SCRATCH.address, scratch);
    } else if (dice < 6) {
      b.bus.write(R.TX_GO.address, 0);
      refused++;
    } else if (dice === 6) expectValue(R.SCRATCH.address, scratch);
    else expectValue(R.TX_ERRORS.address, refused);
    if (unanswered >= 60 || b.bus.room < 64) await b.until(() => unanswered < 30 && b.bus.room >= 1_024, 30);
    if (done % 1_000 === 0) between(done);
  }
  await b.until(() => unanswered === 0, 30);
  expect(wrong).toBe(0);
  expect(await b.read(R.SCRATCH.address)).toBe(scratch);
  expect(await b.read(R.TX_ERRORS.address)).toBe(refused);
}

const boards: readonly { name: 'posix' | 'lm3s6965evb'; needs: readonly Need[]; operations: number }[] = [
  { name: 'posix', needs: ['cc', 'make'], operations: 100_000 },
  { name: 'lm3s6965evb', needs: ['qemu-system-arm'], operations: 10_000 },
];

for (const { name, needs, operations } of boards) {
  describeWith(needs, `the firmware's link on ${name}`, () => {
    test(`does ${operations} operations exactly once with a fault in 1,000 bytes, and repeats at most two cells for each (SEED=${seed})`, async () => {
      const random = new Random(seed);
      const each = 1 / 3_000;
      const b = await Emulated.start({
        board: name,
        through: (line) => faultyDuplex(line, random, { flip: each, delete: each, insert: each }),
      });
      try {
        await operate(b, operations, random, () => {});
        const faults = (b.line as ReturnType<typeof faultyDuplex>).faults.count;
        const resent = b.bus.counters.resent + (await b.read(R.LINK_RESENT.address));
        expect(faults).toBeGreaterThan(operations / 1_000);
        expect(await b.read(R.LINK_BAD_CELLS.address)).toBeGreaterThan(0);
        expect(resent).toBeGreaterThan(0);
        expect(resent / faults).toBeLessThanOrEqual(2);
        expect(b.sessions).toBe(1);
      } finally {
        await b.stop();
      }
    }, 120_000);

    test(`answers every read of one session with 128 KB of random bytes between them (SEED=${seed})`, async () => {
      const random = new Random(seed);
      const b = await Emulated.start({ board: name });
      try {
        for (let n = 1; n <= 32; n++) {
          b.line?.write(random.fill(new Uint8Array(4_096)));
          b.bus.write(R.SCRATCH.address, n);
          expect(await b.read(R.SCRATCH.address)).toBe(n);
        }
        expect(await b.read(R.LINK_BAD_CELLS.address)).toBeGreaterThan(31);
        expect(b.sessions).toBe(1);
      } finally {
        await b.stop();
      }
    }, 60_000);

    test(`goes on where it was after the line has been cut in mid-transfer (SEED=${seed})`, async () => {
      const b = await Emulated.start({ board: name });
      try {
        let cuts = 0;
        const every = operations / 5;
        await operate(b, operations / 2, new Random(seed), (done) => {
          if (done % every !== 0 || done === 0) return;
          cuts++;
          b.line?.destroy();
        });
        expect(cuts).toBe(2);
        expect(b.sessions).toBe(1);
      } finally {
        await b.stop();
      }
    }, 60_000);
  });
}
