/** The TCP header, RFC 9293 §3.1. Its options are in tcp-options.ts. */
import { put8, put16, put32, u8, u16, u32 } from '../base/bytes.ts';

const at = {
  sourcePort: 0,
  destinationPort: 2,
  seq: 4,
  ack: 8,
  offset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgent: 18,
  options: 20,
} as const;

/** Octets of a header without options. */
export const TCP_HEADER = at.options;

/** The control bits as they lie in octet 13; the four reserved bits before them are sent as zero and ignored. */
export const FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

export type TcpParseDrop = 'tcp:truncated' | 'tcp:bad-offset';

/** A view over a segment that it does not own. */
export class TcpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks the lengths once; after that no getter reads outside the segment. The checksum is the caller's: it needs the addresses. */
  static parse(bytes: Uint8Array): TcpView | TcpParseDrop {
    if (bytes.length < TCP_HEADER) return 'tcp:truncated';
    const tcp = new TcpView(bytes);
    const length = tcp.headerLength;
    return length < TCP_HEADER || length > bytes.length ? 'tcp:bad-offset' : tcp;
  }

  get sourcePort(): number {
    return u16(this.bytes, at.sourcePort);
  }
  set sourcePort(port: number) {
    put16(this.bytes, at.sourcePort, port);
  }
  get destinationPort(): number {
    return u16(this.bytes, at.destinationPort);
  }
  set destinationPort(port: number) {
    put16(this.bytes, at.destinationPort, port);
  }
  get seq(): number {
    return u32(this.bytes, at.seq);
  }
  set seq(seq: number) {
    put32(this.bytes, at.seq, seq);
  }
  get ack(): number {
    return u32(this.bytes, at.ack);
  }
  set ack(ack: number) {
    put32(this.bytes, at.ack, ack);
  }
  /** In octets: four times the data offset. */
  get headerLength(): number {
    return (u8(this.bytes, at.offset) >>> 4) * 4;
  }
  set headerLength(octets: number) {
    put8(this.bytes, at.offset, (octets / 4) << 4);
  }
  /** Bits of FLAG. */
  get flags(): number {
    return u8(this.bytes, at.flags);
  }
  set flags(flags: number) {
    put8(this.bytes, at.flags, flags);
  }
  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }
  /** As it stands in the header: not scaled. */
  get window(): number {
    return u16(this.bytes, at.window);
  }
  set window(window: number) {
    put16(this.bytes, at.window, window);
  }
  get checksum(): number {
    return u16(this.bytes, at.checksum);
  }
  set checksum(checksum: number) {
    put16(this.bytes, at.checksum, checksum);
  }
  get urgentPointer(): number {
    return u16(this.bytes, at.urgent);
  }
  set urgentPointer(pointer: number) {
    put16(this.bytes, at.urgent, pointer);
  }
  get hasOptions(): boolean {
    return this.headerLength > TCP_HEADER;
  }
  get payloadLength(): number {
    return this.bytes.length - this.headerLength;
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
  /** What the segment takes of the sequence space: payload, SYN and FIN. */
  get sequenceLength(): number {
    const flags = this.flags;
    return this.payloadLength + ((flags >>> 1) & 1) + (flags & 1);
  }
}

/** The first two words of a segment, as an ICMP error quotes them: enough for these fields. */
export const QUOTED = {
  sourcePort: at.sourcePort,
  destinationPort: at.destinationPort,
  seq: at.seq,
  length: 8,
} as const;
