import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterSfd, checkFrame, checkStripped, LineFrame } from '../../src/adapter/encapsulation.ts';
import { bytes, hex, put16 } from '../../src/base/bytes.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** The datagram of fpga4fun.com's "Ethernet packet" page, which a real switch took; zlib gives the same FCS. */
const DATAGRAM = bytes(`0010 a47b ea80 0012 3456 7890 0800 4500 002e b3fe 0000 8011 0540 c0a8 002c c0a8 0004
  0400 0400 001a 2de8 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f 1011`);

const line = (frame: Uint8Array): Uint8Array => new LineFrame().encapsulate(frame, true).slice();
/** On the line, `length` octets from the destination address to the FCS. */
const lineOf = (length: number, type = 0x0800): Uint8Array => {
  const frame = new Uint8Array(length - 4).fill(0x3c);
  put16(frame, 12, type);
  return line(frame);
};
/** As the receiver sees it: SFD hunt, then the check. */
const judge = (octets: Uint8Array): string | undefined => {
  const start = afterSfd(octets);
  return start === undefined ? 'mac:no-sfd' : checkFrame(octets, start);
};

describe('a frame for the line', () => {
  test('S104: starts with seven octets of preamble and the SFD', () => {
    expect(hex(line(DATAGRAM).subarray(0, 8))).toBe('55 55 55 55 55 55 55 d5');
    expect(line(DATAGRAM).subarray(8, 68)).toEqual(DATAGRAM);
  });

  test.for([
    ['a UDP datagram', DATAGRAM, 'b3 31 88 1b'],
    ['sixty zeros', new Uint8Array(60), '08 89 12 04'],
  ] as const)('S105: ends with the FCS of %s', ([, frame, fcs]) => {
    const octets = line(frame);
    expect(octets.length).toBe(8 + 60 + 4);
    expect(hex(octets.subarray(-4))).toBe(fcs);
  });

  test.for([
    [14, 60],
    [59, 60],
    [60, 60],
    [61, 61],
    [1514, 1514],
  ] as const)('of %i octets is padded with zeros to %i', ([length, padded]) => {
    const frame = new LineFrame();
    frame.encapsulate(new Uint8Array(1518).fill(0xee), true); // what an earlier frame left behind
    const octets = frame.encapsulate(new Uint8Array(length).fill(0x11), true);
    expect(octets.length).toBe(8 + padded + 4);
    expect(octets.subarray(8, 8 + length)).toEqual(new Uint8Array(length).fill(0x11));
    expect(octets.subarray(8 + length, 8 + padded)).toEqual(new Uint8Array(padded - length));
    expect(judge(octets)).toBeUndefined();
  });

  test('that a chip will complete has neither preamble nor FCS, but is padded', () => {
    const frame = new Uint8Array(42).fill(0x22);
    expect(new LineFrame().encapsulate(frame, false)).toEqual(
      Uint8Array.from({ length: 60 }, (_, i) => (i < 42 ? 0x22 : 0)),
    );
  });
});

describe('a frame from the line', () => {
  test.for([0, 1, 2, 6, 7, 8, 40])('is found behind %i octets of preamble', (count) => {
    const octets = new Uint8Array([...new Array<number>(count).fill(0x55), 0xd5, ...line(DATAGRAM).subarray(8)]);
    expect(afterSfd(octets)).toBe(count + 1);
    expect(judge(octets)).toBeUndefined();
  });

  test('without an SFD is none', () => {
    expect(judge(new Uint8Array(80).fill(0x55))).toBe('mac:no-sfd');
    expect(judge(new Uint8Array(0))).toBe('mac:no-sfd');
  });

  test('with any single bit of its 64 octets wrong is refused', () => {
    const good = line(DATAGRAM);
    expect(good.length - 8).toBe(64);
    for (let bit = 8 * 8; bit < 8 * good.length; bit++) {
      const octets = good.slice();
      octets[bit >> 3] = (octets[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(judge(octets), `bit ${bit}`).toBe('mac:fcs');
    }
  });

  test('with a wrong bit in its preamble is either whole or refused, never another frame', () => {
    const good = line(DATAGRAM);
    for (let bit = 0; bit < 8 * 8; bit++) {
      const octets = good.slice();
      octets[bit >> 3] = (octets[bit >> 3] as number) ^ (1 << (bit & 7));
      if (judge(octets) === undefined)
        expect(octets.subarray(afterSfd(octets)), `bit ${bit}`).toEqual(good.subarray(8));
    }
  });

  test.for([
    [63, 0x0800, 'mac:runt'],
    [64, 0x0800, undefined],
    [1518, 0x0800, undefined],
    [1519, 0x0800, 'mac:giant'],
    [1519, 0x8100, undefined],
    [1522, 0x8100, undefined],
    [1523, 0x8100, 'mac:giant'],
  ] as const)('of %i octets with type %i is judged by its length: %s', ([length, type, verdict]) => {
    const whole = lineOf(Math.max(64, Math.min(length, 1522)), type);
    const octets = new Uint8Array(8 + length);
    octets.set(whole.subarray(0, octets.length));
    expect(judge(octets)).toBe(verdict);
  });

  test('whose FCS a chip kept is judged by the octets that are left', () => {
    const of = (length: number, type: number): Uint8Array => {
      const octets = new Uint8Array(length);
      if (length >= 14) put16(octets, 12, type);
      return octets;
    };
    expect(checkStripped(of(13, 0))).toBe('mac:runt');
    expect(checkStripped(of(14, 0x0800))).toBeUndefined();
    expect(checkStripped(of(1514, 0x0800))).toBeUndefined();
    expect(checkStripped(of(1515, 0x0800))).toBe('mac:giant');
    expect(checkStripped(of(1518, 0x8100))).toBeUndefined();
    expect(checkStripped(of(1519, 0x8100))).toBe('mac:giant');
  });

  test(`is never more than a verdict, whatever the octets (SEED=${seed})`, () => {
    const verdicts = [undefined, 'mac:no-sfd', 'mac:runt', 'mac:giant', 'mac:fcs'];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048 }), (octets) => {
        expect(verdicts).toContain(judge(octets));
      }),
      { seed, numRuns: 300 },
    );
  });
});
