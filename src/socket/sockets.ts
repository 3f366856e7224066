/** The socket library of one host: streams, servers and datagrams on top, the descriptor calls in `table` below. */
import { ANY_IP, type Ip, parseIp } from '../base/address.ts';
import type { Endpoint } from '../transport/ports.ts';
import { Datagrams } from './datagram.ts';
import { Server } from './server.ts';
import { type Abortable, Stream } from './stream.ts';
import { SocketTable, type SocketTableOptions } from './table.ts';
import { Waiters } from './waiters.ts';

export interface ConnectOptions extends Abortable {
  /** As a number or in dotted decimal; a name is the caller's to look up. */
  readonly ip: Ip | string;
  readonly port: number;
  /** Where to connect from; an ephemeral port of the right address by default. */
  readonly local?: Endpoint | undefined;
  /** True: small writes do not wait for the acknowledgement of earlier ones (S44). */
  readonly noDelay?: boolean | undefined;
}

export interface ListenOptions {
  /** 0 or none: an ephemeral port, to be read in `local`. */
  readonly port?: number | undefined;
  /** One address of this host; all of them by default. */
  readonly ip?: Ip | string | undefined;
  /** How many connections may wait to be accepted. */
  readonly backlog?: number | undefined;
}

export interface DatagramOptions {
  readonly port?: number | undefined;
  readonly ip?: Ip | string | undefined;
  /** With a peer only its datagrams are heard, `send` needs no address, and ICMP errors come back. */
  readonly remote?: Endpoint | undefined;
}

export class Sockets {
  readonly table: SocketTable;
  readonly #closing = new Waiters();

  constructor(options: SocketTableOptions) {
    this.table = new SocketTable(options);
    this.table.onClosing = () => this.#closing.wakeAll();
  }

  /** Resolves when the peer has answered. Rejects with ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, …; aborted, it leaves nothing behind. */
  async connect({ ip, port, local, noDelay = false, signal }: ConnectOptions): Promise<Stream> {
    signal?.throwIfAborted();
    const remote = { ip: addressOf(ip), port };
    const descriptor = this.table.socket('stream');
    const change = new Waiters();
    this.table.watch(descriptor, () => change.wakeAll());
    try {
      if (noDelay) this.table.setOption(descriptor, 'noDelay', true);
      if (local !== undefined) this.table.bind(descriptor, local);
      await change.until(() => this.table.connect(descriptor, remote), signal);
      return new Stream(this.table, descriptor);
    } catch (error) {
      this.table.abort(descriptor);
      throw error;
    }
  }

  /** Throws EADDRINUSE when somebody else listens there, EADDRNOTAVAIL when the address is not this host's. */
  listen({ port = 0, ip = ANY_IP, backlog }: ListenOptions = {}): Server {
    const descriptor = this.table.socket('stream');
    try {
      this.table.bind(descriptor, { ip: addressOf(ip), port });
      this.table.listen(descriptor, backlog);
      return new Server(this.table, descriptor);
    } catch (error) {
      this.table.close(descriptor);
      throw error;
    }
  }

  /** Throws EADDRINUSE, EADDRNOTAVAIL; with a remote ENETUNREACH. */
  datagram({ port = 0, ip = ANY_IP, remote }: DatagramOptions = {}): Datagrams {
    const descriptor = this.table.socket('datagram');
    try {
      this.table.bind(descriptor, { ip: addressOf(ip), port });
      if (remote !== undefined) this.table.connect(descriptor, remote);
      return new Datagrams(this.table, descriptor);
    } catch (error) {
      this.table.close(descriptor);
      throw error;
    }
  }

  /** Resolves when what was written to streams that are closed by now has been acknowledged, or never will be: before a host is stopped. */
  async flushed({ signal }: Abortable = {}): Promise<void> {
    await this.#closing.until(() => this.table.isFlushed || 'would-block', signal);
  }

  /** The host stops: whatever is unfinished rejects with ENETDOWN. */
  stop(): void {
    this.table.stop();
  }
}

const addressOf = (ip: Ip | string): Ip => (typeof ip === 'string' ? parseIp(ip) : ip);
