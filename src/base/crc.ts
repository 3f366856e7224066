/** The two check sequences of the project: CRC-32 of IEEE 802.3 clause 3.2.9 and CRC-16/CCITT-FALSE of the serial link. */

// CRC-32, reflected, polynomial 0xEDB88320, sixteen tables ("slicing by 16").
const SLICES = 16;
const table32 = new Int32Array(256 * SLICES);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb8_8320 : c >>> 1;
  table32[n] = c;
}
for (let slice = 1; slice < SLICES; slice++) {
  for (let n = 0; n < 256; n++) {
    const previous = table32[(slice - 1) * 256 + n] as number;
    table32[slice * 256 + n] = (previous >>> 8) ^ (table32[previous & 255] as number);
  }
}

/** CRC-32 of bytes[from … to−1], as an unsigned number; `before` continues an earlier result. The FCS is this, low octet first. */
export function crc32(bytes: Uint8Array, before = 0, from = 0, to = bytes.length): number {
  const t = table32;
  let c = ~before;
  let i = from;
  const whole = to - ((to - from) % 16);
  for (; i < whole; i += 16) {
    const a =
      c ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    c =
      (t[3840 + (a & 255)] as number) ^
      (t[3584 + ((a >>> 8) & 255)] as number) ^
      (t[3328 + ((a >>> 16) & 255)] as number) ^
      (t[3072 + (a >>> 24)] as number) ^
      (t[2816 + (bytes[i + 4] as number)] as number) ^
      (t[2560 + (bytes[i + 5] as number)] as number) ^
      (t[2304 + (bytes[i + 6] as number)] as number) ^
      (t[2048 + (bytes[i + 7] as number)] as number) ^
      (t[1792 + (bytes[i + 8] as number)] as number) ^
      (t[1536 + (bytes[i + 9] as number)] as number) ^
      (t[1280 + (bytes[i + 10] as number)] as number) ^
      (t[1024 + (bytes[i + 11] as number)] as number) ^
      (t[768 + (bytes[i + 12] as number)] as number) ^
      (t[512 + (bytes[i + 13] as number)] as number) ^
      (t[256 + (bytes[i + 14] as number)] as number) ^
      (t[bytes[i + 15] as number] as number);
  }
  for (; i < to; i++) c = (t[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

// CRC-16, polynomial 0x1021, not reflected, start 0xFFFF, no final exclusive or ("CCITT-FALSE").
const table16 = new Uint16Array(256);
for (let n = 0; n < 256; n++) {
  let c = n << 8;
  for (let bit = 0; bit < 8; bit++) c = c & 0x8000 ? (c << 1) ^ 0x1021 : c << 1;
  table16[n] = c;
}

/** CRC-16/CCITT-FALSE of bytes[from … to−1]. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let c = 0xffff;
  for (let i = from; i < to; i++) c = ((c << 8) & 0xffff) ^ (table16[(c >>> 8) ^ (bytes[i] as number)] as number);
  return c;
}
