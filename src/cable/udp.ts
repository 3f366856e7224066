/**
 * Cables over UDP: one datagram is one Ethernet frame without preamble and FCS, the format of QEMU's `-netdev dgram`.
 * `UdpCable` is the plug of a board here; `DgramCable` leads an emulated board's datagrams to a plug here.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Device } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { type Instant, START } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import type { UdpAddress } from './address.ts';
import { FramePlug } from './frame-plug.ts';
import { FrameQueue } from './frame-queue.ts';
import { type ConverterCounters, MAX_FRAME, MediaConverter } from './media-converter.ts';
import type { Plug, Station } from './plug.ts';

/** Octets received and not yet taken. A datagram beyond it is lost. */
const RECEIVE_QUEUE = 256 * 1024;
/** Datagrams that the system has not yet taken. One beyond it is lost. */
const SENDS_UNDER_WAY = 512;

export interface DatagramCounters {
  sent: number;
  received: number;
  /** Lost because a queue here was full. */
  full: number;
  /** Not taken by the system, or refused by the other end: nobody listens there yet. */
  failed: number;
}

/** The socket, with a queue: it hears only the end that it was told of. */
class DatagramPort {
  readonly counters: DatagramCounters = { sent: 0, received: 0, full: 0, failed: 0 };
  readonly #address: UdpAddress;
  readonly #received = new FrameQueue(RECEIVE_QUEUE);
  #socket: Socket | undefined;
  #underWay = 0;

  constructor(address: UdpAddress) {
    this.#address = address;
  }

  get localPort(): number {
    return this.#socket?.address().port ?? this.#address.localPort;
  }

  get waiting(): number {
    return this.#received.count;
  }

