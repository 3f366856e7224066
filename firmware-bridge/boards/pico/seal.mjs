// node seal.mjs IN OUT: an image of the flash becomes a UF2 file, with the checksum that the RP2040's ROM wants of the second boot stage (data sheet 2.8.1.3.1).
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import uf2 from 'uf2';

const FLASH = 0x1000_0000;
const FAMILY_RP2040 = 0xe48b_ff56;
const BOOT2 = 252;
const SECTOR = 4096; // erratum E14: the ROM may leave a sector that is not written whole unerased
const PAYLOAD = 256; // the only one that the ROM takes

/** CRC-32/MPEG-2: 0x04c11db7, start 0xffffffff, not reflected, no final xor. */
function crc32(bytes) {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  }
  return crc >>> 0;
}

const [, , from, to] = argv;
const image = readFileSync(from);
const flash = Buffer.alloc(Math.ceil(image.length / SECTOR) * SECTOR);
image.copy(flash);
flash.writeUInt32LE(crc32(flash.subarray(0, BOOT2)), BOOT2);

const totalBlocks = flash.length / PAYLOAD;
const blocks = Array.from({ length: totalBlocks }, (_, blockNumber) =>
  uf2.encodeBlock({
    flags: uf2.UF2Flags.familyIDPresent,
    flashAddress: FLASH + blockNumber * PAYLOAD,
    payload: flash.subarray(blockNumber * PAYLOAD, (blockNumber + 1) * PAYLOAD),
    blockNumber,
    totalBlocks,
    boardFamily: FAMILY_RP2040,
  }),
);
writeFileSync(to, Buffer.concat(blocks));
