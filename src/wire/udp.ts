/** UDP: RFC 768, with the checksum rules of RFC 1122 4.1.3.4. */
import type { Ip } from '../base/address.ts';
import { put16, u16 } from '../base/bytes.ts';
import { checksumOf, fold, pseudoHeaderSum, sum } from './checksum.ts';

const at = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6, payload: 8 } as const;
/** Length of the header, in octets. */
export const UDP_HEADER = at.payload;
/** Longest payload that IPv4's 16-bit total length leaves behind both headers, in octets. */
export const UDP_MAX_PAYLOAD = 65_535 - 20 - UDP_HEADER;

const PROTOCOL_UDP = 17;

export type UdpDrop = 'udp:truncated' | 'udp:bad-length' | 'udp:bad-checksum';

export class UdpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks the lengths once; after that no getter reads outside the datagram. */
  static parse(bytes: Uint8Array): UdpView | UdpDrop {
    if (bytes.length < at.payload) return 'udp:truncated';
    const udp = new UdpView(bytes);
    return udp.length < at.payload || udp.length > bytes.length ? 'udp:bad-length' : udp;
  }

  /** Writes a whole datagram into `bytes`, which has just its length: header, `payload`, checksum. */
  static write(
    bytes: Uint8Array,
    source: Ip,
    sourcePort: number,
    destination: Ip,
    destinationPort: number,
    payload: Uint8Array,
  ): void {
    put16(bytes, at.sourcePort, sourcePort);
    put16(bytes, at.destinationPort, destinationPort);
    put16(bytes, at.length, bytes.length);
    put16(bytes, at.checksum, 0);
    bytes.set(payload, at.payload);
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_UDP, bytes.length);
    // A sum of zero travels as its other representation: zero in the field means "no checksum" (1122-U9).
    put16(bytes, at.checksum, checksumOf(sum(bytes, 0, bytes.length, pseudo)) || 0xffff);
  }

  get sourcePort(): number {
    return u16(this.bytes, at.sourcePort);
  }
  get destinationPort(): number {
    return u16(this.bytes, at.destinationPort);
  }
  /** Header and payload, in octets; what follows in the buffer is not the datagram's. */
  get length(): number {
    return u16(this.bytes, at.length);
  }
  /** 0: the sender made none. */
  get checksum(): number {
    return u16(this.bytes, at.checksum);
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(at.payload, this.length);
  }

  /** The checksum is right for these addresses, or the sender made none. */
  isIntact(source: Ip, destination: Ip): boolean {
    if (this.checksum === 0) return true;
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_UDP, this.length);
    return fold(sum(this.bytes, 0, this.length, pseudo)) === 0xffff;
  }
}
