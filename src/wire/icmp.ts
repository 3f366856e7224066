/** ICMP for IPv4: RFC 792, with the next hop's MTU of RFC 1191. */
import { put8, put16, u8, u16 } from '../base/bytes.ts';
import { checksumOf, fold, sum } from './checksum.ts';

const at = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6, mtu: 6, body: 8 } as const;
/** Length of the header of every message here, in octets. */
export const ICMP_HEADER = at.body;

export const ICMP_TYPE = {
  echoReply: 0,
  destinationUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Codes of destination unreachable that are sent here, or need more than their row in a table. */
export const UNREACHABLE = { protocol: 2, port: 3, fragmentationNeeded: 4 } as const;
/** Code of time exceeded: fragments did not all come in time. */
export const REASSEMBLY_TIME = 1;

/** Messages about another datagram; an error is never answered with an error (RFC 1122 3.2.2). */
export const isIcmpError = (type: number): boolean =>
  type === ICMP_TYPE.destinationUnreachable ||
  type === ICMP_TYPE.sourceQuench ||
  type === ICMP_TYPE.redirect ||
  type === ICMP_TYPE.timeExceeded ||
  type === ICMP_TYPE.parameterProblem;

export type IcmpDrop = 'icmp:truncated' | 'icmp:bad-checksum';

export class IcmpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks length and checksum once; `bytes` is the whole IP payload. */
  static parse(bytes: Uint8Array): IcmpView | IcmpDrop {
    if (bytes.length < at.body) return 'icmp:truncated';
    return fold(sum(bytes)) === 0xffff ? new IcmpView(bytes) : 'icmp:bad-checksum';
  }

  /** Writes type, code and the second word's halves, then the checksum over all of `bytes`: the body must be in place. */
  static seal(bytes: Uint8Array, type: number, code: number, identifier: number, sequence: number): void {
    put8(bytes, at.type, type);
    put8(bytes, at.code, code);
    put16(bytes, at.checksum, 0);
    put16(bytes, at.identifier, identifier);
    put16(bytes, at.sequence, sequence);
    put16(bytes, at.checksum, checksumOf(sum(bytes)));
  }

  get type(): number {
    return u8(this.bytes, at.type);
  }
  get code(): number {
    return u8(this.bytes, at.code);
  }
  get checksum(): number {
    return u16(this.bytes, at.checksum);
  }
  /** Of an echo message. */
  get identifier(): number {
    return u16(this.bytes, at.identifier);
  }
  /** Of an echo message. */
  get sequence(): number {
    return u16(this.bytes, at.sequence);
  }
  /** Of fragmentation needed: 0 where an old router does not tell. */
  get mtu(): number {
    return u16(this.bytes, at.mtu);
  }
  /** What follows the header: an echo's data, an error's quote. */
  get body(): Uint8Array {
    return this.bytes.subarray(at.body);
  }
}
