import fc from 'fast-check';
import { familyID } from 'uf2';
import { describe, expect, test } from 'vitest';
import { put32le } from '../../src/base/bytes.ts';
import { decodePicoUf2 } from '../../src/firmware/uf2.ts';
import { FLASH, fileOf, imageOf } from './uf2-file.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** The file of a good image with one word of one block changed. */
function withWord(block: number, at: number, value: number): Uint8Array {
  const file = fileOf(imageOf());
  put32le(file, block * 512 + at, value);
  return file;
}

/** The file of a good image with one word of it changed; boot2 is not sealed again. */
function withImageWord(at: number, value: number): Uint8Array {
  const image = imageOf();
  put32le(image, at, value);
  return fileOf(image);
}

describe('a UF2 file for the Pico', () => {
  test('gives its image, byte for byte', () => {
    const image = imageOf();
    expect(decodePicoUf2(fileOf(image))).toEqual({ address: FLASH, bytes: image });
  });

  test('may lie anywhere in memory: a view is decoded as what it shows', () => {
    const file = fileOf(imageOf());
    const around = new Uint8Array(file.length + 24).fill(0xee);
    around.set(file, 12);
    expect(decodePicoUf2(around.subarray(12, 12 + file.length))).toEqual(decodePicoUf2(file));
  });

  const good = (): Uint8Array => fileOf(imageOf());
  test.for([
    ['nothing in it', () => new Uint8Array(0), 'it has 0 bytes, not whole UF2 blocks of 512'],
    ['half a block', () => good().subarray(0, 700), 'it has 700 bytes, not whole UF2 blocks of 512'],
    ['a wrong first magic', () => withWord(0, 0, 1), 'its block 0 is no UF2 block'],
    ['a wrong second magic', () => withWord(3, 4, 1), 'its block 3 is no UF2 block'],
    ['a wrong last magic', () => withWord(31, 508, 1), 'its block 31 is no UF2 block'],
    ['a payload larger than a block', () => withWord(2, 16, 477), 'its block 2 is no UF2 block'],
    ['a payload larger than a page', () => withWord(2, 16, 476), 'its block 2 has 476 bytes, where the ROM takes 256'],
    [
      'smaller payloads',
      () => fileOf(imageOf(), { payload: 128 }),
      'its block 0 has 128 bytes, where the ROM takes 256',
    ],
    [
      'a block that is not for the flash',
      () => withWord(1, 8, 0x2001),
      'its block 1 is not for the flash (flags 0x2001)',
    ],
    ['a file within a file', () => withWord(1, 8, 0x3000), 'its block 1 is not for the flash (flags 0x3000)'],
    ['no family', () => fileOf(imageOf(), { flags: 0 }), 'its block 0 does not say which chip it is for'],
    [
      'another family',
      () => fileOf(imageOf(), { family: familyID('Nordic NRF52840') ?? 0 }),
      'it is for Nordic NRF52840, not for the RP2040',
    ],
    [
      'a family that nobody knows',
      () => withWord(5, 28, 0x1234),
      'it is for an unknown chip (family 0x00001234), not for the RP2040',
    ],
    [
      'a block between two pages',
      () => withWord(0, 12, FLASH + 4),
      'its block 0 is for 0x10000004, which is no page of 256',
    ],
    ['a block missing at the end', () => good().subarray(0, -512), 'it has 31 blocks and says 32'],
    ['a block that counts others', () => withWord(4, 24, 33), 'it has 32 blocks and says 33'],
    ['a number twice', () => withWord(4, 20, 3), 'its block 4 has the number 3'],
    ['a hole', () => withWord(31, 12, FLASH + 0x3000), 'it has a hole: block 31 is for 0x10003000, not 0x10001f00'],
    [
      'a start within a sector',
      () => fileOf(imageOf(), { address: FLASH + 0x100 }),
      'it begins at 0x10000100, within a sector of 4 KiB (erratum E14)',
    ],
    [
      'half a sector',
      () => fileOf(imageOf().subarray(0, 4_096 + 2_048)),
      'its 6144 bytes do not fill sectors of 4 KiB (erratum E14)',
    ],
    [
      'a place in the RAM',
      () => fileOf(imageOf(), { address: 0x2000_0000 }),
      "it goes from 0x20000000 to 0x20001fff, outside of the Pico's flash",
    ],
    [
      'an end behind the flash',
      () => fileOf(imageOf(), { address: 0x101f_f000 }),
      "it goes from 0x101ff000 to 0x10200fff, outside of the Pico's flash",
    ],
    [
      'a start behind boot2',
      () => fileOf(imageOf(), { address: FLASH + 0x1000 }),
      "it begins at 0x10001000: at the flash's start there would be no boot2",
    ],
    [
      'a boot2 that is not sealed',
      () => withImageWord(100, 0x1234_5678),
      'the checksum of its boot2 is wrong: the ROM would not start it',
    ],
    [
      'a stack outside of the RAM',
      () => withImageWord(256, 0x2004_2004),
      'its stack would begin at 0x20042004, outside of the RAM',
    ],
    [
      'an even reset handler',
      () => withImageWord(260, FLASH + 0x1c0),
      'its reset handler would be at 0x100001c0, outside of the image',
    ],
    [
      'a reset handler behind the image',
      () => withImageWord(260, FLASH + 0x2001),
      'its reset handler would be at 0x10002001, outside of the image',
    ],
  ] as const)('is refused with %s', ([, file, sentence]) => {
    expect(decodePicoUf2(file())).toBe(sentence);
  });

  test('is an image or a sentence, whatever a file holds, and never an exception', () => {
    const file = fileOf(imageOf(1));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_100 }), (bytes) => {
        expect(decodePicoUf2(bytes)).toBeTypeOf('string');
      }),
      { seed },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length / 4 - 1), fc.integer()), { minLength: 1, maxLength: 4 }),
        fc.nat(file.length),
        (words, length) => {
          const broken = file.slice();
          for (const [at, value] of words) put32le(broken, at * 4, value);
          const cut = broken.subarray(0, length % 3 === 0 ? length : broken.length);
          const found = decodePicoUf2(cut);
          if (typeof found === 'string') expect(found).toMatch(/^(?:it|its|the checksum of its) [\x20-\x7e]+$/);
          else expect(found.bytes.length).toBe(4_096);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
