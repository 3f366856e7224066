/** UDP: RFC 768, RFC 1122 4.1. Datagrams are not sent again, not put in order and not held back (S127). */
import { ANY_IP, formatIp, type Ip } from '../base/address.ts';
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { after, type Instant, milliseconds, START } from '../base/time.ts';
import { DropCounter } from '../network/drops.ts';
import { type IcmpError, type Internet, type IpRefusal, PROTOCOL, type TransportHandler } from '../network/internet.ts';
import type { Tracer } from '../trace/event.ts';
import { UDP_HEADER, type UdpDrop, UdpView } from '../wire/udp.ts';
import { type Endpoint, formatEndpoint, isPort, type Ports } from './ports.ts';
import { UdpEndpoint, type UdpError, type UdpOwner } from './udp-endpoint.ts';

export interface UdpOptions {
  readonly internet: Internet;
  readonly ports: Ports;
  readonly trace?: Tracer | undefined;
}

/** 'udp:queue-full' counts the oldest datagrams that made room; the 'ip:' ones are what IP refused to carry. */
export type UdpLoss = UdpDrop | 'udp:no-socket' | 'udp:queue-full' | Exclude<IpRefusal, 'ip:busy'>;

// When IP was busy, it is asked again after this, should nothing else wake the host before.
const BUSY_RETRY = milliseconds(1);

const REFUSED: Record<Exclude<IpRefusal, 'ip:busy'>, UdpError> = {
  'ip:no-route': 'ENETUNREACH',
  'ip:host-unreachable': 'EHOSTUNREACH',
  'ip:too-long': 'EMSGSIZE',
  'ip:link-down': 'ENETDOWN',
};

/** What a connected endpoint is told (1122-I50, 1122-U5); the others are hints that a datagram protocol can do nothing about. */
const UNREACHABLE: Partial<Record<IcmpError['kind'], UdpError>> = {
  'port-unreachable': 'ECONNREFUSED',
  'protocol-unreachable': 'ECONNREFUSED',
  'host-unreachable': 'EHOSTUNREACH',
  'net-unreachable': 'ENETUNREACH',
  'source-route-failed': 'EHOSTUNREACH',
  prohibited: 'EHOSTUNREACH',
  'fragmentation-needed': 'EMSGSIZE',
};

export class Udp implements TransportHandler, Engine, UdpOwner {
  readonly #internet: Internet;
  readonly #ports: Ports;
  readonly #drops: DropCounter<UdpLoss>;
  readonly #byPort = new Map<number, UdpEndpoint[]>();
  readonly #senders = new Set<UdpEndpoint>();
  #sendAt: Instant = START;

  constructor(options: UdpOptions) {
    this.#internet = options.internet;
    this.#ports = options.ports;
    this.#drops = new DropCounter(options.trace);
    this.#internet.register(PROTOCOL.udp, this);
  }

