/**
 * The descriptor call set: socket, bind, connect, listen, accept, read, write, close (S13–S16, S28, S61–S68), in the POSIX manner
 * (IEEE Std 1003.1, Sockets) and never waiting. A call that would have to wait answers 'would-block'; `watch` tells when to try again.
 * Every call throws EBADF for a descriptor that is not open, and ENETDOWN after `stop`.
 */
import { ANY_IP } from '../base/address.ts';
import { LanError } from '../base/errors.ts';
import type { SendOptions } from '../network/internet.ts';
import { type Endpoint, formatEndpoint, isPort } from '../transport/ports.ts';
import type { TcpConnection } from '../transport/tcp/connection.ts';
import type { Tcp } from '../transport/tcp/tcp.ts';
import type { Udp } from '../transport/udp.ts';
import type { Datagram, UdpEndpoint } from '../transport/udp-endpoint.ts';
import {
  formatOpen,
  isConnecting,
  isDelivered,
  localOf,
  protocolOf,
  remoteOf,
  rowOf,
  type SocketArea,
  type SocketBody,
  type SocketKind,
  type SocketRow,
  stateOf,
} from './area.ts';
import { Descriptors } from './descriptors.ts';
import { failed } from './failure.ts';

export type WouldBlock = 'would-block';

/** Who wants to see what applications ask and how sockets go on; its owner adds the time. */
export interface SocketTrace {
  call(descriptor: number, call: string, detail: string): void;
  socket(descriptor: number, protocol: 'tcp' | 'udp', state: string, local: string, remote: string): void;
}

export interface SocketTableOptions {
  readonly tcp: Tcp;
  readonly udp: Udp;
  /** Asks the host for a poll soon: an application has given the engines something to do. Must not poll within the call. */
  readonly wake: () => void;
  /** How many descriptors may be open at once; default 1024. EMFILE above. */
  readonly limit?: number | undefined;
  readonly trace?: SocketTrace | undefined;
}

export class SocketTable {
  readonly #tcp: Tcp;
  readonly #udp: Udp;
  readonly #wake: () => void;
  readonly #trace: SocketTrace | undefined;
  readonly #areas: Descriptors<SocketArea>;
  /** Closed by the application, not yet by TCP: until TIME-WAIT is over (S66, S67). As many as TCP keeps connections. */
  readonly #closing = new Set<SocketArea>();
  readonly #changed = new Set<SocketArea>();
  #stopped = false;
  /** Called when a closed socket's connection is gone or has delivered everything. */
  onClosing: (() => void) | undefined;

  constructor(options: SocketTableOptions) {
    this.#tcp = options.tcp;
    this.#udp = options.udp;
    this.#wake = options.wake;
    this.#areas = new Descriptors(options.limit ?? 1024);
    this.#trace = options.trace;
  }

  /** Allocates an area and answers the lowest free descriptor (S13–S15). Throws EMFILE when the table is full. */
  socket(kind: SocketKind): number {
    this.#assertRunning();
    const area = this.#allocate(kind);
    this.#trace?.call(area.descriptor, 'socket', kind);
    this.#traceState(area);
    return area.descriptor;
  }

  /** Port 0: an ephemeral one. A datagram socket's address is claimed now, a stream's by listen or connect. Throws EINVAL when bound already. */
  bind(descriptor: number, local: Endpoint): void {
    const area = this.#area(descriptor);
    if (area.body.state !== 'unbound') throw new LanError('EINVAL', `socket ${descriptor} has an address already`);
    if (!isPort(local.port)) throw new LanError('EADDRNOTAVAIL', `there is no port ${local.port}`);
    this.#trace?.call(descriptor, 'bind', formatOpen(local));
    if (area.kind === 'stream') this.#become(area, { state: 'bound', local });
    else this.#attach(area, this.#udp.bind(local));
  }

