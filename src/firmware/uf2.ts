/** UF2 files (github.com/microsoft/uf2) for the RP2040: what its ROM would take, write and start (data sheet 2.8.4.2). */
import { decodeBlock, familyMap, type UF2BlockData, UF2DecodeError, UF2Flags } from 'uf2';
import { hex32, u32le } from '../base/bytes.ts';
import { BOOT2_SIZE, boot2IsSealed } from './boot2.ts';

const BLOCK = 512;
/** What the ROM takes of each block, and where it may go: one page of the flash. */
const PAGE = 256;
/** The flash is erased by sectors. */
const SECTOR = 4_096;
export const RP2040_FAMILY = 0xe48b_ff56;
/** Data sheet 2.6.3, and the Pico's W25Q16JV: 2 MiB. */
export const PICO_FLASH = { start: 0x1000_0000, end: 0x1020_0000 } as const;
/** SRAM0–5 (data sheet 2.6.2). */
const RAM = { start: 0x2000_0000, end: 0x2004_2000 } as const;

/** What lies in the flash once the ROM has written a file. */
export interface FlashImage {
  /** Of the first byte: 0x1000_0000 for the start of the flash. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The image within a UF2 file, or a sentence that says why the ROM, or the Pico, would not take it. */
export function decodePicoUf2(file: Uint8Array): FlashImage | string {
  if (file.length === 0 || file.length % BLOCK !== 0) return `it has ${file.length} bytes, not whole UF2 blocks of 512`;
  const blocks: UF2BlockData[] = [];
  for (let at = 0; at < file.length; at += BLOCK) {
    const block = readBlock(file.subarray(at, at + BLOCK), blocks.length);
    if (typeof block === 'string') return block;
    blocks.push(block);
  }
  const image = join(blocks);
  return typeof image === 'string' ? image : (faultOfImage(image) ?? image);
}

function readBlock(bytes: Uint8Array, number: number): UF2BlockData | string {
  let block: UF2BlockData;
  try {
    block = decodeBlock(bytes);
  } catch (error) {
    if (!(error instanceof UF2DecodeError)) throw error;
    return `its block ${number} is no UF2 block`;
  }
  const { flags, boardFamily, payload, flashAddress } = block;
  if ((flags & (UF2Flags.notMainFlash | UF2Flags.fileContainer)) !== 0)
    return `its block ${number} is not for the flash (flags 0x${flags.toString(16)})`;
  if ((flags & UF2Flags.familyIDPresent) === 0) return `its block ${number} does not say which chip it is for`;
  if (boardFamily !== RP2040_FAMILY) return `it is for ${nameOf(boardFamily)}, not for the RP2040`;
  if (payload.length !== PAGE) return `its block ${number} has ${payload.length} bytes, where the ROM takes 256`;
  if (flashAddress % PAGE !== 0) return `its block ${number} is for ${hex32(flashAddress)}, which is no page of 256`;
  return block;
}

/** One piece without holes, in the order of the numbers. */
function join(blocks: readonly UF2BlockData[]): FlashImage | string {
  const start = blocks[0]?.flashAddress ?? 0;
  const bytes = new Uint8Array(blocks.length * PAGE);
  for (const [i, { blockNumber, totalBlocks, flashAddress, payload }] of blocks.entries()) {
    if (totalBlocks !== blocks.length) return `it has ${blocks.length} blocks and says ${totalBlocks}`;
    if (blockNumber !== i) return `its block ${i} has the number ${blockNumber}`;
    if (flashAddress !== start + i * PAGE)
      return `it has a hole: block ${i} is for ${hex32(flashAddress)}, not ${hex32(start + i * PAGE)}`;
    bytes.set(payload, i * PAGE);
  }
  return { address: start, bytes };
}

function faultOfImage({ address: start, bytes }: FlashImage): string | undefined {
  // Erratum RP2040-E14: which sectors are erased follows from the blocks' numbers, as if the first one began a sector and the last one ended one.
  if (start % SECTOR !== 0) return `it begins at ${hex32(start)}, within a sector of 4 KiB (erratum E14)`;
  if (bytes.length % SECTOR !== 0) return `its ${bytes.length} bytes do not fill sectors of 4 KiB (erratum E14)`;
  if (start < PICO_FLASH.start || start + bytes.length > PICO_FLASH.end)
    return `it goes from ${hex32(start)} to ${hex32(start + bytes.length - 1)}, outside of the Pico's flash`;
  if (start !== PICO_FLASH.start) return `it begins at ${hex32(start)}: at the flash's start there would be no boot2`;
  if (!boot2IsSealed(bytes.subarray(0, BOOT2_SIZE)))
    return 'the checksum of its boot2 is wrong: the ROM would not start it';
  // ARMv6-M, B1.5.2: word 0 is the stack's start, word 1 the reset handler with bit 0 set (Thumb).
  const [stack, reset] = [u32le(bytes, BOOT2_SIZE), u32le(bytes, BOOT2_SIZE + 4)];
  if (stack <= RAM.start || stack > RAM.end || stack % 4 !== 0)
    return `its stack would begin at ${hex32(stack)}, outside of the RAM`;
  if (reset % 2 !== 1 || reset <= start + BOOT2_SIZE || reset >= start + bytes.length)
    return `its reset handler would be at ${hex32(reset)}, outside of the image`;
  return;
}

const nameOf = (family: number): string => familyMap.get(family) ?? `an unknown chip (family ${hex32(family)})`;
