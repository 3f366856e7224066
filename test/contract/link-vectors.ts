/** The vectors of hw/LINK.md section 8, read out of the document. */
import { readFileSync } from 'node:fs';

export interface LinkVector {
  readonly kind: 'cell' | 'no-cell' | 'stream' | 'talk';
  /** The sentence before it. */
  readonly sentence: string;
  readonly lines: readonly string[];
}

/** In the order of the document: the `talk`s are one conversation. */
export function linkVectors(): readonly LinkVector[] {
  const text = readFileSync(new URL('../../hw/LINK.md', import.meta.url), 'utf8');
  const vectors = text.matchAll(/\n(.+)\n```(cell|no-cell|stream|talk)\n([^`]*)\n```/g);
  return [...vectors].map(([, sentence = '', kind, body = '']) => ({
    kind: kind as LinkVector['kind'],
    sentence,
    lines: body.split('\n'),
  }));
}

/** One line of hex; undefined stands for `..`, any byte. */
export function pattern(line: string): (number | undefined)[] {
  return line.split(' ').flatMap((word) => {
    const [digits = '', times = '1'] = word.split('*');
    return Array<number | undefined>(Number(times)).fill(digits === '..' ? undefined : Number.parseInt(digits, 16));
  });
}

/** As pattern, for a line without `..`. */
export const exact = (line: string): Uint8Array => Uint8Array.from(pattern(line).map((byte) => byte ?? Number.NaN));

export const matches = (bytes: Uint8Array, line: string): boolean => {
  const wanted = pattern(line);
  return bytes.length === wanted.length && wanted.every((byte, i) => byte === undefined || byte === bytes[i]);
};
