/** What TCP and UDP see of IP: a place to build a segment in, and the packets and ICMP errors that come for them. */
import type { Ip } from '../base/address.ts';
import { LanError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
export type Protocol = (typeof PROTOCOL)[keyof typeof PROTOCOL];

/** Why IP gives no place: busy is for now (ask again at a later poll), the others are for good as far as IP knows. */
export type IpRefusal = 'ip:busy' | 'ip:no-route' | 'ip:host-unreachable' | 'ip:too-long' | 'ip:link-down';

export interface SendOptions {
  /** 1 … 255. */
  readonly ttl?: number;
  /** The whole octet: DSCP and ECN. */
  readonly tos?: number;
  readonly dontFragment?: boolean;
}

/** Throws BAD_TTL. A transport asks when the application chooses, so that the complaint comes in that call and not in a poll. */
export function checkedTtl(ttl: number): number {
  if (!(ttl >= 1 && ttl <= 255)) throw new LanError('BAD_TTL', `a time to live of ${ttl} cannot be sent (1 … 255)`);
  return ttl;
}

export interface Internet {
  /** The address this host would use towards `destination` (RFC 1122 3.3.4.3); undefined where no route leads. */
  sourceFor(destination: Ip): Ip | undefined;
  /** Longest IP payload (header without options taken off) that reaches `destination` unfragmented, in octets: 1480 on Ethernet. */
  payloadLimit(destination: Ip): number;
  isLocal(ip: Ip): boolean;
  /**
   * A place for `length` octets of transport segment, behind an IP header that is already written: in the card's transmit slot when the next hop's MAC is
   * known, else in the bounded queue that waits for ARP. Fill it (it holds old bytes: write every one), then call `end`; no other call between.
   */
  begin(protocol: Protocol, source: Ip, destination: Ip, length: number, options?: SendOptions): Uint8Array | IpRefusal;
  /** Sends what `begin` gave. */
  end(now: Instant): void;
  /** One handler a protocol; a second call replaces it. */
  register(protocol: Protocol, handler: TransportHandler): void;
}

export interface TransportHandler {
  /** A whole datagram for this host, checked and reassembled; `payload` is borrowed until return. False: nobody wants it (IP answers port unreachable for UDP). */
  receive(source: Ip, destination: Ip, payload: Uint8Array, now: Instant): boolean;
  /** An ICMP error about a packet that this host sent from `source`; `quoted` is the first octets of its payload (at least 8 were there). */
  onError(error: IcmpError, source: Ip, destination: Ip, quoted: Uint8Array, now: Instant): void;
}

export type IcmpError =
  | {
      readonly kind:
        | 'net-unreachable'
        | 'host-unreachable'
        | 'protocol-unreachable'
        | 'port-unreachable'
        | 'source-route-failed'
        | 'prohibited';
    }
  /** RFC 1191: `mtu` is the next hop's, 0 where an old router does not tell. */
  | { readonly kind: 'fragmentation-needed'; readonly mtu: number }
  | { readonly kind: 'time-exceeded' | 'parameter-problem' | 'source-quench' };
