/** Real frames to trace: what an ARP exchange and a ping put on the line. */
import { BROADCAST_MAC, type Mac, parseIp, parseMac } from '../../src/base/address.ts';
import { put32le } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc.ts';
import type { Instant } from '../../src/base/time.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { ARP_OPERATION, ArpView } from '../../src/wire/arp.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { ICMP_TYPE, IcmpView } from '../../src/wire/icmp.ts';
import { IPV4_HEADER, Ipv4View } from '../../src/wire/ipv4.ts';

const US = { mac: parseMac('02:00:5e:10:00:02'), ip: parseIp('192.0.2.2') };
const PEER = { mac: parseMac('02:00:5e:10:00:01'), ip: parseIp('192.0.2.1') };

function ethernet(destination: Mac, source: Mac, type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(60, 14 + payload.length));
  EthernetView.write(frame, destination, source, type);
  frame.set(payload, 14);
  return frame;
}

export function arpRequest(): Uint8Array {
  const packet = new Uint8Array(28);
  ArpView.write(packet, ARP_OPERATION.request, US.mac, US.ip, 0 as Mac, PEER.ip);
  return ethernet(BROADCAST_MAC, US.mac, ETHER_TYPE.arp, packet);
}

export function arpReply(): Uint8Array {
  const packet = new Uint8Array(28);
  ArpView.write(packet, ARP_OPERATION.reply, PEER.mac, PEER.ip, US.mac, US.ip);
  return ethernet(US.mac, PEER.mac, ETHER_TYPE.arp, packet);
}

export function echoRequest(size: number): Uint8Array {
  const message = new Uint8Array(8 + size).fill(0x2a);
  IcmpView.seal(message, ICMP_TYPE.echoRequest, 0, 7, 1);
  const packet = new Uint8Array(IPV4_HEADER + message.length);
  Ipv4View.write(packet, 0, packet.length, 0, 1, 0, 64, 1, US.ip, PEER.ip);
  packet.set(message, IPV4_HEADER);
  return ethernet(PEER.mac, US.mac, ETHER_TYPE.ipv4, packet);
}

/** With preamble, SFD and FCS, as the MAC circuit sends it. */
function onTheLine(frame: Uint8Array): Uint8Array {
  const octets = new Uint8Array(8 + frame.length + 4).fill(0x55, 0, 7);
  octets[7] = 0xd5;
  octets.set(frame, 8);
  put32le(octets, 8 + frame.length, crc32(frame));
  return octets;
}

export const lineFrame = (at: number, direction: 'in' | 'out', frame: Uint8Array): TraceEvent => ({
  kind: 'frame',
  at: at as Instant,
  direction,
  raw: true,
  bytes: onTheLine(frame),
});
/** As a board whose chip makes and keeps preamble and FCS hands it over. */
export const chipFrame = (at: number, direction: 'in' | 'out', frame: Uint8Array): TraceEvent => ({
  kind: 'frame',
  at: at as Instant,
  direction,
  raw: false,
  bytes: frame,
});
