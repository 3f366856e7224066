/** IPv4 as a host runs it: RFC 791, RFC 1122 section 3. Sends for the transports, checks what comes. */
import { BROADCAST_IP, type Ip, isMulticastIp, LOOPBACK_IP } from '../base/address.ts';
import { assert } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { earliest, type Instant } from '../base/time.ts';
import { IPV4_HEADER, Ipv4View, MAX_DATAGRAM } from '../wire/ipv4.ts';
import type { DropCounter, NetworkDrop } from './drops.ts';
import type { Interface } from './interface.ts';
import { checkedTtl, type IpRefusal, PROTOCOL, type Protocol, type SendOptions } from './internet.ts';
import { isLoopback, Loopback } from './loopback.ts';
import { type Reassembled, Reassembler } from './reassembly.ts';
import { type Route, RouteTable } from './route.ts';

const DEFAULT_TTL = 64; // RFC 1700; RFC 1122 3.2.1.7 wants it configurable
const MULTICAST_TTL = 1; // RFC 1112 section 6.1
const SMALLEST_MTU = 68; // RFC 791 section 3.2
const NO_OPTIONS: SendOptions = {};

/** A datagram for this host. `payload` is whole, even where `ip` is the header of a first fragment; both are borrowed until return. */
export type Deliver = (ip: Ipv4View, payload: Uint8Array, broadcast: boolean, now: Instant) => void;

export interface Ipv4Options {
  readonly random: Random;
  /** 1 … 255; default 64. */
  readonly ttl?: number | undefined;
  readonly deliver: Deliver;
  /** Fragments whose rest did not come in time: the first of them, and what followed it. */
  readonly onReassemblyTimeout: (first: Reassembled, now: Instant) => void;
}

export class Ipv4 {
  readonly routes = new RouteTable();
  readonly #interfaces: Interface[] = [];
  readonly #drops: DropCounter;
  readonly #deliver: Deliver;
  readonly #onReassemblyTimeout: Ipv4Options['onReassemblyTimeout'];
  readonly #ttl: number;
  readonly #loopback = new Loopback();
  readonly #reassembler: Reassembler;
  #identification: number;
  #now = 0 as Instant;
  #received = 0;
  #sent = 0;

  // Between `begin` and `end`, in fields and not in an object made for each packet: no interface means that it goes to ourselves,
  // no datagram that it lies in the card's transmit slot already.
  #open = false;
  #via: Interface | undefined;
  #nextHop: Ip = LOOPBACK_IP;
  #datagram: Uint8Array | undefined;

  constructor(drops: DropCounter, options: Ipv4Options) {
    this.#drops = drops;
    this.#deliver = options.deliver;
    this.#onReassemblyTimeout = options.onReassemblyTimeout;
    this.#ttl = checkedTtl(options.ttl ?? DEFAULT_TTL);
    this.#reassembler = new Reassembler(drops);
    this.#identification = options.random.below(0x1_0000);
  }

  get interfaces(): readonly Interface[] {
    return this.#interfaces;
  }
  /** Datagrams and fragments that came, whatever became of them. */
  get received(): number {
    return this.#received;
  }
  /** Datagrams that were given to `end`. */
  get sent(): number {
    return this.#sent;
  }

  /** A card more, with the route to its own network (RFC 1122 3.3.1.1). */
  add(via: Interface): void {
    this.#interfaces.push(via);
    this.routes.add(via.prefix, via, undefined);
  }

  isLocal(ip: Ip): boolean {
    return this.#owner(ip) !== undefined || isLoopback(ip);
  }

