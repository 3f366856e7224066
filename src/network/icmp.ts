/** ICMP: RFC 792, RFC 1122 section 3.2.2. Answers echoes, asks for them, reports what cannot be delivered, passes errors up. */
import type { Ip } from '../base/address.ts';
import { type Instant, seconds } from '../base/time.ts';
import { ICMP_HEADER, ICMP_TYPE, IcmpView, isIcmpError, REASSEMBLY_TIME, UNREACHABLE } from '../wire/icmp.ts';
import { IPV4_HEADER, Ipv4View } from '../wire/ipv4.ts';
import type { DropCounter, NetworkDrop } from './drops.ts';
import {
  type IcmpError,
  type Internet,
  type IpRefusal,
  PROTOCOL,
  type SendOptions,
  type TransportHandler,
} from './internet.ts';

// RFC 1812 4.3.2.3: an error quotes as much as fits in a datagram of 576 octets.
const MAX_QUOTE = 576 - IPV4_HEADER - ICMP_HEADER;
// RFC 792: the quote has at least 8 octets behind the header, and no transport is told of less.
const MIN_QUOTED = 8;
// RFC 1812 4.3.2.8: errors are limited in rate; a burst of this many, then this many a second.
const ERROR_BURST = 50;
const ERRORS_PER_SECOND = 50;

/** Who asked for echoes with one identifier. */
export interface EchoHandler {
  /** `data` is borrowed until return. */
  onReply(from: Ip, sequence: number, data: Uint8Array, ttl: number, now: Instant): void;
  /** A request did not arrive; `from` is who says so. */
  onError(error: IcmpError, from: Ip, destination: Ip, sequence: number, now: Instant): void;
}

export interface PingOptions extends SendOptions {
  /** One of the host's addresses; default: the one towards the destination. */
  readonly source?: Ip;
}

/** RFC 792, by code of destination unreachable; RFC 1122 3.2.2.1 and RFC 1812 5.2.7.1 for those above 5. */
const UNREACHABLE_KINDS = [
  'net-unreachable',
  'host-unreachable',
  'protocol-unreachable',
  'port-unreachable',
  undefined, // fragmentation needed has an MTU with it
  'source-route-failed',
  'net-unreachable',
  'host-unreachable',
  'host-unreachable',
  'prohibited',
  'prohibited',
  'net-unreachable',
  'host-unreachable',
  'prohibited',
  'prohibited',
  'prohibited',
] as const;

export interface IcmpOptions {
  readonly internet: Internet;
  readonly drops: DropCounter;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
}

export class Icmp {
  readonly #internet: Internet;
  readonly #drops: DropCounter;
  readonly #handlerOf: IcmpOptions['handlerOf'];
  readonly #echoes = new Map<number, EchoHandler>();
  #errorsLeft = ERROR_BURST;
  #errorsAt = 0 as Instant;

  constructor(options: IcmpOptions) {
    this.#internet = options.internet;
    this.#drops = options.drops;
    this.#handlerOf = options.handlerOf;
  }

  /** Who gets the replies for `identifier`, 0 … 65535; undefined: nobody any more. */
  onEcho(identifier: number, handler: EchoHandler | undefined): void {
    if (handler === undefined) this.#echoes.delete(identifier);
    else this.#echoes.set(identifier, handler);
  }

  /** Sends one echo request; the answer goes to the handler of `identifier`. Undefined: it is on its way. */
  ping(
    destination: Ip,
    identifier: number,
    sequence: number,
    data: Uint8Array,
    now: Instant,
    options: PingOptions = {},
  ): IpRefusal | undefined {
    const source = options.source ?? this.#internet.sourceFor(destination);
    if (source === undefined) return 'ip:no-route';
    const type = ICMP_TYPE.echoRequest;
    return this.#send(source, destination, type, 0, identifier, sequence, data, now, options);
  }

  /** Takes an ICMP message for this host. */
  receive(ip: Ipv4View, payload: Uint8Array, broadcast: boolean, now: Instant): void {
    const icmp = IcmpView.parse(payload);
    const reason = typeof icmp === 'string' ? icmp : this.#act(ip, icmp, broadcast, now);
    if (reason !== undefined) this.#drops.drop(reason, now, ip.bytes);
  }

  /** Says that nobody takes `ip`'s protocol, or its port. `payload` is what follows the header in `ip.bytes`. */
  sendUnreachable(
    what: 'protocol' | 'port',
    ip: Ipv4View,
    payload: Uint8Array,
    broadcast: boolean,
    now: Instant,
  ): void {
    if (!broadcast) this.#sendError(ICMP_TYPE.destinationUnreachable, UNREACHABLE[what], ip, payload, now);
  }

