import { expect, test } from 'vitest';
import { put32le } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { BOOT2_SIZE, boot2IsSealed, crc32Mpeg2 } from '../../src/firmware/boot2.ts';

const seed = Number(process.env['SEED'] ?? 1);

function sealed(): Uint8Array {
  const boot2 = new Random(seed).fill(new Uint8Array(BOOT2_SIZE));
  put32le(boot2, 252, crc32Mpeg2(boot2.subarray(0, 252)));
  return boot2;
}

test('the check value of CRC-32/MPEG-2 is 0376e6e7', () => {
  expect(crc32Mpeg2(new TextEncoder().encode('123456789'))).toBe(0x0376_e6e7);
});

test(`a sealed boot2 is taken, and no longer after any one of its 2048 bits has changed (SEED=${seed})`, () => {
  const boot2 = sealed();
  expect(boot2IsSealed(boot2)).toBe(true);
  for (let bit = 0; bit < 8 * BOOT2_SIZE; bit++) {
    const changed = boot2.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(boot2IsSealed(changed), `bit ${bit}`).toBe(false);
  }
});

test('what the ROM finds in an erased or too small flash is no boot2', () => {
  expect(boot2IsSealed(new Uint8Array(BOOT2_SIZE).fill(0xff))).toBe(false);
  expect(boot2IsSealed(sealed().subarray(0, 255))).toBe(false);
});

test('more than the first 256 bytes may be handed over', () => {
  const flash = new Uint8Array(4096).fill(0xff);
  flash.set(sealed());
  expect(boot2IsSealed(flash)).toBe(true);
});
