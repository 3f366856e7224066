/** A datagram socket as a sequence of datagrams (S128): each arrives whole, or not at all. */
import type { SendOptions } from '../network/internet.ts';
import type { Endpoint } from '../transport/ports.ts';
import type { Datagram } from '../transport/udp-endpoint.ts';
import type { Abortable } from './stream.ts';
import type { SocketTable } from './table.ts';
import { Waiters } from './waiters.ts';

const utf8 = new TextEncoder();

/** `for await (const { bytes, source } of datagrams)` ends when it is closed. */
export class Datagrams implements AsyncIterable<Datagram>, AsyncDisposable {
  readonly local: Endpoint;
  readonly #table: SocketTable;
  readonly #descriptor: number;
  readonly #change = new Waiters();
  #isOpen = true;

  /** Takes over a bound datagram descriptor. */
  constructor(table: SocketTable, descriptor: number) {
    this.#table = table;
    this.#descriptor = descriptor;
    this.local = table.local(descriptor) as Endpoint;
    table.watch(descriptor, () => this.#change.wakeAll());
  }

  /**
   * Sends one datagram (text as UTF-8) to `to`, or to the peer; resolves when it lies in the send queue, which is no promise that it arrives.
   * Rejects with EMSGSIZE, EDESTADDRREQ, ENETUNREACH, EBADF after close; with a peer also what ICMP told since the last call, ECONNREFUSED for one.
   */
  async send(data: Uint8Array | string, to?: Endpoint, options: SendOptions & Abortable = {}): Promise<void> {
    const bytes = typeof data === 'string' ? utf8.encode(data) : data;
    await this.#change.until(() => this.#table.sendTo(this.#opened(), bytes, to, options), options.signal);
  }

  /** The next datagram; undefined once this is closed. With a peer, rejects with what ICMP told since the last call. */
  receive({ signal }: Abortable = {}): Promise<Datagram | undefined> {
    return this.#change.until(() => (this.#isOpen ? this.#table.receiveFrom(this.#descriptor) : undefined), signal);
  }

  /** Gives the port back. What was sent still goes out. May be called twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#table.close(this.#descriptor);
    this.#change.wakeAll();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    for (let next = await this.receive(); next !== undefined; next = await this.receive()) yield next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** The descriptor, or −1, which is nobody's: after close the number may be another socket's. */
  #opened(): number {
    return this.#isOpen ? this.#descriptor : -1;
  }
}