  /**
   * An endpoint at `local`; port 0 (the default) stands for an ephemeral one, ANY_IP (the default) for all addresses.
   * Throws EADDRNOTAVAIL where the address is not this host's or no port is left, EADDRINUSE where somebody else holds it.
   */
  bind(local: Partial<Endpoint> = {}): UdpEndpoint {
    const ip = local.ip ?? ANY_IP;
    if (ip !== ANY_IP && !this.#internet.isLocal(ip))
      throw new LanError('EADDRNOTAVAIL', `${formatIp(ip)} is not an address of this host`);
    const port = local.port || this.#ports.ephemeral((candidate) => this.#isTaken(ip, candidate));
    if (port === undefined || !isPort(port)) throw new LanError('EADDRNOTAVAIL', `no UDP port ${port ?? 'is left'}`);
    if (this.#isTaken(ip, port)) throw new LanError('EADDRINUSE', `UDP port ${formatEndpoint({ ip, port })} is in use`);
    const endpoint = new UdpEndpoint(this, { ip, port });
    const others = this.#byPort.get(port);
    if (others === undefined) this.#byPort.set(port, [endpoint]);
    else others.push(endpoint);
    return endpoint;
  }

  /** Datagrams that were thrown away, by reason. */
  get drops(): ReadonlyMap<UdpLoss, number> {
    return this.#drops.counts;
  }

  /** Throws nothing: what is wrong with a datagram is counted and traced. */
  receive(source: Ip, destination: Ip, payload: Uint8Array, now: Instant): boolean {
    const udp = UdpView.parse(payload);
    if (typeof udp === 'string') return this.#drop(udp, now, payload, true);
    if (!udp.isIntact(source, destination)) return this.#drop('udp:bad-checksum', now, payload, true);
    const endpoint = this.#find(source, udp.sourcePort, destination, udp.destinationPort);
    if (endpoint === undefined) return this.#drop('udp:no-socket', now, payload, false);
    const bytes = udp.payload.slice(); // the queue keeps it: the only copy on this path
    const lost = endpoint.deliver({ source: { ip: source, port: udp.sourcePort }, destination, bytes });
    for (let i = 0; i < lost; i++) this.#drop('udp:queue-full', now, undefined, true);
    return true;
  }

  onError(error: IcmpError, source: Ip, destination: Ip, quoted: Uint8Array, _now: Instant): void {
    const code = UNREACHABLE[error.kind];
    if (code === undefined || quoted.length < UDP_HEADER) return;
    const sent = new UdpView(quoted);
    // Our datagram went from source to destination, so its answer would have come the other way round.
    this.#find(destination, sent.destinationPort, source, sent.sourcePort)?.fail(code);
  }

  /** Sends what lies in the send queues, as far as IP takes it. */
  poll(now: Instant): void {
    if (this.#senders.size === 0) return;
    // Who was not done goes to the end of the line.
    for (const endpoint of [...this.#senders]) {
      this.#senders.delete(endpoint);
      if (!this.#sendAll(endpoint, now)) this.#senders.add(endpoint);
    }
    this.#sendAt = after(now, BUSY_RETRY);
  }

  nextDeadline(): Instant | undefined {
    return this.#senders.size === 0 ? undefined : this.#sendAt;
  }

  sourceFor(ip: Ip): Ip | undefined {
    return this.#internet.sourceFor(ip);
  }

  wantsToSend(endpoint: UdpEndpoint): void {
    this.#senders.add(endpoint);
    this.#sendAt = START;
  }

  release(endpoint: UdpEndpoint): void {
    const { port } = endpoint.local;
    const rest = (this.#byPort.get(port) ?? []).filter((other) => other !== endpoint);
    if (rest.length === 0) this.#byPort.delete(port);
    else this.#byPort.set(port, rest);
  }

  /** True: its queue is empty. */
  #sendAll(endpoint: UdpEndpoint, now: Instant): boolean {
    for (let next = endpoint.outgoing; next !== undefined; next = endpoint.outgoing) {
      const { destination, bytes, options } = next;
      const source = next.source === ANY_IP ? (this.#internet.sourceFor(destination.ip) ?? ANY_IP) : next.source;
      const length = UDP_HEADER + bytes.length;
      const place = this.#internet.begin(PROTOCOL.udp, source, destination.ip, length, options);
      if (place === 'ip:busy') return false;
      if (typeof place === 'string') {
        this.#drop(place, now, bytes, true);
        endpoint.fail(REFUSED[place]);
      } else {
        UdpView.write(place, source, endpoint.local.port, destination.ip, destination.port, bytes);
        this.#internet.end(now);
      }
      endpoint.sent();
    }
    return true;
  }

  #isTaken(ip: Ip, port: number): boolean {
    const holders = this.#byPort.get(port);
    if (holders === undefined) return false;
    return holders.some(({ local }) => ip === ANY_IP || local.ip === ANY_IP || local.ip === ip);
  }

  #find(source: Ip, sourcePort: number, destination: Ip, port: number): UdpEndpoint | undefined {
    let best: UdpEndpoint | undefined;
    let closest = 0;
    for (const endpoint of this.#byPort.get(port) ?? []) {
      const match = endpoint.match(source, sourcePort, destination);
      if (match > closest) {
        closest = match;
        best = endpoint;
      }
    }
    return best;
  }

  #drop<T>(reason: UdpLoss, at: Instant, bytes: Uint8Array | undefined, answer: T): T {
    this.#drops.drop(reason, at, bytes);
    return answer;
  }
}