  /** Says that the rest of the fragments did not come (RFC 1122 3.3.2). */
  sendReassemblyTimeout(ip: Ipv4View, payload: Uint8Array, now: Instant): void {
    if (this.#internet.isLocal(ip.destination))
      this.#sendError(ICMP_TYPE.timeExceeded, REASSEMBLY_TIME, ip, payload, now);
  }

  /** Tells whoever sent `datagram` from this host that it did not arrive; `from` is who says so. Returns why nobody was told. */
  tell(error: IcmpError, from: Ip, datagram: Ipv4View, now: Instant): NetworkDrop | undefined {
    const quoted = datagram.payload;
    if (quoted.length < MIN_QUOTED || datagram.fragmentOffset !== 0) return 'icmp:bad-quote';
    const { protocol, source, destination } = datagram;
    if (protocol !== PROTOCOL.icmp) {
      const handler = this.#handlerOf(protocol);
      handler?.onError(error, source, destination, quoted, now);
      return handler === undefined ? 'icmp:unwanted-error' : undefined;
    }
    const echo = new IcmpView(quoted);
    const handler = echo.type === ICMP_TYPE.echoRequest ? this.#echoes.get(echo.identifier) : undefined;
    handler?.onError(error, from, destination, echo.sequence, now);
    return handler === undefined ? 'icmp:unwanted-error' : undefined;
  }

  #act(ip: Ipv4View, icmp: IcmpView, broadcast: boolean, now: Instant): NetworkDrop | undefined {
    switch (icmp.type) {
      case ICMP_TYPE.echoRequest:
        // RFC 1122 3.2.2.6 leaves it open; answering would make a broadcast ping a storm.
        return broadcast ? 'icmp:echo-to-broadcast' : this.#answer(ip, icmp, now);
      case ICMP_TYPE.echoReply: {
        const handler = this.#echoes.get(icmp.identifier);
        handler?.onReply(ip.source, icmp.sequence, icmp.body, ip.ttl, now);
        return handler === undefined ? 'icmp:unasked-reply' : undefined;
      }
      case ICMP_TYPE.destinationUnreachable:
      case ICMP_TYPE.timeExceeded:
      case ICMP_TYPE.parameterProblem:
        return this.#passUp(ip, icmp, now);
      // A host that follows whatever calls itself a router can be led away; and RFC 6633 has put source quench out of use.
      case ICMP_TYPE.redirect:
        return 'icmp:redirect';
      case ICMP_TYPE.sourceQuench:
        return 'icmp:source-quench';
      default:
        return 'icmp:unknown-type';
    }
  }

  /** The reply comes from the address that was asked, and in the same class of service. */
  #answer(ip: Ipv4View, icmp: IcmpView, now: Instant): NetworkDrop | undefined {
    const { source, destination, tos } = ip;
    const { identifier, sequence, body } = icmp;
    const type = ICMP_TYPE.echoReply;
    const refusal = this.#send(destination, source, type, 0, identifier, sequence, body, now, { tos });
    return refusal === undefined ? undefined : 'icmp:not-sent';
  }

  #passUp(ip: Ipv4View, icmp: IcmpView, now: Instant): NetworkDrop | undefined {
    const quote = Ipv4View.parseQuote(icmp.body);
    if (typeof quote === 'string') return 'icmp:bad-quote';
    if (!this.#internet.isLocal(quote.source)) return 'icmp:quote-not-ours';
    const error = errorOf(icmp);
    if (error === undefined) return 'icmp:unknown-type';
    return this.tell(error, ip.source, quote, now);
  }

  /** Unless RFC 1122 3.2.2 forbids it: about an error, or to what is not one host. (About a fragment that is not the first there is no call.) */
  #sendError(type: number, code: number, ip: Ipv4View, payload: Uint8Array, now: Instant): void {
    if (ip.protocol === PROTOCOL.icmp && (payload.length === 0 || isIcmpError(new IcmpView(payload).type))) return;
    if (ip.source === 0 || ip.source >>> 28 >= 0xe) return;
    const quote = ip.bytes.subarray(0, Math.min(MAX_QUOTE, ip.headerLength + payload.length));
    if (!this.#mayReport(now) || this.#send(ip.destination, ip.source, type, code, 0, 0, quote, now, {}) !== undefined)
      this.#drops.drop('icmp:not-sent', now, ip.bytes);
  }

  /** A bucket of tokens. */
  #mayReport(now: Instant): boolean {
    const earned = ((now - this.#errorsAt) / seconds(1)) * ERRORS_PER_SECOND;
    this.#errorsLeft = Math.min(ERROR_BURST, this.#errorsLeft + earned);
    this.#errorsAt = now;
    if (this.#errorsLeft < 1) return false;
    this.#errorsLeft--;
    return true;
  }

  #send(
    source: Ip,
    destination: Ip,
    type: number,
    code: number,
    identifier: number,
    sequence: number,
    body: Uint8Array,
    now: Instant,
    options: SendOptions,
  ): IpRefusal | undefined {
    const place = this.#internet.begin(PROTOCOL.icmp, source, destination, ICMP_HEADER + body.length, options);
    if (typeof place === 'string') return place;
    place.set(body, ICMP_HEADER);
    IcmpView.seal(place, type, code, identifier, sequence);
    this.#internet.end(now);
    return undefined;
  }
}

function errorOf(icmp: IcmpView): IcmpError | undefined {
  if (icmp.type === ICMP_TYPE.timeExceeded) return { kind: 'time-exceeded' };
  if (icmp.type === ICMP_TYPE.parameterProblem) return { kind: 'parameter-problem' };
  if (icmp.code === UNREACHABLE.fragmentationNeeded) return { kind: 'fragmentation-needed', mtu: icmp.mtu };
  const kind = UNREACHABLE_KINDS[icmp.code];
  return kind && { kind };
}
