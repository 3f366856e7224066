/** Two network layers on one cable of memory, in virtual time. */
import { type Ip, parseIp, parsePrefix } from '../../src/base/address.ts';
import { after, type Duration, earliest, type Instant, ManualClock } from '../../src/base/time.ts';
import { Network, type NetworkOptions } from '../../src/network/network.ts';
import { Pair, type PairOptions } from './pair.ts';

export const A = parseIp('192.0.2.1');
export const B = parseIp('192.0.2.2');

export class TwoHosts {
  readonly clock = new ManualClock();
  readonly pair: Pair;
  readonly a: Network;
  readonly b: Network;

  constructor(options: PairOptions & NetworkOptions = {}) {
    this.pair = new Pair(options);
    this.a = new Network(options);
    this.b = new Network(options);
    this.a.addInterface(this.pair.a, parsePrefix('192.0.2.1/24'));
    this.b.addInterface(this.pair.b, parsePrefix('192.0.2.2/24'));
  }

  get now(): Instant {
    return this.clock.now();
  }

  /** Lets `time` go by, from deadline to deadline. */
  run(time: Duration): void {
    const end = after(this.now, time);
    // Deadlines that do not move would be a loop that burns a processor: no script here needs so many steps.
    for (let steps = 0; ; steps++) {
      if (steps > 200_000) throw new Error('the engines never rest');
      this.pair.poll(this.now);
      this.a.poll(this.now);
      this.b.poll(this.now);
      const next = [this.pair, this.a, this.b].reduce<Instant | undefined>(
        (first, engine) => earliest(first, engine.nextDeadline()),
        undefined,
      );
      if (next === undefined || next > end) break;
      this.clock.moveTo(next);
    }
    this.clock.moveTo(end);
  }

  /** Sends `payload` from `from` to `destination` as one datagram of `protocol`; what `begin` refused, else undefined. */
  send(from: Network, protocol: 6 | 17, destination: Ip, payload: Uint8Array, options = {}): string | undefined {
    const place = from.begin(protocol, from.sourceFor(destination) ?? A, destination, payload.length, options);
    if (typeof place === 'string') return place;
    place.set(payload);
    from.end(this.now);
    return undefined;
  }
}

export interface Heard {
  readonly source: Ip;
  readonly destination: Ip;
  readonly payload: Uint8Array;
  readonly at: Instant;
}

/** Registers a transport that keeps what it gets, and answers `wanted` to everything. */
export function listen(network: Network, protocol: 6 | 17, wanted = true): { heard: Heard[]; errors: string[] } {
  const heard: Heard[] = [];
  const errors: string[] = [];
  network.register(protocol, {
    receive: (source, destination, payload, at) => {
      heard.push({ source, destination, payload: payload.slice(), at });
      return wanted;
    },
    onError: (error) => errors.push(error.kind),
  });
  return { heard, errors };
}
