/** What one user of UDP holds: a port, two bounded queues of whole datagrams, and the peer if there is one. */
import { ANY_IP, type Ip } from '../base/address.ts';
import { LanError } from '../base/errors.ts';
import { checkedTtl, type SendOptions } from '../network/internet.ts';
import { UDP_MAX_PAYLOAD } from '../wire/udp.ts';
import { type Endpoint, formatEndpoint, isPort } from './ports.ts';

/** Bounds of each queue of an endpoint, in datagrams and in octets of payload; it always takes one, however long. */
export const UDP_QUEUE = { datagrams: 256, octets: 262_144 } as const;

export type UdpError = 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'ENETDOWN' | 'EMSGSIZE';

export interface Datagram {
  readonly source: Endpoint;
  /** The address it was sent to: this host's, or a broadcast or multicast address (1122-U11). */
  readonly destination: Ip;
  readonly bytes: Uint8Array;
}

/** A datagram on its way down. `source` is what the endpoint was bound to; ANY_IP lets IP choose. */
export interface Outgoing {
  readonly source: Ip;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
  readonly options: SendOptions | undefined;
}

/** What an endpoint asks of the engine it belongs to. */
export interface UdpOwner {
  /** The address this host would use towards `ip`; undefined where no route leads. */
  sourceFor(ip: Ip): Ip | undefined;
  /** Something lies in the endpoint's send queue: send it at the next poll. */
  wantsToSend(endpoint: UdpEndpoint): void;
  release(endpoint: UdpEndpoint): void;
}

export class UdpEndpoint {
  readonly #owner: UdpOwner;
  #local: Endpoint;
  #remote: Endpoint | undefined;
  #error: UdpError | undefined;
  readonly #received = new DatagramQueue<Datagram>();
  readonly #toSend = new DatagramQueue<Outgoing>();
  /** Called from the engine's poll when there may be something to receive, room to send, or an error. */
  onChange: (() => void) | undefined;

  constructor(owner: UdpOwner, local: Endpoint) {
    this.#owner = owner;
    this.#local = local;
  }

  get local(): Endpoint {
    return this.#local;
  }
  get remote(): Endpoint | undefined {
    return this.#remote;
  }
  /** Datagrams that wait to be received. */
  get readable(): number {
    return this.#received.length;
  }
  /** Octets that wait to be received, and to be sent. */
  get receiveQueued(): number {
    return this.#received.octets;
  }
  get sendQueued(): number {
    return this.#toSend.octets;
  }

