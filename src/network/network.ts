/** The network layer of one computer: its cards, IP, ARP and ICMP put together. What a host holds and polls. */
import {
  broadcastOf,
  formatIp,
  formatPrefix,
  type Ip,
  inPrefix,
  isGroupMac,
  type Prefix,
  prefixMask,
} from '../base/address.ts';
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { ETHER_TYPE, EthernetView } from '../wire/ethernet.ts';
import { Ipv4View } from '../wire/ipv4.ts';
import type { ArpOptions } from './arp.ts';
import { DropCounter, type NetworkDrop } from './drops.ts';
import { Icmp } from './icmp.ts';
import { Interface } from './interface.ts';
import {
  type Internet,
  type IpRefusal,
  PROTOCOL,
  type Protocol,
  type SendOptions,
  type TransportHandler,
} from './internet.ts';
import { Ipv4 } from './ipv4.ts';
import type { Link } from './link.ts';
import { isLoopback } from './loopback.ts';
import type { Route } from './route.ts';

export interface NetworkOptions {
  /** For the first identification; default: seed 1. */
  readonly random?: Random | undefined;
  /** Time to live of what is sent, 1 … 255; default 64. */
  readonly ttl?: number | undefined;
  readonly arp?: ArpOptions | undefined;
  readonly trace?: Tracer | undefined;
}

export interface NetworkStatistics {
  readonly framesReceived: number;
  readonly datagramsReceived: number;
  readonly datagramsSent: number;
  readonly drops: ReadonlyMap<NetworkDrop, number>;
}

export class Network implements Internet, Engine {
  readonly icmp: Icmp;
  readonly #ipv4: Ipv4;
  readonly #drops: DropCounter;
  readonly #options: NetworkOptions;
  readonly #handlers = new Map<number, TransportHandler>();
  #framesReceived = 0;

