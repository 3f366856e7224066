/** A passive open: connections that came and wait for `accept`. */
import type { Endpoint } from '../ports.ts';
import type { TcpConnection } from './connection.ts';
import type { Settings } from './options.ts';

export class TcpListener {
  readonly local: Endpoint;
  readonly settings: Settings;
  /** A connection is ready for `accept`. Called from the stack's poll only. */
  onReady: (() => void) | undefined;
  readonly #backlog: number;
  readonly #onClose: () => void;
  readonly #opening = new Set<TcpConnection>();
  readonly #ready: TcpConnection[] = [];
  #told = 0;

  /** `backlog`: connections that may be half open or wait for `accept`, together; when it is full a SYN is dropped, and comes again. */
  constructor(local: Endpoint, backlog: number, settings: Settings, onClose: () => void) {
    this.local = local;
    this.settings = settings;
    this.#backlog = Math.max(backlog, 1);
    this.#onClose = onClose;
  }

  get isFull(): boolean {
    return this.#opening.size + this.#ready.length >= this.#backlog;
  }

  /** The oldest connection that is up and not taken yet. */
  accept(): TcpConnection | undefined {
    const connection = this.#ready.shift();
    if (connection !== undefined) this.#told = Math.min(this.#told, this.#ready.length);
    return connection;
  }

  /** No more connections; those nobody accepted are reset. */
  close(): void {
    this.#onClose();
    for (const connection of [...this.#opening, ...this.#ready]) connection.abort();
    this.#opening.clear();
    this.#ready.length = 0;
  }

  /** The stack's: a SYN came. */
  add(connection: TcpConnection): void {
    this.#opening.add(connection);
  }

  /** The stack's: its handshake is over. */
  promote(connection: TcpConnection): void {
    if (this.#opening.delete(connection)) this.#ready.push(connection);
  }

  /** The stack's: it died before its handshake was over. One that dies later is still accepted, to tell its error. */
  forget(connection: TcpConnection): void {
    this.#opening.delete(connection);
  }

  /** The stack's: calls `onReady` if there is something new. */
  tell(): void {
    if (this.#ready.length <= this.#told) return;
    this.#told = this.#ready.length;
    this.onReady?.();
  }
}
