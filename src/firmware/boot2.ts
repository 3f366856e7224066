/** The second stage of the RP2040's boot, as its ROM takes it from the flash (data sheet 2.8.1.3.1). */
import { u32le } from '../base/bytes.ts';

/** The first bytes of the flash: the program and, in the last four, its check sequence. */
export const BOOT2_SIZE = 256;
const SUM_AT = BOOT2_SIZE - 4;

/** CRC-32/MPEG-2: the polynomial of IEEE 802.3 clause 3.2.9, but the highest bit first, and no final exclusive or. */
export function crc32Mpeg2(bytes: Uint8Array): number {
  let c = 0xffff_ffff;
  for (const byte of bytes) {
    c ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c1_1db7 : c << 1;
  }
  return c >>> 0;
}

/** Whether the ROM would start it: 256 bytes, of which the last four are the check sequence, lowest byte first. */
export function boot2IsSealed(first256: Uint8Array): boolean {
  return first256.length >= BOOT2_SIZE && u32le(first256, SUM_AT) === crc32Mpeg2(first256.subarray(0, SUM_AT));
}
