/** One card as IP sees it: its link, its address, its neighbours, and the frames that wait for a transmit slot. */
import {
  BROADCAST_IP,
  BROADCAST_MAC,
  broadcastOf,
  type Ip,
  isGroupMac,
  isMulticastIp,
  type Mac,
  type Prefix,
  prefixMask,
} from '../base/address.ts';
import { after, type Instant, milliseconds } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { ARP_LENGTH, ARP_OPERATION, ArpView } from '../wire/arp.ts';
import { ETHER_TYPE, ETHERNET_HEADER, EthernetView } from '../wire/ethernet.ts';
import { type ArpOptions, ArpResolver } from './arp.ts';
import type { DropCounter, NetworkDrop } from './drops.ts';
import { fragment } from './fragment.ts';
import type { Link } from './link.ts';

// When every transmit slot is full there is no event to wait for at this level: look again soon.
const BUSY_RETRY = milliseconds(1);
// RFC 1112 section 6.4: 01-00-5E and the low 23 bits of the group.
const GROUP_MAC = 0x0100_5e00_0000;

interface Outgoing {
  readonly mac: Mac;
  readonly packet: Uint8Array;
}

export interface InterfaceOptions {
  readonly name: string;
  readonly arp?: ArpOptions | undefined;
  readonly trace?: Tracer | undefined;
  /** Gets each datagram that ARP gave up, from `poll` only; borrowed until return. */
  readonly onUnreachable: (datagram: Uint8Array, now: Instant) => void;
}

export class Interface {
  readonly name: string;
  readonly link: Link;
  /** The host's address on this link, with the length of the network's prefix. */
  readonly prefix: Prefix;
  readonly #arp: ArpResolver;
  readonly #drops: DropCounter;
  readonly #onUnreachable: InterfaceOptions['onUnreachable'];
  readonly #directedBroadcast: Ip;
  readonly #networkAddress: Ip;
  /**
   * Datagrams, cut to frames, that found no transmit slot. While it holds something `begin` and `canSend` refuse, so its bound is one
   * datagram and what waits in the ARP cache.
   */
  readonly #backlog: Outgoing[] = [];
  /** What ARP gave up, until the next poll: a transport is not told within its own call of `end`. Its bound is what waits in the ARP cache. */
  readonly #failed: Uint8Array[] = [];
  #wasUp = false;
  #announce = false;
  #now = 0 as Instant;

  constructor(link: Link, prefix: Prefix, drops: DropCounter, options: InterfaceOptions) {
    this.name = options.name;
    this.link = link;
    this.prefix = prefix;
    this.#drops = drops;
    this.#arp = new ArpResolver(drops, options.arp, options.trace);
    this.#onUnreachable = options.onUnreachable;
    this.#directedBroadcast = broadcastOf(prefix);
    this.#networkAddress = ((prefix.ip & prefixMask(prefix.length)) >>> 0) as Ip;
  }

  get address(): Ip {
    return this.prefix.ip;
  }
  get arp(): ArpResolver {
    return this.#arp;
  }

