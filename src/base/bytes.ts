/** Bytes in network order (`u16`, big end first) and in register order (`u16le`), as helpers over a Uint8Array. */

/** The one place where an index is trusted: whoever calls has checked the length. */
const octet = (bytes: Uint8Array, at: number): number => bytes[at] as number;

export const u8 = octet;
export const u16 = (bytes: Uint8Array, at: number): number => (octet(bytes, at) << 8) | octet(bytes, at + 1);
export const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
/** 48 bits, as a safe integer: a MAC address. */
export const u48 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);

export const put8 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value;
};
export const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
};
export const put32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};
export const put48 = (bytes: Uint8Array, at: number, value: number): void => {
  put16(bytes, at, Math.floor(value / 0x1_0000_0000));
  put32(bytes, at + 2, value % 0x1_0000_0000);
};

export const u16le = (bytes: Uint8Array, at: number): number => octet(bytes, at) | (octet(bytes, at + 1) << 8);
export const u32le = (bytes: Uint8Array, at: number): number => (u16le(bytes, at) | (u16le(bytes, at + 2) << 16)) >>> 0;
export const put16le = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
};
export const put32le = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
};

/** `'0035 c000'` → bytes. Throws on anything that is not hex: only for literals, never for input. */
export function bytes(hex: string): Uint8Array {
  const digits = hex.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new TypeError(`not hex: ${hex}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** `00 1b 2c`: two digits a byte, `separator` between. */
export const hex = (bytes: Uint8Array, separator = ' '): string => {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += (i === 0 ? '' : separator) + HEX[octet(bytes, i)];
  return text;
};

/** `0x0000_1234` style: a register's value. */
export const hex32 = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};
