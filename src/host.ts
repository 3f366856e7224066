/** One computer on the network: the card and the stack on it, from the bus up to the sockets; and the one loop that gives engines the real time. */
import { Adapter } from './adapter/adapter.ts';
import type { Ip, Mac, Prefix } from './base/address.ts';
import type { Device, Engine } from './base/engine.ts';
import { Random } from './base/random.ts';
import { type Clock, earliest, type Instant, START } from './base/time.ts';
import type { RegisterBus } from './bridge/register-bus.ts';
import { Driver } from './driver/driver.ts';
import { Network } from './network/network.ts';
import { Echo } from './socket/echo.ts';
import { Sockets } from './socket/sockets.ts';
import type { Tracer } from './trace/event.ts';
import { Ports } from './transport/ports.ts';
import { Tcp } from './transport/tcp/tcp.ts';
import { Udp } from './transport/udp.ts';

export interface HostConfig {
  readonly bus: RegisterBus;
  /** What the card's ROM holds. */
  readonly mac: Mac;
  readonly address: Prefix;
  readonly gateway?: Ip | undefined;
  /** Of initial sequence numbers, ports, identifications. */
  readonly seed: number;
  readonly trace?: Tracer | undefined;
}

/** The whole path over one bus, as one engine. */
export class Host implements Engine {
  readonly adapter: Adapter;
  readonly driver: Driver;
  readonly network: Network;
  readonly tcp: Tcp;
  readonly udp: Udp;
  readonly sockets: Sockets;
  readonly echo: Echo;
  /** The loop's wish to be told of an application's call; World needs none, it asks for the deadline. */
  onWake: (() => void) | undefined;
  #woken = true;
  #now: Instant = START;

  constructor(config: HostConfig) {
    const { bus, trace } = config;
    const random = new Random(config.seed);
    this.adapter = new Adapter({ bus, mac: config.mac, trace });
    this.driver = new Driver({ adapter: this.adapter });
    this.network = new Network({ random, trace });
    this.network.addInterface(this.driver, config.address);
    if (config.gateway !== undefined) this.network.setGateway(config.gateway);
    const ports = new Ports(random);
    this.tcp = new Tcp({ internet: this.network, random, ports, trace });
    this.udp = new Udp({ internet: this.network, ports, trace });
    this.echo = new Echo(this.network.icmp, random.below(0x1_0000), () => this.wake());
    this.sockets = new Sockets({
      tcp: this.tcp,
      udp: this.udp,
      wake: () => this.wake(),
      trace: trace && {
        call: (descriptor, call, detail) => trace({ kind: 'call', at: this.#now, descriptor, call, detail }),
        socket: (descriptor, protocol, state, local, remote) =>
          trace({ kind: 'socket', at: this.#now, descriptor, protocol, state, local, remote }),
      },
    });
  }

  /** An application called: poll soon. */
  wake(): void {
    this.#woken = true;
    this.onWake?.();
  }

  /** From the cable up, then from the application down: what came in may be answered in the same poll. */
  poll(now: Instant): void {
    this.#woken = false;
    this.#now = now;
    this.adapter.poll(now);
    this.driver.poll(now);
    this.network.poll(now);
    this.echo.poll(now);
    this.udp.poll(now);
    this.tcp.poll(now);
    this.adapter.poll(now);
  }

  nextDeadline(): Instant | undefined {
    if (this.#woken) return START;
    let next = earliest(this.adapter.nextDeadline(), this.driver.nextDeadline());
    next = earliest(next, this.network.nextDeadline());
    next = earliest(next, this.echo.nextDeadline());
    next = earliest(next, this.tcp.nextDeadline());
    return earliest(next, this.udp.nextDeadline());
  }
}

/** Real time, in µs since the clock was made. */
export class SystemClock implements Clock {
  readonly #start = performance.now();
  /** The wall clock at instant 0, in ms since 1970: for the times in a trace file. */
  readonly epochMs = Date.now();

  now(): Instant {
    return ((performance.now() - this.#start) * 1_000) as Instant;
  }
}

/** A timer is of no use for less than this: the loop asks again after other events instead. */
const TIMER_GRAIN_US = 1_000;
/** Node's timers take no more. */
const LONGEST_TIMER_MS = 0x7fff_ffff;
/** Rounds in one turn, before sockets and timers of Node have their turn. */
const ROUNDS_A_TURN = 64;

type Startable = Pick<Device, 'start' | 'stop'>;

/** Polls its engines in real time: at their deadlines, and when a device or an application wakes it. */
export class Loop {
  readonly clock: SystemClock;
  readonly #engines: Engine[] = [];
  readonly #devices: Startable[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** A program with a host in it runs until the host is stopped, also while nothing is due: a TAP's thread alone does not hold it. */
  readonly #alive = setInterval(() => {}, LONGEST_TIMER_MS);
  #immediate: NodeJS.Immediate | undefined;
  #stopped = false;
  #turning = false;
  /** Somebody said so: then every engine is asked, for who woke need not have a deadline. */
  #woken = false;

  constructor(clock: SystemClock) {
    this.clock = clock;
  }

  /** `engine` is polled from now on. */
  add(engine: Engine): void {
    this.#engines.push(engine);
    this.wake();
  }

  /** Starts a device, which is stopped with the loop; rejects with its LanError. Who polls it, this loop or a host, `add` says. */
  async start(device: Startable): Promise<void> {
    this.#devices.push(device);
    await device.start(this.wake);
  }

  readonly wake = (): void => {
    this.#woken = true;
    this.#turnSoon();
  };

  /** Stops polling and the devices, last started first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#alive);
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    for (const device of this.#devices.reverse()) await device.stop();
  }

  readonly #turn = (): void => {
    // The timer and a wake-up may both have asked for this turn.
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    clearTimeout(this.#timer);
    this.#turning = true;
    let next = this.#due();
    for (
      let round = 0;
      round < ROUNDS_A_TURN && (this.#woken || (next !== undefined && next <= this.clock.now()));
      round++
    ) {
      const now = this.clock.now();
      const all = this.#woken;
      this.#woken = false;
      for (const engine of this.#engines) {
        const deadline = engine.nextDeadline();
        if (all || (deadline !== undefined && deadline <= now)) engine.poll(now);
      }
      next = this.#due();
    }
    this.#turning = false;
    if (this.#stopped) return;
    const wait = next === undefined ? Number.POSITIVE_INFINITY : next - this.clock.now();
    if (this.#woken || wait < TIMER_GRAIN_US) this.#turnSoon();
    else if (next !== undefined) this.#timer = setTimeout(this.#turn, Math.min(wait / 1_000, LONGEST_TIMER_MS));
  };

  #turnSoon(): void {
    if (this.#stopped || this.#turning || this.#immediate !== undefined) return;
    this.#immediate = setImmediate(this.#turn);
  }

  #due(): Instant | undefined {
    let next: Instant | undefined;
    for (const engine of this.#engines) next = earliest(next, engine.nextDeadline());
    return next;
  }
}
