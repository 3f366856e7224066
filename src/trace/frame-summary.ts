/** What a frame is about, in a few words: `192.0.2.2:49152 → 192.0.2.1:80 TCP SYN seq 0 win 65535`. */
import { formatIp, formatMac } from '../base/address.ts';
import { ARP_OPERATION, ArpView } from '../wire/arp.ts';
import { ETHER_TYPE, EthernetView } from '../wire/ethernet.ts';
import { ICMP_TYPE, IcmpView } from '../wire/icmp.ts';
import { Ipv4View } from '../wire/ipv4.ts';
import { FLAG, TcpView } from '../wire/tcp.ts';
import { UdpView } from '../wire/udp.ts';

const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
const ICMP_NAMES = new Map<number, string>([
  [ICMP_TYPE.echoRequest, 'echo request'],
  [ICMP_TYPE.echoReply, 'echo reply'],
  [ICMP_TYPE.destinationUnreachable, 'destination unreachable'],
  [ICMP_TYPE.timeExceeded, 'time exceeded'],
]);

/** `frame` runs from the destination address to the last octet before the FCS. What cannot be read is named by its drop reason. */
export function summarize(frame: Uint8Array): string {
  const ethernet = EthernetView.parse(frame);
  if (typeof ethernet === 'string') return ethernet;
  if (ethernet.type === ETHER_TYPE.arp) return arp(ethernet.payload);
  if (ethernet.type === ETHER_TYPE.ipv4) return ipv4(ethernet.payload);
  const type = ethernet.type.toString(16).padStart(4, '0');
  return `${formatMac(ethernet.source)} → ${formatMac(ethernet.destination)} type 0x${type}`;
}

function arp(packet: Uint8Array): string {
  const arp = ArpView.parse(packet);
  if (typeof arp === 'string') return arp;
  return arp.operation === ARP_OPERATION.request
    ? `ARP who has ${formatIp(arp.targetIp)}? tell ${formatIp(arp.senderIp)}`
    : `ARP ${formatIp(arp.senderIp)} is at ${formatMac(arp.senderMac)}`;
}

function ipv4(packet: Uint8Array): string {
  const ip = Ipv4View.parse(packet);
  if (typeof ip === 'string') return ip;
  const [from, to] = [formatIp(ip.source), formatIp(ip.destination)];
  if (ip.isFragment) return `${from} → ${to} fragment at ${ip.fragmentOffset}, ${ip.payload.length} octets`;
  switch (ip.protocol) {
    case PROTOCOL.icmp:
      return `${from} → ${to} ICMP ${icmp(ip.payload)}`;
    case PROTOCOL.tcp: {
      const tcp = TcpView.parse(ip.payload);
      if (typeof tcp === 'string') return `${from} → ${to} ${tcp}`;
      return `${from}:${tcp.sourcePort} → ${to}:${tcp.destinationPort} TCP ${segment(tcp)}`;
    }
    case PROTOCOL.udp: {
      const udp = UdpView.parse(ip.payload);
      if (typeof udp === 'string') return `${from} → ${to} ${udp}`;
      return `${from}:${udp.sourcePort} → ${to}:${udp.destinationPort} UDP ${udp.payload.length} octets`;
    }
    default:
      return `${from} → ${to} protocol ${ip.protocol}`;
  }
}

function icmp(message: Uint8Array): string {
  const icmp = IcmpView.parse(message);
  if (typeof icmp === 'string') return icmp;
  const name = ICMP_NAMES.get(icmp.type) ?? `type ${icmp.type}`;
  const isEcho = icmp.type === ICMP_TYPE.echoRequest || icmp.type === ICMP_TYPE.echoReply;
  return isEcho ? `${name} id ${icmp.identifier} seq ${icmp.sequence}` : `${name} code ${icmp.code}`;
}

function segment(tcp: TcpView): string {
  const flags = (Object.keys(FLAG) as (keyof typeof FLAG)[]).filter((flag) => (tcp.flags & FLAG[flag]) !== 0);
  const ack = (tcp.flags & FLAG.ack) === 0 ? '' : ` ack ${tcp.ack}`;
  const length = tcp.payloadLength === 0 ? '' : ` length ${tcp.payloadLength}`;
  return `${flags.join(',').toUpperCase()} seq ${tcp.seq}${ack} win ${tcp.window}${length}`;
}
