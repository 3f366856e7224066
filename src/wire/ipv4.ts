/** The IPv4 header: RFC 791 section 3.1; the type of service octet as RFC 2474 and RFC 3168 read it. */
import type { Ip } from '../base/address.ts';
import { put8, put16, put32, u8, u16, u32 } from '../base/bytes.ts';
import { checksumOf, fold, sum } from './checksum.ts';

const at = {
  versionAndLength: 0,
  tos: 1,
  totalLength: 2,
  identification: 4,
  flagsAndOffset: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  options: 20,
} as const;
/** Length of a header without options, in octets. */
export const IPV4_HEADER = at.options;
/** Longest datagram that the 16-bit total length can tell. */
export const MAX_DATAGRAM = 65_535;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

export type Ipv4Drop = 'ip:truncated' | 'ip:bad-version' | 'ip:bad-header-length' | 'ip:bad-length' | 'ip:bad-checksum';

export class Ipv4View {
  readonly bytes: Uint8Array;

  /** `bytes` begins with the header and may be longer than the datagram. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks version, lengths and checksum once; after that no getter reads outside the datagram. */
  static parse(bytes: Uint8Array): Ipv4View | Ipv4Drop {
    const broken = Ipv4View.#lengths(bytes);
    if (broken !== undefined) return broken;
    const ip = new Ipv4View(bytes);
    if (ip.totalLength > bytes.length) return 'ip:bad-length';
    return fold(sum(bytes, 0, ip.headerLength)) === 0xffff ? ip : 'ip:bad-checksum';
  }

  /** As parse, for the datagram that an ICMP error quotes: it ends early, and a router may have changed it without a new checksum. */
  static parseQuote(bytes: Uint8Array): Ipv4View | Ipv4Drop {
    return Ipv4View.#lengths(bytes) ?? new Ipv4View(bytes);
  }

  static #lengths(bytes: Uint8Array): Ipv4Drop | undefined {
    if (bytes.length < at.options) return 'ip:truncated';
    if (u8(bytes, at.versionAndLength) >>> 4 !== 4) return 'ip:bad-version';
    const headerLength = (u8(bytes, at.versionAndLength) & 15) * 4;
    if (headerLength < at.options || headerLength > bytes.length) return 'ip:bad-header-length';
    return u16(bytes, at.totalLength) < headerLength ? 'ip:bad-length' : undefined;
  }

  /** Writes a header without options at bytes[from …], checksum included; `flagsAndOffset` as `fragmentWord` makes it. */
  static write(
    bytes: Uint8Array,
    from: number,
    totalLength: number,
    tos: number,
    identification: number,
    flagsAndOffset: number,
    ttl: number,
    protocol: number,
    source: Ip,
    destination: Ip,
  ): void {
    put16(bytes, from + at.versionAndLength, 0x4500 | tos);
    put16(bytes, from + at.totalLength, totalLength);
    put16(bytes, from + at.identification, identification);
    put16(bytes, from + at.flagsAndOffset, flagsAndOffset);
    put8(bytes, from + at.ttl, ttl);
    put8(bytes, from + at.protocol, protocol);
    put32(bytes, from + at.source, source);
    put32(bytes, from + at.destination, destination);
    // From the fields at hand, not from the octets: this is done for every packet.
    const addresses = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    const words = (0x4500 | tos) + totalLength + identification + flagsAndOffset + ((ttl << 8) | protocol);
    put16(bytes, from + at.checksum, checksumOf(words + addresses));
  }

  /** The word with the flags; `offset` in octets, a multiple of 8. */
  static fragmentWord(dontFragment: boolean, moreFragments: boolean, offset: number): number {
    return (dontFragment ? DONT_FRAGMENT : 0) | (moreFragments ? MORE_FRAGMENTS : 0) | (offset >>> 3);
  }

  /** Header with options, in octets: 20 … 60. */
  get headerLength(): number {
    return (u8(this.bytes, at.versionAndLength) & 15) * 4;
  }
  get tos(): number {
    return u8(this.bytes, at.tos);
  }
  get totalLength(): number {
    return u16(this.bytes, at.totalLength);
  }
  get identification(): number {
    return u16(this.bytes, at.identification);
  }
  get dontFragment(): boolean {
    return (u16(this.bytes, at.flagsAndOffset) & DONT_FRAGMENT) !== 0;
  }
  get moreFragments(): boolean {
    return (u16(this.bytes, at.flagsAndOffset) & MORE_FRAGMENTS) !== 0;
  }
  /** Where the payload belongs in the whole datagram's payload, in octets. */
  get fragmentOffset(): number {
    return (u16(this.bytes, at.flagsAndOffset) & OFFSET_MASK) * 8;
  }
  /** More fragments follow, or some came before: the identification alone says nothing. */
  get isFragment(): boolean {
    return (u16(this.bytes, at.flagsAndOffset) & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0;
  }
  get ttl(): number {
    return u8(this.bytes, at.ttl);
  }
  get protocol(): number {
    return u8(this.bytes, at.protocol);
  }
  get checksum(): number {
    return u16(this.bytes, at.checksum);
  }
  get source(): Ip {
    return u32(this.bytes, at.source) as Ip;
  }
  get destination(): Ip {
    return u32(this.bytes, at.destination) as Ip;
  }

  /** Up to the total length, so without Ethernet's padding; of a quote, what there is of it. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength, this.totalLength);
  }
}
