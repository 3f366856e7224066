/** The ROM that holds the station's own address: octets 0–5 the address, 6 their sum modulo 256, the rest 0xff. */
import type { Mac } from '../base/address.ts';
import { put48 } from '../base/bytes.ts';

const ROM_SIZE = 32;
/** Where the sum of the address's octets stands. */
export const ROM_SUM = 6;

/** The sum of the six octets of an address, modulo 256. */
export const addressSum = (rom: Uint8Array): number =>
  rom.subarray(0, ROM_SUM).reduce((sum, octet) => (sum + octet) & 255, 0);

/** The contents of a ROM for one address. */
export function romImage(mac: Mac): Uint8Array {
  const rom = new Uint8Array(ROM_SIZE).fill(0xff);
  put48(rom, 0, mac);
  rom[ROM_SUM] = addressSum(rom);
  return rom;
}
