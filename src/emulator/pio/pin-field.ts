/** What MOV and the pin mappings of a state machine do to words (data sheet 3.4.8, 3.5.6). */

/** Bit 31 becomes bit 0. */
export const reversed = (value: number): number => {
  let x = value;
  x = ((x & 0x5555_5555) << 1) | ((x >>> 1) & 0x5555_5555);
  x = ((x & 0x3333_3333) << 2) | ((x >>> 2) & 0x3333_3333);
  x = ((x & 0x0f0f_0f0f) << 4) | ((x >>> 4) & 0x0f0f_0f0f);
  x = ((x & 0x00ff_00ff) << 8) | ((x >>> 8) & 0x00ff_00ff);
  return ((x << 16) | (x >>> 16)) >>> 0;
};
/** `value` in the field of `count` pins from `base` on, over what was there; pins wrap after 31. */
export const inField = (before: number, value: number, base: number, count: number): number => {
  const mask = count >= 32 ? -1 : (1 << count) - 1;
  const field = value & mask;
  if (base === 0) return ((before & ~mask) | field) >>> 0;
  const place = (mask << base) | (mask >>> (32 - base));
  return ((before & ~place) | (field << base) | (field >>> (32 - base))) >>> 0;
};