  sourceFor(destination: Ip): Ip | undefined {
    if (isLoopback(destination)) return LOOPBACK_IP;
    if (this.#owner(destination) !== undefined) return destination;
    return this.#route(destination, undefined)?.via.address;
  }

  payloadLimit(destination: Ip): number {
    const mtu = this.isLocal(destination) ? MAX_DATAGRAM : this.#route(destination, undefined)?.via.link.mtu;
    return (mtu ?? SMALLEST_MTU) - IPV4_HEADER;
  }

  /** As Internet's. TCP's segments are sent with DF set (RFC 1191), others without, unless the options say otherwise. Throws BAD_TTL. */
  begin(
    protocol: Protocol,
    source: Ip,
    destination: Ip,
    length: number,
    options: SendOptions = NO_OPTIONS,
  ): Uint8Array | IpRefusal {
    const total = IPV4_HEADER + length;
    if (total > MAX_DATAGRAM) return 'ip:too-long';
    const ttl = checkedTtl(options.ttl ?? (isMulticastIp(destination) ? MULTICAST_TTL : this.#ttl));
    const dontFragment = options.dontFragment ?? protocol === PROTOCOL.tcp;
    this.#datagram = undefined;
    const place = this.isLocal(destination)
      ? this.#beginLocal(source, total)
      : this.#beginLink(source, destination, total, dontFragment);
    if (typeof place === 'string') return place;
    this.#open = true;
    const at = place.length - total; // behind the MAC header, if there is one
    const flags = Ipv4View.fragmentWord(dontFragment, false, 0);
    const id = this.#identification;
    this.#identification = (id + 1) & 0xffff;
    Ipv4View.write(place, at, total, (options.tos ?? 0) & 0xff, id, flags, ttl, protocol, source, destination);
    return place.subarray(at + IPV4_HEADER);
  }

  end(now: Instant): void {
    assert(this.#open, 'end without begin');
    this.#open = false;
    this.#sent++;
    const datagram = this.#datagram;
    if (this.#via === undefined) this.#loopback.end();
    else if (datagram === undefined) this.#via.link.end(now);
    else this.#via.send(this.#nextHop, datagram, now);
  }

  /** Takes what a card received, or with `via` undefined, what this host sent to itself. `packet` may have padding behind it. */
  receive(via: Interface | undefined, packet: Uint8Array, linkBroadcast: boolean, now: Instant): void {
    this.#received++;
    const ip = Ipv4View.parse(packet);
    if (typeof ip === 'string') {
      this.#drops.drop(ip, now, packet);
      return;
    }
    const broadcast = via?.isBroadcast(ip.destination) ?? false;
    const objection = via && this.#objection(ip, via, broadcast, linkBroadcast);
    if (objection !== undefined) this.#drops.drop(objection, now, packet);
    else if (!ip.isFragment) this.#deliver(ip, ip.payload, broadcast, now);
    else {
      const whole = this.#reassembler.add(ip, now);
      if (whole !== undefined) this.#deliver(new Ipv4View(whole.bytes), whole.payload, broadcast, now);
    }
  }

  poll(now: Instant): void {
    this.#now = now;
    for (const via of this.#interfaces) via.poll(now);
    // Only what is there now: an answer to ourselves comes at the next poll.
    for (let left = this.#loopback.length; left > 0; left--) {
      const datagram = this.#loopback.take();
      if (datagram !== undefined) this.receive(undefined, datagram, false, now);
    }
    for (let late = this.#reassembler.expire(now); late !== undefined; late = this.#reassembler.expire(now))
      if (late.first !== undefined) this.#onReassemblyTimeout(late.first, now);
  }

  nextDeadline(): Instant | undefined {
    if (this.#loopback.length > 0) return this.#now;
    let next = this.#reassembler.nextDeadline();
    for (const via of this.#interfaces) next = earliest(next, via.nextDeadline());
    return next;
  }

  #beginLocal(source: Ip, total: number): Uint8Array | IpRefusal {
    if (!this.isLocal(source)) return 'ip:no-route';
    this.#via = undefined;
    return this.#loopback.begin(total) ?? 'ip:busy';
  }

  #beginLink(source: Ip, destination: Ip, total: number, dontFragment: boolean): Uint8Array | IpRefusal {
    // RFC 1122 3.2.1.3: what leaves has one of the host's own addresses as its source, and never a loopback one.
    const owner = this.#owner(source);
    const route = owner && this.#route(destination, owner);
    if (route === undefined) return 'ip:no-route';
    const { via } = route;
    this.#via = via;
    this.#nextHop = route.gateway ?? destination;
    const mac = via.resolve(this.#nextHop);
    if (mac === 'unreachable') return 'ip:host-unreachable';
    const fits = total <= via.link.mtu;
    if (!fits && dontFragment) return 'ip:too-long';
    if (mac !== undefined && fits) return via.begin(mac, total) ?? (via.link.isUp ? 'ip:busy' : 'ip:link-down');
    if (!via.link.isUp) return 'ip:link-down';
    if (!via.canSend) return 'ip:busy';
    this.#datagram = new Uint8Array(total);
    return this.#datagram;
  }

  /** Broadcast and multicast stay on the link of `owner`, or of the first card: they must not follow the default route. */
  #route(destination: Ip, owner: Interface | undefined): Pick<Route, 'via' | 'gateway'> | undefined {
    if (destination !== BROADCAST_IP && !isMulticastIp(destination)) return this.routes.find(destination);
    const via = owner ?? this.#interfaces[0];
    return via && { via, gateway: undefined };
  }

  #owner(ip: Ip): Interface | undefined {
    for (const via of this.#interfaces) if (via.address === ip) return via;
    return undefined;
  }

  /** Why a datagram with a good header is not taken from a card. */
  #objection(ip: Ipv4View, via: Interface, broadcast: boolean, linkBroadcast: boolean): NetworkDrop | undefined {
    const { source, destination } = ip;
    if (isLoopback(source) || isLoopback(destination)) return 'ip:loopback-on-wire';
    if (!broadcast && this.#owner(destination) === undefined) return 'ip:not-for-us';
    // RFC 1122 3.3.6: a link broadcast that carries a datagram for one host is somebody's error.
    if (linkBroadcast && !broadcast) return 'ip:unicast-in-broadcast';
    // RFC 1122 3.2.1.3: a source is one host, and not this one. 0.0.0.0 has no address yet, and so cannot be answered.
    if (source >>> 28 >= 0xe || via.isBroadcast(source) || this.#owner(source) !== undefined) return 'ip:bad-source';
    return source === 0 && !broadcast ? 'ip:bad-source' : undefined;
  }
}
