/** UF2 files for tests: a good one for the Pico, and one thing about it changed. */
import { encodeBlock, UF2Flags } from 'uf2';
import { put32le } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { crc32Mpeg2 } from '../../src/firmware/boot2.ts';
import { PICO_FLASH, RP2040_FAMILY } from '../../src/firmware/uf2.ts';

export const FLASH = PICO_FLASH.start;

/** A flash image that the ROM would start: sealed boot2, vector table, anything else. */
export function imageOf(sectors = 2): Uint8Array {
  const image = new Random(Number(process.env['SEED'] ?? 1)).fill(new Uint8Array(sectors * 4_096));
  put32le(image, 252, crc32Mpeg2(image.subarray(0, 252)));
  put32le(image, 256, 0x2004_2000);
  put32le(image, 260, FLASH + 0x1c1);
  return image;
}

export interface Build {
  readonly address?: number;
  readonly flags?: number;
  readonly family?: number;
  /** Bytes in each block. */
  readonly payload?: number;
}

export function fileOf(image: Uint8Array, build: Build = {}): Uint8Array {
  const { address = FLASH, flags = UF2Flags.familyIDPresent, family = RP2040_FAMILY, payload = 256 } = build;
  const totalBlocks = image.length / 256;
  const file = new Uint8Array(totalBlocks * 512);
  for (let blockNumber = 0; blockNumber < totalBlocks; blockNumber++) {
    const at = blockNumber * 256;
    const bytes = image.subarray(at, at + payload);
    const block = { flags, flashAddress: address + at, payload: bytes, blockNumber, totalBlocks, boardFamily: family };
    encodeBlock(block, file, blockNumber * 512);
  }
  return file;
}
