/** Two computers with real UDP, TCP and IP on one cable of memory, in virtual time; promises run between the steps. */
import { type Ip, parseIp, parsePrefix } from '../../src/base/address.ts';
import { Random } from '../../src/base/random.ts';
import { after, type Duration, earliest, type Instant, ManualClock, seconds } from '../../src/base/time.ts';
import type { Link } from '../../src/network/link.ts';
import { Network } from '../../src/network/network.ts';
import { Sockets } from '../../src/socket/sockets.ts';
import type { SocketTable } from '../../src/socket/table.ts';
import { Ports } from '../../src/transport/ports.ts';
import type { TcpTuning } from '../../src/transport/tcp/options.ts';
import { Tcp } from '../../src/transport/tcp/tcp.ts';
import { Udp } from '../../src/transport/udp.ts';
import { Pair, type PairOptions } from '../network/pair.ts';

export interface HostOptions extends PairOptions {
  readonly tcp?: TcpTuning;
  readonly descriptors?: number;
}

const seed = Number(process.env['SEED'] ?? 1);

export class Host {
  readonly ip: Ip;
  readonly network: Network;
  readonly tcp: Tcp;
  readonly udp: Udp;
  readonly sockets: Sockets;
  /** What the application did and how its sockets went on: `call 3 write(10 of 10 octets)`, `tcp 3 ESTABLISHED`. */
  readonly story: string[] = [];
  isAwake = false;

  constructor(link: Link, address: string, random: Random, options: HostOptions) {
    this.ip = parseIp(address);
    this.network = new Network({ random });
    this.network.addInterface(link, parsePrefix(`${address}/24`));
    const ports = new Ports(random);
    this.tcp = new Tcp({ internet: this.network, random, ports, ...options.tcp });
    this.udp = new Udp({ internet: this.network, ports });
    this.sockets = new Sockets({
      tcp: this.tcp,
      udp: this.udp,
      limit: options.descriptors,
      wake: () => {
        this.isAwake = true;
      },
      trace: {
        call: (descriptor, call, detail) => this.story.push(`call ${descriptor} ${call}(${detail})`),
        socket: (descriptor, protocol, state, local, remote) =>
          this.story.push(`${protocol} ${descriptor} ${state} ${local} ${remote}`),
      },
    });
  }

  get table(): SocketTable {
    return this.sockets.table;
  }

  poll(now: Instant): void {
    this.isAwake = false;
    for (const engine of [this.network, this.tcp, this.udp]) engine.poll(now);
  }
  nextDeadline(): Instant | undefined {
    return [this.network, this.tcp, this.udp].reduce<Instant | undefined>(
      (first, engine) => earliest(first, engine.nextDeadline()),
      undefined,
    );
  }
}

export class Hosts {
  readonly clock = new ManualClock();
  readonly pair: Pair;
  readonly a: Host;
  readonly b: Host;

  constructor(options: HostOptions = {}) {
    this.pair = new Pair(options);
    const random = new Random(seed);
    this.a = new Host(this.pair.a, '192.0.2.1', random, options);
    this.b = new Host(this.pair.b, '192.0.2.2', random, options);
  }

  get now(): Instant {
    return this.clock.now();
  }

  /** Lets virtual time go by, from deadline to deadline, until `isDone` or for `time`. */
  async run(time: Duration, isDone: () => boolean = () => false): Promise<void> {
    const end = after(this.now, time);
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error('the engines never rest');
      await applications();
      if (isDone()) return;
      for (const engine of [this.pair, this.a, this.b]) engine.poll(this.now);
      await applications();
      if (isDone()) return;
      if (this.a.isAwake || this.b.isAwake) continue;
      const next = [this.pair, this.a, this.b].reduce<Instant | undefined>(
        (first, engine) => earliest(first, engine.nextDeadline()),
        undefined,
      );
      if (next === undefined || next > end) break;
      this.clock.moveTo(next);
    }
    this.clock.moveTo(end);
  }

  /** Runs until the promise is settled, which it must be within `time`, and answers what it resolved to or throws what it rejected with. */
  async settle<T>(promise: Promise<T>, time: Duration = seconds(60)): Promise<T> {
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    promise.then(done, done);
    await this.run(time, () => isSettled);
    if (!isSettled) throw new Error(`nothing came of it within ${time / 1e6} s`);
    return promise;
  }

  /** A connected pair of streams: a connects to b. */
  async streams(port = 80) {
    const server = this.b.sockets.listen({ port });
    const accepted = server.accept();
    const client = await this.settle(this.a.sockets.connect({ ip: this.b.ip, port }));
    const served = await this.settle(accepted);
    if (served === undefined) throw new Error('the server was closed');
    return { server, client, served };
  }
}

/** Lets every promise that can go on go on. */
const applications = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