  /** Limited and directed broadcast, and the historic form with host bits zero (RFC 1122 3.3.6); a /31 or /32 has none (RFC 3021). */
  isBroadcast(ip: Ip): boolean {
    if (ip === BROADCAST_IP) return true;
    return this.prefix.length < 31 && (ip === this.#directedBroadcast || ip === this.#networkAddress);
  }

  /** The MAC address behind `nextHop`; undefined: not yet known. */
  resolve(nextHop: Ip): Mac | 'unreachable' | undefined {
    if (isMulticastIp(nextHop)) return (GROUP_MAC + (nextHop & 0x7f_ffff)) as Mac;
    return this.isBroadcast(nextHop) ? BROADCAST_MAC : this.#arp.resolve(nextHop);
  }

  /** Whether `send` takes a datagram now: nothing older waits for a slot. */
  get canSend(): boolean {
    return this.#backlog.length === 0;
  }

  /**
   * A frame in the link's transmit slot with its MAC header written, to be filled from octet 14 on with `length` octets; then call
   * `link.end`. Undefined when there is no slot or the link is down.
   */
  begin(to: Mac, length: number): Uint8Array | undefined {
    return this.#backlog.length === 0 ? this.#frame(to, ETHER_TYPE.ipv4, length) : undefined;
  }

  /** Sends a datagram, in fragments where it is longer than the link's MTU. It is this interface's from now on. */
  send(nextHop: Ip, datagram: Uint8Array, now: Instant): void {
    const mac = this.resolve(nextHop);
    if (mac === 'unreachable') this.#drops.drop('arp:unreachable', now, datagram);
    else if (mac === undefined) this.#arp.wait(nextHop, datagram, now);
    else this.#queue(mac, datagram);
    this.#work(now);
  }

  /** Takes an ARP packet: learns, answers (RFC 826, "Packet Reception"). */
  receiveArp(payload: Uint8Array, now: Instant): void {
    const arp = ArpView.parse(payload);
    const reason = typeof arp === 'string' ? arp : this.#heard(arp, now);
    if (reason !== undefined) this.#drops.drop(reason, now, payload);
    this.#work(now);
  }

  poll(now: Instant): void {
    if (this.link.isUp !== this.#wasUp) this.#linkChanged(now);
    this.#work(now);
    for (const datagram of this.#failed.splice(0)) {
      this.#drops.drop('arp:unreachable', now, datagram);
      this.#onUnreachable(datagram, now);
    }
  }

  nextDeadline(): Instant | undefined {
    if (this.link.isUp !== this.#wasUp) return this.#now;
    if (this.#failed.length > 0) return this.#now;
    if (!this.#wasUp) return undefined;
    const due = this.#backlog.length > 0 || this.#announce ? this.#now : this.#arp.nextDeadline();
    if (due === undefined || this.link.room > 0) return due;
    const retry = after(this.#now, BUSY_RETRY);
    return Math.max(due, retry) as Instant;
  }

  #heard(arp: ArpView, now: Instant): NetworkDrop | undefined {
    const { senderIp, senderMac } = arp;
    if (isGroupMac(senderMac) || senderMac === 0 || isMulticastIp(senderIp) || this.isBroadcast(senderIp))
      return 'arp:bad-sender';
    // Our own announcement that comes back, from a loop in the network, is no conflict.
    if (senderIp === this.address) return senderMac === this.link.mac ? 'arp:not-for-us' : 'arp:address-conflict';
    const forUs = arp.targetIp === this.address;
    // A probe (RFC 5227) comes from nobody: it is answered, but there is nothing to learn.
    if (senderIp !== 0)
      for (const datagram of this.#arp.learn(senderIp, senderMac, forUs, now)) this.#queue(senderMac, datagram);
    if (!forUs) return 'arp:not-for-us';
    const asked = arp.operation === ARP_OPERATION.request;
    return asked && !this.#sendArp(ARP_OPERATION.reply, senderMac, senderIp, now) ? 'arp:busy' : undefined;
  }

  #linkChanged(now: Instant): void {
    this.#wasUp = this.link.isUp;
    this.#announce = this.#wasUp;
    if (this.#wasUp) return;
    this.#arp.clear(now);
    for (const { packet } of this.#backlog.splice(0)) this.#drops.drop('ip:link-down', now, packet);
  }

  /** Everything that needs a transmit slot, as far as the slots go. */
  #work(now: Instant): void {
    this.#now = now;
    // An announcement: a request for our own address corrects what the others have in their caches (RFC 5227 section 3).
    if (this.#announce && this.#sendArp(ARP_OPERATION.request, BROADCAST_MAC, this.address, now))
      this.#announce = false;
    this.#drain(now);
    while (this.link.room > 0) {
      const action = this.#arp.next(now);
      if (action === undefined) break;
      if (action.kind === 'request') this.#sendArp(ARP_OPERATION.request, action.to, action.ip, now);
      else this.#failed.push(...action.waiting);
    }
  }

  #queue(mac: Mac, datagram: Uint8Array): void {
    if (datagram.length <= this.link.mtu) this.#backlog.push({ mac, packet: datagram });
    else for (const packet of fragment(datagram, this.link.mtu)) this.#backlog.push({ mac, packet });
  }

  #drain(now: Instant): void {
    let sent = 0;
    for (const { mac, packet } of this.#backlog) {
      const frame = this.#frame(mac, ETHER_TYPE.ipv4, packet.length);
      if (frame === undefined) break;
      frame.set(packet, ETHERNET_HEADER);
      this.link.end(now);
      sent++;
    }
    if (sent > 0) this.#backlog.splice(0, sent);
  }

  #sendArp(operation: number, to: Mac, targetIp: Ip, now: Instant): boolean {
    const frame = this.#frame(to, ETHER_TYPE.arp, ARP_LENGTH);
    if (frame === undefined) return false;
    // The target's MAC is what a request asks for; it says nothing there.
    const target = operation === ARP_OPERATION.request ? (0 as Mac) : to;
    ArpView.write(frame.subarray(ETHERNET_HEADER), operation, this.link.mac, this.address, target, targetIp);
    this.link.end(now);
    return true;
  }

  #frame(to: Mac, type: number, length: number): Uint8Array | undefined {
    const frame = this.link.begin(ETHERNET_HEADER + length);
    if (frame === undefined) return undefined;
    EthernetView.write(frame, to, this.link.mac, type);
    return frame;
  }
}
