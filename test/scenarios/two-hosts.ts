/** Two computers on one cable in virtual time, and a conversation between them that knows every octet it must see. */
import { type Ip, parseMac, parsePrefix } from '../../src/base/address.ts';
import { Random } from '../../src/base/random.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import { Cable, type CableOptions } from '../../src/cable/cable.ts';
import { ImpairedPlug, type Impairments } from '../../src/cable/impairments.ts';
import { Host } from '../../src/host.ts';
import type { Tracer } from '../../src/trace/event.ts';
import type { TcpConnection } from '../../src/transport/tcp/connection.ts';
import { World } from '../../src/world.ts';

const ADDRESSES = { a: parsePrefix('192.0.2.1/24'), b: parsePrefix('192.0.2.2/24') };

export interface TwoHosts {
  readonly world: World;
  readonly cable: Cable;
  readonly a: Host;
  readonly b: Host;
  readonly ipOf: { readonly a: Ip; readonly b: Ip };
  readonly plugs: readonly ImpairedPlug[];
}

export function twoHosts(
  seed: number,
  impairments: Impairments = {},
  options: CableOptions = {},
  trace: { readonly a?: Tracer; readonly b?: Tracer } = {},
): TwoHosts {
  const world = new World();
  const cable = world.add(new Cable(options));
  const random = new Random(seed);
  const plugs: ImpairedPlug[] = [];
  const host = (plug: Cable['a'], mac: string, address: typeof ADDRESSES.a, trace: Tracer | undefined): Host => {
    const impaired = world.add(new ImpairedPlug(plug, new Random(random.u32()), impairments));
    plugs.push(impaired);
    const bus = new MockBus(new MockBoard(impaired, { trace }));
    return world.add(new Host({ bus, mac: parseMac(mac), address, seed: random.u32(), trace }));
  };
  const a = host(cable.a, '02:00:00:00:00:0a', ADDRESSES.a, trace.a);
  const b = host(cable.b, '02:00:00:00:00:0b', ADDRESSES.b, trace.b);
  return { world, cable, a, b, ipOf: { a: ADDRESSES.a.ip, b: ADDRESSES.b.ip }, plugs };
}

/** A stretch of pseudo-random octets that repeats after a length which no segment or ring shares. */
const PATTERN_LENGTH = 65_521;
const pattern = (seed: number): Uint8Array =>
  new Random(seed).fill(new Uint8Array(2 * PATTERN_LENGTH)).copyWithin(PATTERN_LENGTH, 0, PATTERN_LENGTH);

/** One side of a conversation: writes `total` octets of its pattern, reads `expected` of the other's, and ends. */
export class Talker {
  readonly #host: Host;
  readonly #connection: TcpConnection;
  readonly #own: Uint8Array;
  readonly #other: Uint8Array;
  readonly #total: number;
  readonly #expected: number;
  readonly #into = new Uint8Array(PATTERN_LENGTH);
  #written = 0;
  #read = 0;
  #touched = true;
  /** What was wrong; undefined while all is well. */
  fault: string | undefined;
  #isDone = false;

  constructor(
    host: Host,
    connection: TcpConnection,
    seeds: { own: number; other: number },
    total: number,
    expected = total,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#own = pattern(seeds.own);
    this.#other = pattern(seeds.other);
    this.#total = total;
    this.#expected = expected;
    if (total === 0) connection.shutdown();
    connection.onChange = () => {
      this.#touched = true;
    };
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The application's turn, between two events. */
  turn(): void {
    if (!this.#touched || this.#isDone) return;
    this.#touched = false;
    this.#host.wake();
    const connection = this.#connection;
    if (connection.error !== undefined) this.#fail(`ended with ${connection.error} after ${this.#read} octets`);
    while (this.#written < this.#total && connection.writable > 0) {
      const at = this.#written % PATTERN_LENGTH;
      this.#written += connection.write(
        this.#own.subarray(at, at + Math.min(PATTERN_LENGTH, this.#total - this.#written)),
      );
      if (this.#written === this.#total) connection.shutdown();
    }
    for (let n = connection.read(this.#into); n > 0; n = connection.read(this.#into)) {
      const at = this.#read % PATTERN_LENGTH;
      if (Buffer.compare(this.#into.subarray(0, n), this.#other.subarray(at, at + n)) !== 0)
        this.#fail(`a wrong octet after ${this.#read}`);
      this.#read += n;
    }
    if (!connection.atEnd) return;
    if (this.#read !== this.#expected) this.#fail(`the end came after ${this.#read} of ${this.#expected} octets`);
    if (this.#written === this.#total) this.#isDone = true;
  }

  #fail(fault: string): void {
    this.fault ??= fault;
    this.#isDone = true;
  }
}

/** A calls B; both send `total` octets at once and read the other's. Returns the talkers; run the world until both are done. */
export function converse({ world, a, b, ipOf }: TwoHosts, total: number): { run: () => string[] } {
  const listener = b.tcp.listen({ ip: ipOf.b, port: 7 });
  const talkers = [new Talker(a, a.tcp.connect(undefined, { ip: ipOf.b, port: 7 }), { own: 1, other: 2 }, total)];
  return {
    run: () => {
      world.runUntil(() => {
        const accepted = talkers.length < 2 ? listener.accept() : undefined;
        if (accepted !== undefined) talkers.push(new Talker(b, accepted, { own: 2, other: 1 }, total));
        for (const talker of talkers) talker.turn();
        return talkers.length === 2 && talkers.every((talker) => talker.isDone);
      });
      return talkers.flatMap(({ fault }) => fault ?? []);
    },
  };
}
