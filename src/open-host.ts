/** A computer that runs in real time, put together from what `--board`, `--cable` and the other options say. */
import { hostname } from 'node:os';
import { type Ip, type Mac, parseIp, parseMac, parsePrefix } from './base/address.ts';
import { crc32 } from './base/crc.ts';
import type { Device } from './base/engine.ts';
import { LanError } from './base/errors.ts';
import { type Duration, type Instant, inMilliseconds, seconds } from './base/time.ts';
import type { BoardIdentity, RegisterBus } from './bridge/register-bus.ts';
import { Host, Loop, SystemClock } from './host.ts';
import { prepareBoard } from './open-board.ts';
import { orAborted } from './or-aborted.ts';
import type { EchoOptions, EchoResult } from './socket/echo.ts';
import { TraceFile } from './trace/file.ts';

export interface HostOptions {
  /** `mock`, `serial:/dev/ttyACM0?baud=3000000`, `tcp:host:port`, `emulator:pico[?serial=uart]`, `emulator:lm3s6965evb[?serial=pty]`. */
  readonly board: string;
  /** What a mock or emulated board is plugged into: `lan`, `tap:<name>`, `udp:…`, `user`. */
  readonly cable: string;
  /** `192.0.2.2/24`. */
  readonly ip?: string;
  readonly gateway?: string;
  readonly mac?: string;
  readonly seed: number;
  /** A pcapng file that is written while the host runs. */
  readonly trace?: string;
  /** Told once if the trace cannot be written any more. */
  readonly onTraceError?: (error: Error) => void;
  /** Gives up opening: `openHost` then rejects with its reason. Later it means nothing. */
  readonly signal?: AbortSignal;
}

/** Where the cable decides what is sensible; documentation addresses (RFC 5737) on the simulated LAN, QEMU's own on `user`. */
const DEFAULTS = {
  user: { ip: '10.0.2.15/24', gateway: '10.0.2.2' },
  others: { ip: '192.0.2.2/24', gateway: undefined },
} as const;
/** How long a link may take to come up before the commands begin all the same: auto-negotiation takes about 2 s. */
const LINK_UP = seconds(4);

/** How long written data may take to arrive when the host is closed; a peer that is gone never acknowledges. */
const FLUSH = seconds(2);
const LINK_POLL = 2_000 as Duration;

export class RunningHost {
  readonly #host: Host;
  readonly #loop: Loop;
  readonly #trace: TraceFile | undefined;
  readonly bus: RegisterBus;
  /** The computer at the other end of a simulated LAN. */
  readonly demo: Host | undefined;
  #stopped = false;

  private constructor(host: Host, loop: Loop, bus: RegisterBus, demo: Host | undefined, trace: TraceFile | undefined) {
    this.#host = host;
    this.#loop = loop;
    this.#trace = trace;
    this.bus = bus;
    this.demo = demo;
  }

  /** Rejects with a LanError that names what is wrong; nothing is left running then. */
  static async open(options: HostOptions): Promise<RunningHost> {
    options.signal?.throwIfAborted();
    const defaults = options.cable === 'user' ? DEFAULTS.user : DEFAULTS.others;
    const address = parsePrefix(options.ip ?? defaults.ip);
    const gatewayText = options.gateway ?? (options.ip === undefined ? defaults.gateway : undefined);
    const gateway = gatewayText === undefined ? undefined : parseIp(gatewayText);
    const mac = options.mac === undefined ? ownMac(options) : parseMac(options.mac);

    const clock = new SystemClock();
    let file: TraceFile | undefined;
    const trace =
      options.trace === undefined ? undefined : (event: Parameters<TraceFile['trace']>[0]) => file?.trace(event);
    const { bus, engines, devices, demo } = await prepareBoard({ ...options, clock, trace });
    if (options.trace !== undefined)
      file = new TraceFile(options.trace, {
        application: 'glassnic',
        hardware: `board ${options.board}, cable ${options.cable}, seed ${options.seed}`,
        epoch: clock.epochMs / 1_000,
        onError: options.onTraceError ?? (() => {}),
      });
    let host: Host;
    try {
      host = new Host({ bus, mac, address, gateway, seed: options.seed, trace });
    } catch (error) {
      file?.discard();
      throw error;
    }
    const loop = new Loop(clock);
    host.onWake = loop.wake;
    if (demo !== undefined) demo.onWake = loop.wake;
    for (const engine of [...engines, host]) loop.add(engine);
    const running = new RunningHost(host, loop, bus, demo, file);
    try {
      await orAborted(options.signal, running.#start(devices));
      return running;
    } catch (error) {
      // What a board was asked in vain is worth reading; a port that is not there leaves nothing to read.
      if (!(error instanceof LanError && error.code.startsWith('LINK_'))) file?.discard();
      await running.#stop();
      throw error;
    }
  }

  get sockets(): Host['sockets'] {
    return this.#host.sockets;
  }
  get network(): Host['network'] {
    return this.#host.network;
  }
  get adapter(): Host['adapter'] {
    return this.#host.adapter;
  }
  get driver(): Host['driver'] {
    return this.#host.driver;
  }
  get identity(): BoardIdentity | undefined {
    return this.#host.adapter.identity;
  }

  now(): Instant {
    return this.#loop.clock.now();
  }

  ping(ip: Ip, options: EchoOptions): Promise<EchoResult> {
    return this.#host.echo.ping(ip, options);
  }

  /** Closes every socket as the end of a process would, lets what was written arrive, stops the board and the cable, closes the trace. */
  async close(): Promise<void> {
    const { table } = this.sockets;
    for (const { descriptor } of table.dump()) if (descriptor !== undefined) table.close(descriptor);
    // A peer that is gone never acknowledges: then the time-out's rejection is as good an end.
    await this.sockets.flushed({ signal: AbortSignal.timeout(inMilliseconds(FLUSH)) }).catch(() => {});
    await this.#stop();
  }

  async #stop(): Promise<void> {
    this.sockets.stop();
    this.demo?.sockets.stop();
    this.#stopped = true;
    try {
      await this.#loop.stop();
    } finally {
      this.#trace?.close();
    }
  }

  async #start(devices: readonly Pick<Device, 'start' | 'stop'>[]): Promise<void> {
    for (const device of devices) if (!this.#stopped) await this.#loop.start(device);
    await this.#linkUp();
  }

  /** Waits until the driver sees the link; a link that stays down is no error: the commands say so themselves. */
  async #linkUp(): Promise<void> {
    const deadline = this.now() + LINK_UP;
    while (!this.#host.driver.isUp && !this.#stopped && this.now() < deadline) await pause(LINK_POLL);
  }
}

const pause = (time: Duration): Promise<void> => new Promise((resolve) => setTimeout(resolve, inMilliseconds(time)));

export const openHost = (options: HostOptions): Promise<RunningHost> => RunningHost.open(options);

/** Locally administered, and the same each time on this machine for this board and cable: other computers remember it. */
function ownMac({ board, cable }: HostOptions): Mac {
  const name = new TextEncoder().encode(`${hostname()} ${board} ${cable}`);
  return (0x0247_0000_0000 + crc32(name)) as Mac;
}