  /**
   * Starts to connect, and when called again with the same address tells how far it is: 'would-block' until the peer has answered,
   * then 'connected'. Throws the reason when it has failed (ECONNREFUSED, ETIMEDOUT, …), EISCONN when the peer is another one.
   * A datagram socket is connected at once, and may get another peer at any time.
   */
  connect(descriptor: number, remote: Endpoint): 'connected' | WouldBlock {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') {
      this.#endpoint(area).connect(remote);
      this.#trace?.call(descriptor, 'connect', formatEndpoint(remote));
      this.#traceState(area);
      return 'connected';
    }
    const { body } = area;
    if (body.state === 'listening') throw new LanError('EOPNOTSUPP', `socket ${descriptor} listens`);
    if (body.state === 'connection') return this.#progress(descriptor, body.connection, remote);
    this.#trace?.call(descriptor, 'connect', formatEndpoint(remote));
    const connection = this.#tcp.connect(body.state === 'bound' ? body.local : undefined, remote);
    this.#adopt(area, connection);
    return this.#progress(descriptor, connection, remote);
  }

  /** `backlog`: how many connections may wait for accept. Throws EADDRINUSE when somebody else listens there. */
  listen(descriptor: number, backlog?: number): void {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') throw new LanError('EOPNOTSUPP', `socket ${descriptor} is a datagram socket`);
    if (area.body.state !== 'bound' && area.body.state !== 'unbound')
      throw new LanError('EINVAL', `socket ${descriptor} listens or is connected`);
    const local = localOf(area.body) ?? { ip: ANY_IP, port: 0 };
    const listener = this.#tcp.listen(local, backlog === undefined ? {} : { backlog });
    listener.onReady = () => this.#note(area);
    this.#become(area, { state: 'listening', listener });
    this.#trace?.call(descriptor, 'listen', formatOpen(listener.local));
  }

  /** The oldest connection that waits, as a descriptor of its own. Throws EMFILE when there is none left; the connection goes on waiting. */
  accept(descriptor: number): number | WouldBlock {
    const area = this.#area(descriptor);
    if (area.body.state !== 'listening') throw new LanError('EINVAL', `socket ${descriptor} does not listen`);
    this.#areas.assertRoom();
    const connection = area.body.listener.accept();
    if (connection === undefined) return 'would-block';
    const accepted = this.#allocate('stream');
    accepted.noDelay = area.noDelay; // inherited, as everywhere
    this.#trace?.call(descriptor, 'accept', `${accepted.descriptor}, from ${formatEndpoint(connection.remote)}`);
    this.#adopt(accepted, connection);
    return accepted.descriptor;
  }

  /**
   * Fills `into` from its start and answers how many octets; 0: the peer has ended and all its data were read (S64). What came before an
   * error can be read before the error is thrown. From a datagram socket: one datagram, what does not fit is lost.
   */
  read(descriptor: number, into: Uint8Array): number | WouldBlock {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') {
      const datagram = this.receiveFrom(descriptor);
      if (datagram === 'would-block') return datagram;
      const bytes = datagram.bytes.subarray(0, into.length);
      into.set(bytes);
      return bytes.length;
    }
    const { connection } = this.#connected(descriptor, area);
    if (connection.readable > 0) {
      const length = connection.read(into);
      this.#trace?.call(descriptor, 'read', `${length} octets`);
      this.#wake(); // the window has opened (S58)
      return length;
    }
    if (connection.error !== undefined) throw failed(descriptor, 'read', connection.error, connection.remote);
    if (!connection.atEnd) return 'would-block';
    this.#trace?.call(descriptor, 'read', 'end');
    return 0;
  }

  /**
   * Puts octets into the send buffer (S39) and answers how many it took: the first so many. To a datagram socket: one datagram to its
   * peer. Throws EPIPE when this side has ended, ENOTCONN when there is no connection.
   */
  write(descriptor: number, bytes: Uint8Array): number | WouldBlock {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') return this.sendTo(descriptor, bytes);
    const { connection, ended } = this.#connected(descriptor, area);
    if (ended) throw failed(descriptor, 'write', 'EPIPE', connection.remote);
    if (connection.error !== undefined) throw failed(descriptor, 'write', connection.error, connection.remote);
    if (isConnecting(connection)) return 'would-block';
    const length = connection.write(bytes);
    if (length === 0 && bytes.length > 0) return 'would-block';
    this.#trace?.call(descriptor, 'write', `${length} of ${bytes.length} octets`);
    this.#wake();
    return length;
  }

  /** Sends one datagram; without `to`, to the peer. A socket without a port gets an ephemeral one. Throws as UdpEndpoint.send, and a pending ICMP error. */
  sendTo(descriptor: number, bytes: Uint8Array, to?: Endpoint, options?: SendOptions): number | WouldBlock {
    const area = this.#area(descriptor);
    const endpoint = this.#endpoint(area);
    const error = endpoint.takeError();
    if (error !== undefined) throw failed(descriptor, 'sendTo', error, endpoint.remote);
    if (!endpoint.send(bytes, to, options)) return 'would-block';
    this.#trace?.call(descriptor, 'sendTo', `${bytes.length} octets to ${formatOpen(to ?? endpoint.remote)}`);
    this.#wake();
    return bytes.length;
  }

  /** One whole datagram and who sent it. Throws a pending ICMP error (1122-U5). */
  receiveFrom(descriptor: number): Datagram | WouldBlock {
    const endpoint = this.#endpoint(this.#area(descriptor));
    const error = endpoint.takeError();
    if (error !== undefined) throw failed(descriptor, 'receiveFrom', error, endpoint.remote);
    const datagram = endpoint.receive();
    if (datagram === undefined) return 'would-block';
    this.#trace?.call(
      descriptor,
      'receiveFrom',
      `${datagram.bytes.length} octets from ${formatEndpoint(datagram.source)}`,
    );
    return datagram;
  }

  /** Octets that `read` would give now; of a datagram socket, the sum of what waits. */
  available(descriptor: number): number {
    const { body } = this.#area(descriptor);
    if (body.state === 'datagram') return body.endpoint.receiveQueued;
    return body.state === 'connection' ? body.connection.readable : 0;
  }

  /** This side writes no more: FIN follows the last octet (S62). Reading goes on. */
  shutdown(descriptor: number): void {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') throw new LanError('EOPNOTSUPP', `socket ${descriptor} has no end to tell`);
    const body = this.#connected(descriptor, area);
    if (body.ended) return;
    body.ended = true;
    this.#trace?.call(descriptor, 'shutdown', 'write');
    body.connection.shutdown();
    this.#traceState(area);
    this.#wake();
  }

  /** Gives the descriptor back. TCP still sends what was written, ends the connection and deletes the area when it is over (S61–S68). */
  close(descriptor: number): void {
    this.#end(this.#area(descriptor, true), 'close');
  }

  /** As close, but a connection is reset: nothing more is sent, and the peer learns that data may be missing. */
  abort(descriptor: number): void {
    this.#end(this.#area(descriptor, true), 'abort');
  }

  /** Whether small data wait for the acknowledgement of earlier ones (Nagle's algorithm): `noDelay` switches that off (S44). */
  setOption(descriptor: number, name: 'noDelay', value: boolean): void {
    const area = this.#area(descriptor);
    if (area.kind === 'datagram') throw new LanError('ENOPROTOOPT', `UDP has no option ${name}`);
    area.noDelay = value;
    this.#trace?.call(descriptor, 'setOption', `${name}=${value}`);
    if (area.body.state !== 'connection') return;
    area.body.connection.noDelay = value;
    this.#wake();
  }

  getOption(descriptor: number, _name: 'noDelay'): boolean {
    return this.#area(descriptor).noDelay;
  }

  local(descriptor: number): Endpoint | undefined {
    return localOf(this.#area(descriptor).body);
  }
  remote(descriptor: number): Endpoint | undefined {
    return remoteOf(this.#area(descriptor).body);
  }

  /**
   * `watcher` is called when the socket may have become readable, writable, accepted or failed: try the call again. It is called in a
   * microtask after the engine's poll, once however much has changed, so it may call anything. One a socket; undefined ends it.
   */
  watch(descriptor: number, watcher: (() => void) | undefined): void {
    this.#area(descriptor, true).watcher = watcher;
  }

  /** Every socket with every field, those last that only wait for TCP to end them. */
  dump(): SocketRow[] {
    this.#sweep();
    return [...this.#areas, ...this.#closing].map(rowOf);
  }

  /** True: whatever was written to sockets that are closed by now has been acknowledged, or never will be. */
  get isFlushed(): boolean {
    for (const { body } of this.#closing)
      if (body.state === 'connection' && !isDelivered(body.connection)) return false;
    return true;
  }

  /** The host stops: every call but close, abort and watch throws ENETDOWN from now on, and every watcher is told. */
  stop(): void {
    this.#stopped = true;
    for (const area of this.#areas) this.#note(area);
    this.#closing.clear();
    this.onClosing?.();
  }

  #area(descriptor: number, evenStopped = false): SocketArea {
    const area = this.#areas.get(descriptor);
    if (!evenStopped) this.#assertRunning();
    return area;
  }

  #assertRunning(): void {
    if (this.#stopped) throw new LanError('ENETDOWN', 'the host has stopped');
  }

  #allocate(kind: SocketKind): SocketArea {
    return this.#areas.add((descriptor) => ({
      descriptor,
      isOpen: true,
      kind,
      noDelay: false,
      body: { state: 'unbound' },
      watcher: undefined,
      traced: '',
    }));
  }

  #become(area: SocketArea, body: SocketBody): void {
    area.body = body;
    this.#traceState(area);
  }

  #adopt(area: SocketArea, connection: TcpConnection): void {
    connection.noDelay = area.noDelay;
    connection.onChange = () => this.#note(area);
    this.#become(area, { state: 'connection', connection, ended: false });
    this.#wake();
  }

  #attach(area: SocketArea, endpoint: UdpEndpoint): UdpEndpoint {
    endpoint.onChange = () => this.#note(area);
    this.#become(area, { state: 'datagram', endpoint });
    return endpoint;
  }

  #endpoint(area: SocketArea): UdpEndpoint {
    if (area.body.state === 'datagram') return area.body.endpoint;
    if (area.kind === 'stream') throw new LanError('EOPNOTSUPP', `socket ${area.descriptor} is a stream`);
    return this.#attach(area, this.#udp.bind());
  }

  #connected(descriptor: number, { body }: SocketArea): SocketBody & { state: 'connection' } {
    if (body.state === 'connection') return body;
    throw new LanError('ENOTCONN', `socket ${descriptor} is not connected`);
  }

  #progress(descriptor: number, connection: TcpConnection, remote: Endpoint): 'connected' | WouldBlock {
    if (connection.error !== undefined) throw failed(descriptor, 'connect', connection.error, connection.remote);
    if (connection.remote.ip !== remote.ip || connection.remote.port !== remote.port)
      throw new LanError(
        isConnecting(connection) ? 'EALREADY' : 'EISCONN',
        `socket ${descriptor} has its peer, ${formatEndpoint(connection.remote)}`,
      );
    return isConnecting(connection) ? 'would-block' : 'connected';
  }

  #end(area: SocketArea, call: 'close' | 'abort'): void {
    const { body, descriptor } = area;
    this.#trace?.call(descriptor, call, '');
    const wasFull = this.#areas.isFull;
    this.#areas.remove(descriptor);
    area.isOpen = false;
    area.watcher = undefined;
    if (body.state === 'listening') {
      body.listener.onReady = undefined;
      body.listener.close();
    } else if (body.state === 'datagram') body.endpoint.close();
    else if (body.state === 'connection') {
      body.connection[call]();
      this.#closing.add(area);
    }
    this.#traceState(area);
    this.#sweep();
    this.#wake();
    // Whoever could not accept for want of a descriptor can now.
    if (wasFull) for (const other of this.#areas) if (other.body.state === 'listening') this.#note(other);
  }

  /** From an engine's poll: the watcher is called when that has returned, so that no engine is entered twice. */
  #note(area: SocketArea): void {
    this.#traceState(area);
    if (this.#changed.size === 0) Promise.resolve().then(() => this.#tellWatchers());
    this.#changed.add(area);
  }

  #tellWatchers(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const area of changed) area.watcher?.();
    if (this.#closing.size === 0) return;
    this.#sweep();
    this.onClosing?.();
  }

  #sweep(): void {
    for (const area of this.#closing) {
      if (area.body.state !== 'connection' || area.body.connection.state !== 'CLOSED') continue;
      this.#closing.delete(area);
      this.onClosing?.(); // whoever swept: the next one finds nothing to tell of
    }
  }

  #traceState(area: SocketArea): void {
    if (this.#trace === undefined) return;
    const { body, descriptor } = area;
    const state = stateOf(body);
    if (state === area.traced) return;
    area.traced = state;
    this.#trace.socket(descriptor, protocolOf(area), state, formatOpen(localOf(body)), formatOpen(remoteOf(body)));
  }
}
