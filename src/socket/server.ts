/** A listening socket as a sequence of streams. */
import { LanError } from '../base/errors.ts';
import type { Endpoint } from '../transport/ports.ts';
import { type Abortable, Stream } from './stream.ts';
import type { SocketTable } from './table.ts';
import { Waiters } from './waiters.ts';

/** `for await (const stream of server)` ends when the server is closed. Whom nobody accepts waits in the backlog. */
export class Server implements AsyncIterable<Stream>, AsyncDisposable {
  readonly local: Endpoint;
  readonly #table: SocketTable;
  readonly #descriptor: number;
  readonly #change = new Waiters();
  #isOpen = true;

  /** Takes over a listening descriptor. */
  constructor(table: SocketTable, descriptor: number) {
    this.#table = table;
    this.#descriptor = descriptor;
    this.local = table.local(descriptor) as Endpoint;
    table.watch(descriptor, () => this.#change.wakeAll());
  }

  /** The next connection; undefined once the server is closed. When no descriptor is free, it waits for one. */
  accept({ signal }: Abortable = {}): Promise<Stream | undefined> {
    return this.#change.until(() => {
      if (!this.#isOpen) return undefined;
      try {
        const accepted = this.#table.accept(this.#descriptor);
        return accepted === 'would-block' ? accepted : new Stream(this.#table, accepted);
      } catch (error) {
        if (error instanceof LanError && error.code === 'EMFILE') return 'would-block';
        throw error;
      }
    }, signal);
  }

  /** Accepts no more; streams that were accepted go on. May be called twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#table.close(this.#descriptor);
    this.#change.wakeAll();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Stream, void, void> {
    for (let stream = await this.accept(); stream !== undefined; stream = await this.accept()) yield stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
