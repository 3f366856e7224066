/** Sequence numbers, RFC 9293 §3.4: 32 bits that wrap, so never compared with `<`. */

export type Seq = number & { readonly __unit: 'tcp-seq' };

export const seq = (n: number): Seq => (n >>> 0) as Seq;
export const plus = (s: Seq, octets: number): Seq => ((s + octets) >>> 0) as Seq;
/** How far `a` lies beyond `b`; negative when it lies before. */
export const distance = (a: Seq, b: Seq): number => (a - b) | 0;
export const isBefore = (a: Seq, b: Seq): boolean => ((a - b) | 0) < 0;
export const isAfter = (a: Seq, b: Seq): boolean => ((a - b) | 0) > 0;
/** `start` ≤ s < `start` + `size`. */
export const inWindow = (s: Seq, start: Seq, size: number): boolean => (s - start) >>> 0 < size;
