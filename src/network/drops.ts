/** What was thrown away, counted by reason and told to the tracer. */
import type { Instant } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import type { ArpDrop } from '../wire/arp.ts';
import type { EthernetDrop } from '../wire/ethernet.ts';
import type { IcmpDrop } from '../wire/icmp.ts';
import type { Ipv4Drop } from '../wire/ipv4.ts';

/** Every way in which this layer loses something. */
export type NetworkDrop =
  | EthernetDrop
  | ArpDrop
  | Ipv4Drop
  | IcmpDrop
  | 'ethernet:not-for-us'
  | 'ethernet:unknown-type'
  | 'arp:bad-sender'
  | 'arp:address-conflict'
  | 'arp:not-for-us'
  | 'arp:busy'
  | 'arp:queue-full'
  | 'arp:table-full'
  | 'arp:unreachable'
  | 'ip:bad-source'
  | 'ip:not-for-us'
  | 'ip:loopback-on-wire'
  | 'ip:unicast-in-broadcast'
  | 'ip:no-protocol'
  | 'ip:link-down'
  | 'ip:bad-fragment'
  | 'ip:reassembly-full'
  | 'ip:reassembly-timeout'
  | 'icmp:unknown-type'
  | 'icmp:echo-to-broadcast'
  | 'icmp:unasked-reply'
  | 'icmp:bad-quote'
  | 'icmp:quote-not-ours'
  | 'icmp:unwanted-error'
  | 'icmp:redirect'
  | 'icmp:source-quench'
  | 'icmp:not-sent';

export class DropCounter<Reason extends string = NetworkDrop> {
  readonly #counts = new Map<Reason, number>();
  readonly #trace: Tracer | undefined;

  constructor(trace?: Tracer | undefined) {
    this.#trace = trace;
  }

  /** `bytes` is what was dropped, from its own layer's header on. */
  drop(reason: Reason, now: Instant, bytes?: Uint8Array): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#trace !== undefined)
      this.#trace(bytes === undefined ? { kind: 'drop', at: now, reason } : { kind: 'drop', at: now, reason, bytes });
  }

  get counts(): ReadonlyMap<Reason, number> {
    return this.#counts;
  }
}
