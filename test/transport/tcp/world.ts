/** Two TCP engines in virtual time, with a cable of their own between them: no IP, no frames, only what TCP can tell apart. */
import type { Ip } from '../../../src/base/address.ts';
import { parseIp } from '../../../src/base/address.ts';
import { Random } from '../../../src/base/random.ts';
import { after, type Duration, earliest, type Instant, microseconds, START } from '../../../src/base/time.ts';
import type { Internet, IpRefusal, Protocol, SendOptions, TransportHandler } from '../../../src/network/internet.ts';
import { Ports } from '../../../src/transport/ports.ts';
import type { TcpTuning } from '../../../src/transport/tcp/options.ts';
import { Tcp } from '../../../src/transport/tcp/tcp.ts';

export const CLIENT_IP = parseIp('192.0.2.1');
export const SERVER_IP = parseIp('192.0.2.2');

/** An IP that keeps what it is given, for `take`. */
export class FakeInternet implements Internet {
  readonly ip: Ip;
  readonly limit: number;
  handler: TransportHandler | undefined;
  /** What `begin` answers instead of a place. */
  refusal: IpRefusal | undefined;
  /** Places left before `begin` answers busy. */
  room = Number.POSITIVE_INFINITY;
  lastTos: number | undefined;
  lastTtl: number | undefined;
  /** Whether the last place was asked for with a word on DF, and which. */
  lastDontFragment: boolean | undefined;
  #building: { source: Ip; destination: Ip; bytes: Uint8Array } | undefined;
  readonly onSend: (source: Ip, destination: Ip, bytes: Uint8Array, now: Instant) => void;

  constructor(ip: Ip, onSend: (source: Ip, destination: Ip, bytes: Uint8Array, now: Instant) => void, limit = 1480) {
    this.ip = ip;
    this.onSend = onSend;
    this.limit = limit;
  }
  sourceFor(destination: Ip): Ip | undefined {
    return destination >>> 8 === this.ip >>> 8 ? this.ip : undefined;
  }
  payloadLimit(): number {
    return this.limit;
  }
  isLocal(ip: Ip): boolean {
    return ip === this.ip;
  }
  begin(
    _protocol: Protocol,
    source: Ip,
    destination: Ip,
    length: number,
    options?: SendOptions,
  ): Uint8Array | IpRefusal {
    if (this.refusal !== undefined) return this.refusal;
    if (length > this.limit) return 'ip:too-long';
    if (this.room <= 0) return 'ip:busy';
    this.room--;
    this.lastTtl = options?.ttl;
    this.lastTos = options?.tos;
    this.lastDontFragment = options?.dontFragment;
    // Old bytes, as in a card's memory: whoever forgets a field is found out.
    this.#building = { source, destination, bytes: new Uint8Array(length).fill(0xa5) };
    return this.#building.bytes;
  }
  end(now: Instant): void {
    const built = this.#building;
    if (built === undefined) throw new Error('end without begin');
    this.#building = undefined;
    this.onSend(built.source, built.destination, built.bytes, now);
  }
  register(_protocol: Protocol, handler: TransportHandler): void {
    this.handler = handler;
  }
}

export interface Impairments {
  readonly loss?: number;
  readonly duplication?: number;
  /** Share of the packets that take up to `jitter` longer than the others. */
  readonly reordering?: number;
  /** Share of the packets in which one bit is flipped. */
  readonly bitErrors?: number;
}

interface Packet {
  readonly at: Instant;
  readonly order: number;
  readonly to: Host;
  readonly source: Ip;
  readonly destination: Ip;
  readonly bytes: Uint8Array;
}

export interface Host {
  readonly internet: FakeInternet;
  readonly tcp: Tcp;
}

/** A full-duplex line of 100 Mb/s with `latency` each way. */
export class World {
  now: Instant = START;
  readonly client: Host;
  readonly server: Host;
  packets = 0;
  readonly #random: Random;
  readonly #impairments: Impairments;
  readonly #latency: Duration;
  readonly #onTheWay: Packet[] = [];
  readonly #freeAt = new Map<Ip, Instant>();
  #order = 0;

  constructor(seed: number, impairments: Impairments = {}, tuning: TcpTuning = {}, latency = microseconds(500)) {
    this.#random = new Random(seed);
    this.#impairments = impairments;
    this.#latency = latency;
    this.client = this.#host(CLIENT_IP, seed * 2, tuning);
    this.server = this.#host(SERVER_IP, seed * 2 + 1, tuning);
  }

  #host(ip: Ip, seed: number, tuning: TcpTuning): Host {
    const internet = new FakeInternet(ip, (source, destination, bytes) => this.#carry(source, destination, bytes));
    const random = new Random(seed);
    return { internet, tcp: new Tcp({ internet, random, ports: new Ports(random), ...tuning }) };
  }

  #carry(source: Ip, destination: Ip, bytes: Uint8Array): void {
    this.packets++;
    const random = this.#random;
    const { loss = 0, duplication = 0, reordering = 0, bitErrors = 0 } = this.#impairments;
    const start = Math.max(this.now, this.#freeAt.get(source) ?? START) as Instant;
    const sent = after(start, microseconds((bytes.length + 58) * 0.08));
    this.#freeAt.set(source, sent);
    if (random.chance(loss)) return;
    if (random.chance(bitErrors)) {
      const bit = random.below(bytes.length * 8);
      bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
    }
    const to = destination === CLIENT_IP ? this.client : this.server;
    const copies = random.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const late = random.chance(reordering) ? random.below(1_000) : 0;
      const at = after(after(sent, this.#latency), microseconds(late));
      this.#insert({ at, order: this.#order++, to, source, destination, bytes });
    }
  }

  #insert(packet: Packet): void {
    let i = this.#onTheWay.length;
    while (i > 0 && (this.#onTheWay[i - 1] as Packet).at > packet.at) i--;
    this.#onTheWay.splice(i, 0, packet);
  }

  /** Runs until `done`; throws when nothing more can happen, or after `limit`. */
  run(done: () => boolean, limit: Duration): void {
    const end = after(this.now, limit);
    for (;;) {
      this.client.tcp.poll(this.now);
      this.server.tcp.poll(this.now);
      if (done()) return;
      const next = earliest(
        this.#onTheWay[0]?.at,
        earliest(this.client.tcp.nextDeadline(), this.server.tcp.nextDeadline()),
      );
      if (next === undefined) throw new Error(`nothing more happens, at ${this.now} µs`);
      if (next > end) throw new Error(`not done within ${limit} µs`);
      if (next > this.now) this.now = next;
      while (this.#onTheWay[0] !== undefined && this.#onTheWay[0].at <= this.now) {
        const packet = this.#onTheWay.shift() as Packet;
        packet.to.internet.handler?.receive(packet.source, packet.destination, packet.bytes, this.now);
      }
    }
  }
}
