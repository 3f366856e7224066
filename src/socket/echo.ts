/** ICMP echo as an application asks for it: RFC 792, `ping`. */
import type { Ip } from '../base/address.ts';
import type { Engine } from '../base/engine.ts';
import { after, between, type Duration, earliest, type Instant, START, seconds } from '../base/time.ts';
import type { EchoHandler, Icmp } from '../network/icmp.ts';

export interface EchoOptions {
  /** Octets of data. Default 56. */
  readonly size?: number;
  /** 0–65535; the answer is found by it. */
  readonly sequence: number;
  /** Default 1 s. */
  readonly timeout?: Duration;
}

export type EchoResult =
  | { readonly time: Duration; readonly ttl: number; readonly bytes: number }
  | 'timeout'
  /** A router or this host's own ARP says that nobody is there. */
  | 'unreachable';

interface Request {
  readonly ip: Ip;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly timeout: Duration;
  readonly settle: (result: EchoResult) => void;
  sentAt: Instant | undefined;
  expiresAt: Instant | undefined;
}

/** At most this many under way; more are answered 'unreachable' at once. */
const LIMIT = 1_024;

export class Echo implements Engine, EchoHandler {
  readonly #icmp: Icmp;
  readonly #identifier: number;
  readonly #wake: () => void;
  readonly #requests = new Set<Request>();

  /** `identifier`: 0–65535, what tells this program's requests from others'. */
  constructor(icmp: Icmp, identifier: number, wake: () => void) {
    this.#icmp = icmp;
    this.#identifier = identifier;
    this.#wake = wake;
    icmp.onEcho(identifier, this);
  }

  /** Asks once; resolves with the answer, and never rejects. */
  ping(ip: Ip, { size = 56, sequence, timeout = seconds(1) }: EchoOptions): Promise<EchoResult> {
    if (this.#requests.size >= LIMIT) return Promise.resolve('unreachable');
    return new Promise((settle) => {
      const data = Uint8Array.from({ length: size }, (_, i) => i);
      this.#requests.add({ ip, sequence, data, timeout, settle, sentAt: undefined, expiresAt: undefined });
      this.#wake();
    });
  }

  poll(now: Instant): void {
    for (const request of this.#requests) {
      request.expiresAt ??= after(now, request.timeout);
      if (request.expiresAt <= now) this.#end(request, 'timeout');
      else if (request.sentAt === undefined) this.#send(request, now);
    }
  }

  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const { expiresAt } of this.#requests) next = earliest(next, expiresAt ?? START);
    return next;
  }

  onReply(from: Ip, sequence: number, data: Uint8Array, ttl: number, now: Instant): void {
    for (const request of this.#requests) {
      if (request.sequence !== sequence || request.ip !== from || request.sentAt === undefined) continue;
      this.#end(request, { time: between(request.sentAt, now), ttl, bytes: data.length });
      return;
    }
  }

  onError(_error: unknown, _from: Ip, destination: Ip, sequence: number): void {
    for (const request of this.#requests) {
      if (request.sequence === sequence && request.ip === destination) this.#end(request, 'unreachable');
    }
  }

  /** Busy or without a link it stays, and is tried at the next poll. */
  #send(request: Request, now: Instant): void {
    const refusal = this.#icmp.ping(request.ip, this.#identifier, request.sequence, request.data, now);
    if (refusal === undefined) request.sentAt = now;
    else if (refusal !== 'ip:busy' && refusal !== 'ip:link-down') this.#end(request, 'unreachable');
  }

  #end(request: Request, result: EchoResult): void {
    this.#requests.delete(request);
    request.settle(result);
  }
}