  /** From now on only `remote` is heard, `send` needs no address, and ICMP errors come back. A second call changes the peer. */
  connect(remote: Endpoint): void {
    if (remote.port === 0 || remote.ip === ANY_IP || !isPort(remote.port))
      throw new LanError('EADDRNOTAVAIL', `${formatEndpoint(remote)} is nobody's address`);
    const source = this.#owner.sourceFor(remote.ip);
    if (source === undefined) throw new LanError('ENETUNREACH', `no route leads to ${formatEndpoint(remote)}`);
    if (this.#local.ip === ANY_IP) this.#local = { ip: source, port: this.#local.port };
    this.#remote = remote;
    // What strangers sent before is not the peer's.
    this.#received.keep((d) => d.source.ip === remote.ip && d.source.port === remote.port);
  }

  /**
   * Copies `payload` into the send queue; false: the queue is full, onChange tells when it no longer is. `to` may be left out on a connected endpoint.
   * Throws EMSGSIZE above 65,507 octets, EDESTADDRREQ without a destination, ENETUNREACH without a route, BAD_TTL.
   */
  send(payload: Uint8Array, to?: Endpoint, options?: SendOptions): boolean {
    const destination = to ?? this.#remote;
    if (destination === undefined) throw new LanError('EDESTADDRREQ', 'a datagram needs a destination');
    if (payload.length > UDP_MAX_PAYLOAD)
      throw new LanError('EMSGSIZE', `a datagram takes ${UDP_MAX_PAYLOAD} octets, not ${payload.length}`);
    if (destination.port === 0 || !isPort(destination.port))
      throw new LanError('EADDRNOTAVAIL', `${formatEndpoint(destination)}: no datagram goes to this port`);
    if (this.#owner.sourceFor(destination.ip) === undefined)
      throw new LanError('ENETUNREACH', `no route leads to ${formatEndpoint(destination)}`);
    if (options?.ttl !== undefined) checkedTtl(options.ttl);
    if (!this.#toSend.hasRoomFor(payload.length)) return false;
    this.#toSend.push({ source: this.#local.ip, destination, bytes: payload.slice(), options });
    this.#owner.wantsToSend(this);
    return true;
  }

  /** The oldest datagram that waits, the caller's from now on; undefined: none. */
  receive(): Datagram | undefined {
    return this.#received.shift();
  }

  get hasRoom(): boolean {
    return this.#toSend.hasRoomFor(1);
  }

  get error(): UdpError | undefined {
    return this.#error;
  }
  /** The error since the last call, which is hereby forgotten: UDP goes on after it. */
  takeError(): UdpError | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  /** Gives the port back. What waits in the send queue is still sent; what waits to be received is thrown away. */
  close(): void {
    this.onChange = undefined;
    this.#received.keep(() => false);
    this.#owner.release(this);
  }

  /** For Udp: whether a datagram from there to here is this endpoint's; a higher number is a closer match, 0 is none. */
  match(source: Ip, sourcePort: number, destination: Ip): number {
    const here = this.#local.ip;
    const peer = this.#remote;
    if (here !== ANY_IP && here !== destination) return 0;
    if (peer !== undefined && (peer.ip !== source || peer.port !== sourcePort)) return 0;
    return 1 + (here === ANY_IP ? 0 : 1) + (peer === undefined ? 0 : 2);
  }

  /**
   * For Udp: keeps the datagram, and throws away the oldest ones where there is no room: in a stream of datagrams the newest is worth
   * most (S129), and who needs every one asks again. Answers how many were thrown away.
   */
  deliver(datagram: Datagram): number {
    let lost = 0;
    for (; !this.#received.hasRoomFor(datagram.bytes.length); lost++) this.#received.shift();
    this.#received.push(datagram);
    this.onChange?.();
    return lost;
  }

  /** For Udp: an error for a connected endpoint. Without a peer nobody could tell whose it is (1122-U5). */
  fail(error: UdpError): void {
    if (this.#remote === undefined) return;
    this.#error = error;
    this.onChange?.();
  }

  /** For Udp: the datagram to send next, which stays in the queue until `sent`. */
  get outgoing(): Outgoing | undefined {
    return this.#toSend.first;
  }
  sent(): void {
    const wasFull = !this.hasRoom;
    this.#toSend.shift();
    if (wasFull) this.onChange?.();
  }
}

/** First in, first out, bounded by UDP_QUEUE; the user asks for room before it pushes. */
class DatagramQueue<T extends { readonly bytes: Uint8Array }> {
  #items: T[] = [];
  #octets = 0;

  get length(): number {
    return this.#items.length;
  }
  get octets(): number {
    return this.#octets;
  }
  get first(): T | undefined {
    return this.#items[0];
  }

  hasRoomFor(octets: number): boolean {
    const { length } = this.#items;
    return length === 0 || (length < UDP_QUEUE.datagrams && this.#octets + octets <= UDP_QUEUE.octets);
  }

  push(item: T): void {
    this.#items.push(item);
    this.#octets += item.bytes.length;
  }

  shift(): T | undefined {
    const item = this.#items.shift();
    this.#octets -= item?.bytes.length ?? 0;
    return item;
  }

  keep(wanted: (item: T) => boolean): void {
    this.#items = this.#items.filter(wanted);
    this.#octets = this.#items.reduce((octets, item) => octets + item.bytes.length, 0);
  }
}