  async start(wake: () => void): Promise<void> {
    const { localPort, remoteHost, remotePort } = this.#address;
    const socket = createSocket('udp4');
    try {
      await settled(socket, (done) => socket.bind({ port: localPort, address: localAddressFor(remoteHost) }, done));
      // Connected: the kernel then drops what comes from anybody else.
      await settled(socket, (done) => socket.connect(remotePort, remoteHost, done));
    } catch (error) {
      socket.close();
      throw explain(error, this.#address);
    }
    socket.on('error', () => {
      this.counters.failed++;
    });
    socket.on('message', (datagram) => {
      // One octet over the longest frame is enough for the converter to refuse it.
      if (this.#received.push(datagram.subarray(0, MAX_FRAME + 1), 0, 0)) this.counters.received++;
      else this.counters.full++;
      wake();
    });
    this.#socket = socket;
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#received.clear();
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** Answers why the frame was dropped, where it was. */
  send(frame: Uint8Array): string | undefined {
    if (this.#socket === undefined) return;
    if (this.#underWay >= SENDS_UNDER_WAY) {
      this.counters.full++;
      return 'udp:full';
    }
    this.#underWay++;
    // Node keeps the buffer until the system has it, and `frame` is only borrowed.
    this.#socket.send(Uint8Array.from(frame), (error) => {
      this.#underWay--;
      if (error === null) this.counters.sent++;
      else this.counters.failed++;
    });
    return undefined;
  }

  take(place: Uint8Array): number | undefined {
    if (this.#received.count === 0) return;
    const frame = this.#received.bytes;
    place.set(frame);
    this.#received.shift();
    return frame.length;
  }
}

/** `udp:<local port>:<remote host>:<remote port>`: the cable of a board in this program. */
export class UdpCable extends FramePlug {
  readonly #port: DatagramPort;

  constructor(address: UdpAddress, trace?: Tracer) {
    super(trace);
    this.#port = new DatagramPort(address);
  }

  get datagrams(): DatagramCounters {
    return this.#port.counters;
  }

  /** The port that the system chose, where the address says 0. */
  get localPort(): number {
    return this.#port.localPort;
  }

  /** Rejects with UDP_PORT_BUSY, UDP_DENIED, UDP_HOST_UNKNOWN or UDP_FAILED. */
  async start(wake: () => void): Promise<void> {
    await this.#port.start(wake);
    this.setUp(true);
    wake();
  }

  async stop(): Promise<void> {
    this.setUp(false);
    await this.#port.stop();
  }

  protected send(frame: Uint8Array): string | undefined {
    return this.#port.send(frame);
  }

  protected take(place: Uint8Array): number | undefined {
    return this.#port.take(place);
  }
}

/** A station at `plug` for an emulated board: its datagrams go to the line, and what comes from the line goes to it. */
export class DgramCable implements Station, Device {
  readonly #plug: Plug;
  readonly #port: DatagramPort;
  readonly #converter: MediaConverter;
  readonly #trace: Tracer | undefined;
  #isSending = false;
  #now: Instant = START;

  constructor(plug: Plug, address: UdpAddress, trace?: Tracer) {
    this.#plug = plug;
    this.#port = new DatagramPort(address);
    this.#converter = new MediaConverter(trace);
    this.#trace = trace;
  }

  get counters(): ConverterCounters {
    return this.#converter.counters;
  }

  get datagrams(): DatagramCounters {
    return this.#port.counters;
  }

  get localPort(): number {
    return this.#port.localPort;
  }

  /** Puts itself into the plug. Rejects as UdpCable does. */
  async start(wake: () => void): Promise<void> {
    await this.#port.start(wake);
    this.#plug.attach(this);
  }

  async stop(): Promise<void> {
    this.#plug.attach(undefined);
    this.#isSending = false;
    await this.#port.stop();
  }

  poll(now: Instant): void {
    this.#now = now;
    this.#sendNext(now);
  }

  nextDeadline(): Instant | undefined {
    return this.#port.waiting > 0 && !this.#isSending ? this.#now : undefined;
  }

  receive(octets: Uint8Array, _aligned: boolean, now: Instant): void {
    const frame = this.#converter.fromLine(octets, now);
    const reason = frame && this.#port.send(frame);
    if (reason !== undefined) this.#trace?.({ kind: 'drop', at: now, reason, bytes: octets });
  }

  transmitted(_outcome: unknown, now: Instant): void {
    this.#isSending = false;
    this.#sendNext(now);
  }

  /** What the line's state is, an emulated board is not told over UDP. */
  lineChanged(): void {}

  /** Until the line takes one; what is refused by the converter takes no time on it. */
  #sendNext(now: Instant): void {
    while (!this.#isSending) {
      const length = this.#port.take(this.#converter.place);
      if (length === undefined) return;
      const octets = this.#converter.finish(length, now);
      if (octets === undefined) continue;
      this.#isSending = true;
      this.#plug.transmit(octets, now);
    }
  }
}

/** Only this machine where the other end is on it. */
const localAddressFor = (remoteHost: string): string =>
  remoteHost === 'localhost' || (isIP(remoteHost) === 4 && remoteHost.startsWith('127.')) ? '127.0.0.1' : '0.0.0.0';

/** One step of the socket's opening: its callback, or its error event. */
const settled = (socket: Socket, step: (done: () => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    step((error?: unknown) => {
      socket.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });

function explain(cause: unknown, address: UdpAddress): LanError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  const { localPort, remoteHost } = address;
  if (code === 'EADDRINUSE')
    return new LanError('UDP_PORT_BUSY', `UDP port ${localPort} is in use by another program`, { cause });
  if (code === 'EACCES' || code === 'EPERM')
    return new LanError('UDP_DENIED', `UDP port ${localPort}: permission denied (choose one from 1024 on)`, { cause });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new LanError('UDP_HOST_UNKNOWN', `'${remoteHost}': no such host`, { cause });
  return new LanError('UDP_FAILED', `udp:${localPort}:${remoteHost}:${address.remotePort}: ${code}`, { cause });
}
