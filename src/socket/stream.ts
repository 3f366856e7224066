/** A connection as a TypeScript programmer likes it: promises and `for await` over the descriptor calls, with back-pressure both ways. */
import { LanError } from '../base/errors.ts';
import type { Endpoint } from '../transport/ports.ts';
import type { SocketTable } from './table.ts';
import { Turn, Waiters } from './waiters.ts';

// The longest piece that one read gives, in octets.
const CHUNK = 65_536;

const utf8 = new TextEncoder();

export interface Abortable {
  /** Aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes both ways. Reading slowly closes the window and so stops the peer; a write resolves when all of it lies in the send buffer.
 * Breaking out of `for await` leaves the stream open; `await using`, or close, ends it.
 */
export class Stream implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #table: SocketTable;
  readonly #descriptor: number;
  readonly #change = new Waiters();
  readonly #reading = new Turn();
  readonly #writing = new Turn();
  /** Why nothing goes any more; from then on the descriptor may be somebody else's. */
  #over: LanError | undefined;
  #hasRead: 'some' | 'all' = 'some';
  #hasWritten: 'some' | 'all' = 'some';
  #closing: Promise<void> | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  /** Takes over a connected descriptor: nobody else may use it from now on. */
  constructor(table: SocketTable, descriptor: number) {
    this.#table = table;
    this.#descriptor = descriptor;
    this.local = table.local(descriptor) as Endpoint;
    this.remote = table.remote(descriptor) as Endpoint;
    table.watch(descriptor, () => this.#change.wakeAll());
  }

  /**
   * The next octets, one or more, the caller's own; undefined when the peer has ended and everything was read (S64). Calls are served in order.
   * An aborted read has taken nothing. Rejects with ECONNRESET, ETIMEDOUT, … when the connection fails; EBADF after close.
   */
  read({ signal }: Abortable = {}): Promise<Uint8Array | undefined> {
    return this.#reading.run(async () => {
      if (this.#hasRead === 'all') return undefined;
      const chunk = await this.#change.until(() => this.#readSome(), signal);
      if (chunk.length > 0) return chunk;
      this.#hasRead = 'all';
      this.#releaseWhenDone();
      return undefined;
    }, signal);
  }

  /**
   * Resolves when all of `data` (text as UTF-8) lies in the send buffer; until then the caller must not change it. Writes go out whole and in order.
   * An abort before the first octet was taken leaves nothing behind; after that the stream is reset, since half a write cannot be taken back.
   * Rejects with EPIPE after end, EBADF after close, ECONNRESET, … when the connection has failed.
   */
  write(data: Uint8Array | string, { signal }: Abortable = {}): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    const bytes = typeof data === 'string' ? utf8.encode(data) : data;
    return this.#writing.run(() => this.#writeAll(bytes, signal), signal);
  }

  /** Resolves when everything written before lies in the send buffer, with the end behind it: the peer reads to its end, and may still answer. */
  end({ signal }: Abortable = {}): Promise<void> {
    return this.#writing.run(async () => {
      if (this.#hasWritten === 'all') return;
      if (this.#over !== undefined) throw this.#over;
      this.#table.shutdown(this.#descriptor);
      this.#hasWritten = 'all';
      this.#releaseWhenDone();
    }, signal);
  }

  /** Closes both ways once every write before has reached the send buffer; the stack delivers that by itself. Never rejects; may be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#writing.run(async () => {
      this.#release(closed(), 'close');
    });
    return this.#closing;
  }

  /** Resets the connection: nothing more is sent, and whatever is under way rejects with ECONNABORTED. */
  abort(): void {
    this.#release(new LanError('ECONNABORTED', 'the stream was aborted here'), 'abort');
  }

  /** Whether small writes go out at once instead of waiting for the acknowledgement of earlier ones (S44); nothing on a closed stream. */
  set noDelay(on: boolean) {
    if (this.#over === undefined) this.#table.setOption(this.#descriptor, 'noDelay', on);
  }
  get noDelay(): boolean {
    return this.#over === undefined && this.#table.getOption(this.#descriptor, 'noDelay');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The reading side as a web stream, which reads ahead nothing. Cancelling it closes the stream. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  /** The writing side as a web stream. Closing it ends this side, aborting it resets the connection. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= new WritableStream<Uint8Array>({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
      abort: () => this.abort(),
    });
    return this.#writable;
  }

  /** Empty at the end. */
  #readSome(): Uint8Array | 'would-block' {
    if (this.#over !== undefined) throw this.#over;
    try {
      // At least one octet, so that an answer of 0 can only be the end.
      const into = new Uint8Array(Math.max(1, Math.min(CHUNK, this.#table.available(this.#descriptor))));
      const length = this.#table.read(this.#descriptor, into);
      return length === 'would-block' ? length : into.subarray(0, length);
    } catch (error) {
      // Everything that came was read before: nothing is left to keep the descriptor for.
      throw this.#release(error as LanError, 'close');
    }
  }

  async #writeAll(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    let written = 0;
    const writeSome = (): number | 'would-block' => {
      if (this.#over !== undefined) throw this.#over;
      return this.#table.write(this.#descriptor, written === 0 ? bytes : bytes.subarray(written));
    };
    if (this.#hasWritten === 'all') throw new LanError('EPIPE', 'this side of the stream has ended');
    try {
      do written += await this.#change.until(writeSome, signal);
      while (written < bytes.length);
    } catch (error) {
      if (signal?.aborted === true && written > 0) this.abort();
      throw error;
    }
  }

  #releaseWhenDone(): void {
    if (this.#hasRead === 'all' && this.#hasWritten === 'all') this.#release(closed(), 'close');
  }

  /** Gives the descriptor back, once, and lets everybody who waits find out why. */
  #release(reason: LanError, how: 'close' | 'abort'): LanError {
    if (this.#over !== undefined) return this.#over;
    this.#over = reason;
    this.#table[how](this.#descriptor);
    this.#change.wakeAll();
    return reason;
  }
}

const closed = (): LanError => new LanError('EBADF', 'the stream is closed');
