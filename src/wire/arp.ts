/** ARP for IPv4 over Ethernet: RFC 826. */
import type { Ip, Mac } from '../base/address.ts';
import { put8, put16, put32, put48, u8, u16, u32, u48 } from '../base/bytes.ts';

const at = {
  hardwareType: 0,
  protocolType: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
  end: 28,
} as const;
/** Length of the packet, in octets; what follows it in the frame is padding. */
export const ARP_LENGTH = at.end;
export const ARP_OPERATION = { request: 1, reply: 2 } as const;

const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;

export type ArpDrop = 'arp:truncated' | 'arp:not-ethernet' | 'arp:not-ipv4' | 'arp:bad-operation';

export class ArpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks the length, the two address spaces and the operation once. */
  static parse(bytes: Uint8Array): ArpView | ArpDrop {
    if (bytes.length < at.end) return 'arp:truncated';
    if (u16(bytes, at.hardwareType) !== HARDWARE_ETHERNET || u8(bytes, at.hardwareLength) !== 6)
      return 'arp:not-ethernet';
    if (u16(bytes, at.protocolType) !== PROTOCOL_IPV4 || u8(bytes, at.protocolLength) !== 4) return 'arp:not-ipv4';
    const operation = u16(bytes, at.operation);
    if (operation !== ARP_OPERATION.request && operation !== ARP_OPERATION.reply) return 'arp:bad-operation';
    return new ArpView(bytes);
  }

  /** Writes a whole packet into the first ARP_LENGTH octets. */
  static write(bytes: Uint8Array, operation: number, senderMac: Mac, senderIp: Ip, targetMac: Mac, targetIp: Ip): void {
    put16(bytes, at.hardwareType, HARDWARE_ETHERNET);
    put16(bytes, at.protocolType, PROTOCOL_IPV4);
    put8(bytes, at.hardwareLength, 6);
    put8(bytes, at.protocolLength, 4);
    put16(bytes, at.operation, operation);
    put48(bytes, at.senderMac, senderMac);
    put32(bytes, at.senderIp, senderIp);
    put48(bytes, at.targetMac, targetMac);
    put32(bytes, at.targetIp, targetIp);
  }

  get operation(): number {
    return u16(this.bytes, at.operation);
  }
  get senderMac(): Mac {
    return u48(this.bytes, at.senderMac) as Mac;
  }
  get senderIp(): Ip {
    return u32(this.bytes, at.senderIp) as Ip;
  }
  get targetMac(): Mac {
    return u48(this.bytes, at.targetMac) as Mac;
  }
  get targetIp(): Ip {
    return u32(this.bytes, at.targetIp) as Ip;
  }
}
