import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, hex } from '../../src/base/bytes.ts';
import { FLAG, TcpView } from '../../src/wire/tcp.ts';
import {
  putSackOption,
  putSynOptions,
  sackOptionLength,
  synOptionsLength,
  TcpOptionFields,
} from '../../src/wire/tcp-options.ts';

const view = (text: string): TcpView => {
  const tcp = TcpView.parse(bytes(text));
  if (typeof tcp === 'string') throw new Error(tcp);
  return tcp;
};

describe('the TCP header', () => {
  test('S17 S18 S19 S20 S21 S22 S23 S24 S25: each field lies where RFC 9293 §3.1 draws it', () => {
    const tcp = view('3039 0050 89abcdef fedcba98 5 0 18 8000 1234 0007 6869');
    expect(tcp).toMatchObject({
      sourcePort: 12_345,
      destinationPort: 80,
      seq: 0x89ab_cdef,
      ack: 0xfedc_ba98,
      headerLength: 20,
      flags: FLAG.psh | FLAG.ack,
      window: 0x8000,
      checksum: 0x1234,
      urgentPointer: 7,
      payloadLength: 2,
    });
    expect(hex(tcp.payload)).toBe('68 69');
  });

  test('S17 S18 S19 S20 S21 S22 S23 S24 S25: what is written is what the wire carries', () => {
    const tcp = new TcpView(new Uint8Array(20));
    tcp.sourcePort = 12_345;
    tcp.destinationPort = 80;
    tcp.seq = 0x89ab_cdef;
    tcp.ack = 0xfedc_ba98;
    tcp.headerLength = 20;
    tcp.flags = FLAG.psh | FLAG.ack;
    tcp.window = 0x8000;
    tcp.checksum = 0x1234;
    tcp.urgentPointer = 7;
    expect(tcp.bytes).toEqual(bytes('3039 0050 89abcdef fedcba98 5018 8000 1234 0007'));
  });

  test.for([
    ['FIN', '01', FLAG.fin],
    ['SYN', '02', FLAG.syn],
    ['RST', '04', FLAG.rst],
    ['PSH', '08', FLAG.psh],
    ['ACK', '10', FLAG.ack],
    ['URG', '20', FLAG.urg],
    ['ECE', '40', FLAG.ece],
    ['CWR', '80', FLAG.cwr],
  ] as const)('S22 S27 X-HDR-1: %s is bit 0x%s, and the reserved bits are ignored', ([, octet, flag]) => {
    const tcp = view(`0001 0002 00000000 00000000 5f ${octet} 0000 0000 0000`);
    expect(tcp.flags).toBe(flag);
    expect(tcp.has(flag)).toBe(true);
    expect(tcp.headerLength).toBe(20);
  });

  test('SYN and FIN take a place in the sequence space each', () => {
    expect(view('0001 0002 00000000 00000000 50 03 0000 0000 0000 aabb').sequenceLength).toBe(4);
    expect(view('0001 0002 00000000 00000000 50 10 0000 0000 0000').sequenceLength).toBe(0);
  });

  test.for([
    ['shorter than a header', '0001 0002 00000000 00000000 5010 0000 0000 00', 'tcp:truncated'],
    ['data offset below the header', '0001 0002 00000000 00000000 4010 0000 0000 0000', 'tcp:bad-offset'],
    ['data offset past the segment', '0001 0002 00000000 00000000 6010 0000 0000 0000', 'tcp:bad-offset'],
  ] as const)('drops a segment with %s', ([, text, reason]) => {
    expect(TcpView.parse(bytes(text))).toBe(reason);
  });
});

/** A segment with these options, padded with EOL to whole words. */
const withOptions = (text: string): TcpView => {
  const options = bytes(text);
  const length = Math.ceil(options.length / 4) * 4;
  const segment = new Uint8Array(20 + length);
  segment.set(options, 20);
  segment[12] = ((20 + length) / 4) << 4;
  return new TcpView(segment);
};

describe('TCP options', () => {
  test.for([
    ['S26 MUST-4: the MSS', '0204 05b4', { mss: 1460 }],
    ['MUST-64: an MSS behind one NOP', '01 0204 05b4', { mss: 1460 }],
    ['MUST-4: nothing behind the end of the list', '00 0204 05b4', { mss: undefined }],
    ['MUST-6: what follows an unknown option', 'fd 04 aaaa 0204 05b4', { mss: 1460 }],
    ['X-WS-1: a window scale, at most 14', '03 03 20', { windowScale: 14 }],
    ['SACK permitted', '04 02', { sackPermitted: true }],
    ['timestamps', '08 0a 00000001 fffffffe', { timestamp: 1, timestampEcho: 0xffff_fffe }],
    ['MUST-7: nothing behind a length of 0', 'fd 00 0204 05b4', { mss: undefined }],
    ['MUST-7: nothing behind a length of 1', 'fd 01 0204 05b4', { mss: undefined }],
    ['MUST-7: nothing behind a length past the header', 'fd 28 0204 05b4', { mss: undefined }],
    ['MUST-7: nothing of an option cut by the header’s end', '01010102', { mss: undefined }],
    ['MUST-7: no MSS of another length', '0203 05 01', { mss: undefined }],
  ] as const)('%s is read', ([, text, expected]) => {
    expect(new TcpOptionFields().parse(withOptions(text))).toMatchObject(expected);
  });

  test('SACK blocks are read, four at most', () => {
    const fields = new TcpOptionFields().parse(withOptions('05 12 00000001 00000002 fffffff0 00000010'));
    expect([fields.sackCount, ...fields.sackEdges.subarray(0, 4)]).toEqual([2, 1, 2, 0xffff_fff0, 0x10]);
  });

  test('a second segment’s options forget the first’s', () => {
    const fields = new TcpOptionFields().parse(withOptions('0204 05b4 030307 0402'));
    expect(fields.parse(withOptions(''))).toMatchObject({
      mss: undefined,
      windowScale: undefined,
      sackPermitted: false,
    });
  });

  test('MUST-68 MUST-69: what is written has lengths, is whole words, and reads as it was', () => {
    const out = new Uint8Array(12);
    expect(synOptionsLength(7, true)).toBe(12);
    putSynOptions(out, 0, 1460, 7, true);
    expect(out).toEqual(bytes('0204 05b4 01 0303 07 0101 0402'));
    const sack = new Uint8Array(sackOptionLength(2));
    putSackOption(sack, 0, Uint32Array.of(1, 2, 0xffff_fff0, 16), 2);
    expect(sack).toEqual(bytes('0101 05 12 00000001 00000002 fffffff0 00000010'));
  });

  test('MUST-7: whatever stands in a segment, reading it neither throws nor reads outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        const tcp = TcpView.parse(octets);
        if (typeof tcp === 'string') return;
        const fields = new TcpOptionFields().parse(tcp);
        expect(fields.sackCount).toBeLessThanOrEqual(4);
        expect(tcp.payload.length).toBe(octets.length - tcp.headerLength);
      }),
    );
  });
});