  /** Throws BAD_TTL. */
  constructor(options: NetworkOptions = {}) {
    this.#options = options;
    this.#drops = new DropCounter(options.trace);
    this.#ipv4 = new Ipv4(this.#drops, {
      random: options.random ?? new Random(1),
      ttl: options.ttl,
      deliver: (ip, payload, broadcast, now) => this.#deliver(ip, payload, broadcast, now),
      onReassemblyTimeout: ({ bytes, payload }, now) =>
        this.icmp.sendReassemblyTimeout(new Ipv4View(bytes), payload, now),
    });
    this.icmp = new Icmp({
      internet: this,
      drops: this.#drops,
      handlerOf: (protocol) => this.#handlers.get(protocol),
    });
  }

  /** Takes the card at `link` into use, with the host's address on its network. Throws BAD_ADDRESS. */
  addInterface(link: Link, prefix: Prefix, name = `eth${this.#ipv4.interfaces.length}`): Interface {
    if (!isHostAddress(prefix.ip, prefix))
      throw new LanError('BAD_ADDRESS', `${formatPrefix(prefix)} cannot be a host's address`);
    const via = new Interface(link, prefix, this.#drops, {
      name,
      arp: this.#options.arp,
      trace: this.#options.trace,
      onUnreachable: (datagram, now) =>
        this.icmp.tell({ kind: 'host-unreachable' }, prefix.ip, new Ipv4View(datagram), now),
    });
    this.#ipv4.add(via);
    link.onFrame = (frame, now) => this.#receive(via, frame, now);
    return via;
  }

  /** Sends what is for `prefix` to `gateway`, in the place of an older route for it. Throws BAD_ROUTE where the gateway is not on a card's own network. */
  addRoute(prefix: Prefix, gateway: Ip): void {
    const via = this.interfaces.find(
      (one) => inPrefix(gateway, one.prefix) && isHostAddress(gateway, one.prefix) && gateway !== one.address,
    );
    if (via === undefined)
      throw new LanError('BAD_ROUTE', `${formatIp(gateway)} is no other host on a network of this computer's cards`);
    this.#ipv4.routes.add(prefix, via, gateway);
  }

  /** The router for everything that no other route leads to. Throws BAD_ROUTE as `addRoute`. */
  setGateway(gateway: Ip): void {
    this.addRoute({ ip: 0 as Ip, length: 0 }, gateway);
  }

  get interfaces(): readonly Interface[] {
    return this.#ipv4.interfaces;
  }
  /** Longest prefix first. */
  get routes(): readonly Route[] {
    return this.#ipv4.routes.routes;
  }
  get statistics(): NetworkStatistics {
    return {
      framesReceived: this.#framesReceived,
      datagramsReceived: this.#ipv4.received,
      datagramsSent: this.#ipv4.sent,
      drops: this.#drops.counts,
    };
  }

  sourceFor(destination: Ip): Ip | undefined {
    return this.#ipv4.sourceFor(destination);
  }
  payloadLimit(destination: Ip): number {
    return this.#ipv4.payloadLimit(destination);
  }
  isLocal(ip: Ip): boolean {
    return this.#ipv4.isLocal(ip);
  }
  begin(
    protocol: Protocol,
    source: Ip,
    destination: Ip,
    length: number,
    options?: SendOptions,
  ): Uint8Array | IpRefusal {
    return this.#ipv4.begin(protocol, source, destination, length, options);
  }
  end(now: Instant): void {
    this.#ipv4.end(now);
  }
  register(protocol: Protocol, handler: TransportHandler): void {
    this.#handlers.set(protocol, handler);
  }

  poll(now: Instant): void {
    this.#ipv4.poll(now);
  }
  nextDeadline(): Instant | undefined {
    return this.#ipv4.nextDeadline();
  }

  #receive(via: Interface, frame: Uint8Array, now: Instant): void {
    this.#framesReceived++;
    const ethernet = EthernetView.parse(frame);
    const reason = typeof ethernet === 'string' ? ethernet : this.#dispatch(via, ethernet, now);
    if (reason !== undefined) this.#drops.drop(reason, now, frame);
  }

  #dispatch(via: Interface, ethernet: EthernetView, now: Instant): NetworkDrop | undefined {
    const { destination, type } = ethernet;
    const group = isGroupMac(destination);
    // A card in promiscuous mode hands over what is for others.
    if (!group && destination !== via.link.mac) return 'ethernet:not-for-us';
    if (type === ETHER_TYPE.ipv4) this.#ipv4.receive(via, ethernet.payload, group, now);
    else if (type === ETHER_TYPE.arp) via.receiveArp(ethernet.payload, now);
    else return 'ethernet:unknown-type';
    return undefined;
  }

  #deliver(ip: Ipv4View, payload: Uint8Array, broadcast: boolean, now: Instant): void {
    const { protocol } = ip;
    const handler = this.#handlers.get(protocol);
    if (protocol === PROTOCOL.icmp) this.icmp.receive(ip, payload, broadcast, now);
    else if (handler === undefined) {
      this.#drops.drop('ip:no-protocol', now, ip.bytes);
      this.icmp.sendUnreachable('protocol', ip, payload, broadcast, now);
    } else {
      const wanted = handler.receive(ip.source, ip.destination, payload, now);
      // TCP answers for itself, with a reset.
      if (!wanted && protocol === PROTOCOL.udp) this.icmp.sendUnreachable('port', ip, payload, broadcast, now);
    }
  }
}

/** One host on the network of `prefix`: no loopback, group or reserved address, and not all zeros or ones behind the prefix. */
function isHostAddress(ip: Ip, prefix: Prefix): boolean {
  if (ip >>> 24 === 0 || ip >>> 28 >= 0xe || isLoopback(ip)) return false;
  const host = (ip & ~prefixMask(prefix.length)) >>> 0;
  return prefix.length >= 31 || (host !== 0 && ip !== broadcastOf(prefix));
}
