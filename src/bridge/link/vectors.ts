/** The vectors of hw/LINK.md section 8, read out of the document: every implementation runs them, and `selftest` runs the session on a board. */

export interface LinkVector {
  readonly kind: 'cell' | 'no-cell' | 'stream' | 'talk';
  /** The sentence before it. */
  readonly sentence: string;
  readonly lines: readonly string[];
}

/** `text`: the document. In its order: the `talk`s are one conversation. */
export function linkVectors(text: string): readonly LinkVector[] {
  const vectors = text.matchAll(/\n(.+)\n```(cell|no-cell|stream|talk)\n([^`]*)\n```/g);
  return [...vectors].map(([, sentence = '', kind, body = '']) => ({
    kind: kind as LinkVector['kind'],
    sentence,
    lines: body.split('\n'),
  }));
}

/** One line of hex; undefined stands for `..`, any byte. */
function pattern(line: string): (number | undefined)[] {
  return line.split(' ').flatMap((word) => {
    const [digits = '', times = '1'] = word.split('*');
    return Array<number | undefined>(Number(times)).fill(digits === '..' ? undefined : Number.parseInt(digits, 16));
  });
}

/** The bytes of a line without `..`. */
export const exact = (line: string): Uint8Array => Uint8Array.from(pattern(line).map((byte) => byte ?? Number.NaN));

export const matches = (bytes: Uint8Array, line: string): boolean => {
  const wanted = pattern(line);
  return bytes.length === wanted.length && wanted.every((byte, i) => byte === undefined || byte === bytes[i]);
};
