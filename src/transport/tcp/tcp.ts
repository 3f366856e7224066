/** TCP, RFC 9293: finds whom a segment is for, keeps the connections' timers, and sends what is due when it is polled. */
import { ANY_IP, BROADCAST_IP, formatIp, type Ip, isMulticastIp } from '../../base/address.ts';
import { u16, u32 } from '../../base/bytes.ts';
import type { Engine } from '../../base/engine.ts';
import { LanError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { after, earliest, type Instant, milliseconds, START } from '../../base/time.ts';
import { DropCounter } from '../../network/drops.ts';
import { type IcmpError, type Internet, PROTOCOL, type TransportHandler } from '../../network/internet.ts';
import type { Tracer } from '../../trace/event.ts';
import { fold, pseudoHeaderSum, sum } from '../../wire/checksum.ts';
import { FLAG, QUOTED, TcpView } from '../../wire/tcp.ts';
import { type Endpoint, formatEndpoint, isPort, type Ports } from '../ports.ts';
import { segmentArrives, synArrives } from './arrival.ts';
import { TcpConnection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { ControlBlock, type Owner, type TcpDrop } from './control-block.ts';
import { errorArrives } from './icmp.ts';
import { InitialSeq } from './initial-seq.ts';
import { TcpListener } from './listener.ts';
import { settle, type TcpOptions, type TcpTuning } from './options.ts';
import { flush } from './output.ts';
import { ResetQueue } from './reset-queue.ts';
import { isAfter, plus, type Seq, seq } from './seq.ts';

const BACKLOG = 128;
const CONNECTIONS = 16_384;
// IP had no place: whoever makes one polls us anyway; this is for the case that nobody does.
const RETRY = milliseconds(1);

export interface TcpStackOptions extends TcpTuning {
  readonly internet: Internet;
  /** For the secret of the initial sequence numbers. */
  readonly random: Random;
  readonly ports: Ports;
  readonly trace?: Tracer | undefined;
}

const isUnicast = (ip: Ip): boolean => ip !== ANY_IP && ip !== BROADCAST_IP && !isMulticastIp(ip);

export class Tcp implements Engine, TransportHandler, Owner {
  readonly internet: Internet;
  readonly #options: TcpStackOptions;
  readonly #drops: DropCounter<TcpDrop>;
  readonly #initialSeq: InitialSeq;
  readonly #table = new ConnectionTable();
  readonly #connections = new Map<ControlBlock, TcpConnection>();
  readonly #listenerOf = new Map<ControlBlock, TcpListener>();
  // Blocks with something to tell or to send, and listeners with something to tell.
  readonly #touched = new Set<ControlBlock>();
  readonly #listenersTouched = new Set<TcpListener>();
  readonly #resets = new ResetQueue();
  #now: Instant = START;
  // No block has a deadline before this; one may have moved to later since.
  #soonest: Instant | undefined;
  #retryAt: Instant | undefined;

  /** Registers itself with `internet`. */
  constructor(options: TcpStackOptions) {
    this.#options = options;
    this.#drops = new DropCounter(options.trace);
    this.internet = options.internet;
    this.#initialSeq = new InitialSeq(options.random);
    this.internet.register(PROTOCOL.tcp, this);
  }

  /** The time of the last poll or arrival. */
  get now(): Instant {
    return this.#now;
  }

  /** How often something was dropped, by reason. */
  get drops(): ReadonlyMap<TcpDrop, number> {
    return this.#drops.counts;
  }

  connections(): Iterable<TcpConnection> {
    return this.#connections.values();
  }

  /**
   * Active open: the SYN goes out with the next poll. `local`: address 0 or port 0, or nothing at all, leave the choice to the stack (MUST-43, MUST-44).
   * Throws EADDRNOTAVAIL where an address or port cannot be one's own or the peer's (MUST-46) or no port is left, EADDRINUSE, ENETUNREACH, ENOBUFS, BAD_TTL.
   */
  connect(local: Endpoint | undefined, remote: Endpoint, options: TcpOptions = {}): TcpConnection {
    if (!isUnicast(remote.ip) || !isPort(remote.port) || remote.port === 0)
      throw new LanError('EADDRNOTAVAIL', `TCP cannot connect to ${formatEndpoint(remote)}`);
    const ip = local === undefined || local.ip === ANY_IP ? this.internet.sourceFor(remote.ip) : local.ip;
    if (ip === undefined) throw new LanError('ENETUNREACH', `no route to ${formatEndpoint(remote)}`);
    const from = this.#claim(ip, local?.port ?? 0);
    if (this.#table.find(ip, from.port, remote.ip, remote.port) !== undefined)
      throw new LanError('EADDRINUSE', `${formatEndpoint(from)} is already connected to ${formatEndpoint(remote)}`);
    if (!this.#makeRoom()) throw new LanError('ENOBUFS', 'there are as many connections as this host holds');
    const iss = this.#initialSeq.choose(from, remote, this.#now);
    return this.#hold(new ControlBlock(this, from, remote, iss, settle(options, this.#options), false));
  }

  /** Passive open; address 0: of every address. Throws EADDRINUSE, EADDRNOTAVAIL, BAD_TTL. */
  listen(local: Endpoint, options: TcpOptions & { readonly backlog?: number } = {}): TcpListener {
    const at = this.#claim(local.ip, local.port);
    if (this.#table.isListening(at)) throw new LanError('EADDRINUSE', `${formatEndpoint(at)} is already listened to`);
    const listener: TcpListener = new TcpListener(at, options.backlog ?? BACKLOG, settle(options, this.#options), () =>
      this.#table.removeListener(listener),
    );
    this.#table.addListener(listener);
    return listener;
  }

  /** This host's address, or ANY_IP, with a port: the given one, or for 0 one that is free. */
  #claim(ip: Ip, chosen: number): Endpoint {
    if (ip !== ANY_IP && !this.internet.isLocal(ip))
      throw new LanError('EADDRNOTAVAIL', `${formatIp(ip)} is no address of this host`);
    const port = chosen === 0 ? this.#options.ports.ephemeral((one) => this.#table.isPortTaken(one)) : chosen;
    if (port === undefined || !isPort(port))
      throw new LanError(
        'EADDRNOTAVAIL',
        port === undefined ? 'every ephemeral port is in use' : `there is no port ${port}`,
      );
    return { ip, port };
  }

  #hold(block: ControlBlock): TcpConnection {
    const connection = new TcpConnection(block);
    this.#table.add(block);
    this.#connections.set(block, connection);
    this.#touched.add(block);
    return connection;
  }

  receive(source: Ip, destination: Ip, payload: Uint8Array, now: Instant): boolean {
    this.#now = now;
    const tcp = TcpView.parse(payload);
    if (typeof tcp === 'string') this.drop(tcp, now, payload);
    else if (
      fold(sum(payload, 0, payload.length, pseudoHeaderSum(source, destination, PROTOCOL.tcp, payload.length))) !==
      0xffff
    )
      this.drop('tcp:bad-checksum', now, payload);
    // MUST-57, MUST-63: neither from nor to a group.
    else if (!isUnicast(source) || !this.internet.isLocal(destination)) this.drop('tcp:bad-address', now, payload);
    else this.#dispatch(source, destination, tcp, now);
    return true;
  }

  #dispatch(source: Ip, destination: Ip, tcp: TcpView, now: Instant): void {
    const block = this.#table.find(destination, tcp.destinationPort, source, tcp.sourcePort);
    const listener =
      block === undefined || this.#mayReopen(block, tcp)
        ? this.#table.listener(destination, tcp.destinationPort)
        : undefined;
    if (block !== undefined && listener === undefined) {
      segmentArrives(block, tcp, now);
      return;
    }
    const local = { ip: destination, port: tcp.destinationPort };
    const remote = { ip: source, port: tcp.sourcePort };
    if (listener === undefined) this.#refuse(local, remote, tcp, now);
    else this.#inListen(listener, local, remote, tcp, block, now);
  }

  /** MAY-2: a new SYN beyond everything the old incarnation sent may take the place of a connection in TIME-WAIT. */
  #mayReopen(block: ControlBlock, tcp: TcpView): boolean {
    const onlySyn = (tcp.flags & (FLAG.syn | FLAG.ack | FLAG.rst)) === FLAG.syn;
    return block.state === 'TIME-WAIT' && onlySyn && isAfter(tcp.seq as Seq, block.receiver.nxt);
  }

  /** RFC 9293 §3.10.7.2. */
  #inListen(
    listener: TcpListener,
    local: Endpoint,
    remote: Endpoint,
    tcp: TcpView,
    old: ControlBlock | undefined,
    now: Instant,
  ): void {
    const dropped = this.#whyNot(listener, local, remote, tcp);
    if (dropped !== undefined) {
      this.drop(dropped, now, tcp.bytes);
      return;
    }
    let iss = this.#initialSeq.choose(local, remote, now);
    if (old !== undefined) {
      if (!isAfter(iss, old.sender.nxt)) iss = plus(old.sender.nxt, 65_536);
      old.enter('CLOSED', now);
    }
    const block = new ControlBlock(this, local, remote, iss, listener.settings, true);
    const connection = this.#hold(block);
    this.#listenerOf.set(block, listener);
    listener.add(connection);
    synArrives(block, tcp);
  }

  #whyNot(listener: TcpListener, local: Endpoint, remote: Endpoint, tcp: TcpView): TcpDrop | undefined {
    if (tcp.has(FLAG.rst)) return 'tcp:bad-reset';
    if (tcp.has(FLAG.ack)) {
      this.reset(local, remote, tcp.ack as Seq, undefined);
      return 'tcp:listen-no-syn';
    }
    if (!tcp.has(FLAG.syn)) return 'tcp:listen-no-syn';
    if (listener.isFull) return 'tcp:backlog-full';
    return this.#makeRoom() ? undefined : 'tcp:table-full';
  }

  /** True: one connection more can be held. */
  #makeRoom(): boolean {
    if (this.#connections.size < (this.#options.connections ?? CONNECTIONS)) return true;
    for (const block of this.#connections.keys()) {
      if (block.state !== 'TIME-WAIT') continue;
      block.enter('CLOSED');
      return true;
    }
    return false;
  }

  /** RFC 9293 §3.10.7.1: nobody is there. A RST is never answered. */
  #refuse(local: Endpoint, remote: Endpoint, tcp: TcpView, now: Instant): void {
    this.drop('tcp:no-socket', now, tcp.bytes);
    if (tcp.has(FLAG.rst)) return;
    if (tcp.has(FLAG.ack)) this.reset(local, remote, tcp.ack as Seq, undefined);
    else this.reset(local, remote, seq(0), plus(tcp.seq as Seq, tcp.sequenceLength));
  }

  onError(error: IcmpError, source: Ip, destination: Ip, quoted: Uint8Array, now: Instant): void {
    this.#now = now;
    if (quoted.length < QUOTED.length) return;
    const block = this.#table.find(
      source,
      u16(quoted, QUOTED.sourcePort),
      destination,
      u16(quoted, QUOTED.destinationPort),
    );
    if (block !== undefined) errorArrives(block, error, u32(quoted, QUOTED.seq) as Seq);
  }

  poll(now: Instant): void {
    this.#now = now;
    if (this.#soonest !== undefined && this.#soonest <= now) this.#expire(now);
    this.#tell();
    this.#send(now);
  }

  #expire(now: Instant): void {
    let soonest: Instant | undefined;
    for (const block of this.#connections.keys()) {
      const at = block.nextDeadline();
      if (at !== undefined && at <= now) block.onDeadline(now);
      else soonest = earliest(soonest, at);
    }
    this.#soonest = soonest;
  }

  // Before sending, so that what the owners do in answer goes out with the same poll.
  #tell(): void {
    for (const block of this.#touched) {
      if (!block.changed) continue;
      block.changed = false;
      block.onChange?.();
    }
    for (const listener of this.#listenersTouched) listener.tell();
    this.#listenersTouched.clear();
  }

  #send(now: Instant): void {
    let done = this.#resets.flush(this, now);
    for (const block of this.#touched) {
      if (!done) break;
      done = flush(block, now);
      this.#soonest = earliest(this.#soonest, block.nextDeadline());
      // Not done: behind the others, so that one connection does not take every place.
      if (!done || !block.changed) this.#touched.delete(block);
      if (!done) this.#touched.add(block);
    }
    this.#retryAt = done ? undefined : after(now, RETRY);
  }

  nextDeadline(): Instant | undefined {
    if (this.#retryAt !== undefined) return earliest(this.#retryAt, this.#soonest);
    return this.#touched.size > 0 || !this.#resets.isEmpty ? this.#now : this.#soonest;
  }

  touch(block: ControlBlock): void {
    this.#touched.add(block);
  }

  remove(block: ControlBlock): void {
    this.#table.remove(block);
    const connection = this.#connections.get(block);
    this.#connections.delete(block);
    if (this.#connections.size === 0) this.#soonest = undefined;
    const listener = this.#listenerOf.get(block);
    this.#listenerOf.delete(block);
    if (listener !== undefined && connection !== undefined) listener.forget(connection);
  }

  established(block: ControlBlock): void {
    const listener = this.#listenerOf.get(block);
    const connection = this.#connections.get(block);
    this.#listenerOf.delete(block);
    if (listener === undefined || connection === undefined) return;
    listener.promote(connection);
    this.#listenersTouched.add(listener);
  }

  reset(local: Endpoint, remote: Endpoint, seq: Seq, ack: Seq | undefined): void {
    if (!this.#resets.add(local, remote, seq, ack)) this.drop('tcp:replies-full', this.#now);
  }

  drop(reason: TcpDrop, now: Instant, bytes?: Uint8Array): void {
    this.#drops.drop(reason, now, bytes);
  }
}
