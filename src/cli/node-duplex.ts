/** A glassnic stream as Node's own Duplex, so that node:http and everything else made for net.Socket runs on this stack. */
import { Duplex } from 'node:stream';
import { formatIp } from '../base/address.ts';
import type { Stream } from '../socket/stream.ts';

type Done = (error?: Error | null) => void;

/**
 * Back-pressure is the stream's own: one read under way at a time, and a write is done when it lies in the send buffer. Half-open as a
 * TCP connection is: the end of one side leaves the other. `destroy` closes, or resets when there is an error or something unsent.
 */
export class NodeDuplex extends Duplex {
  readonly #stream: Stream;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily = 'IPv4';
  readonly localAddress: string;
  readonly localPort: number;
  #idleMs = 0;
  #idle: NodeJS.Timeout | undefined;

  /** Takes over a connected stream. */
  constructor(stream: Stream) {
    super({ allowHalfOpen: true, decodeStrings: true });
    this.#stream = stream;
    this.remoteAddress = formatIp(stream.remote.ip);
    this.remotePort = stream.remote.port;
    this.localAddress = formatIp(stream.local.ip);
    this.localPort = stream.local.port;
  }

  override _read(): void {
    this.#stream.read().then(
      (chunk) => {
        this.#restartIdle();
        this.push(chunk ?? null);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#stream.write(chunk).then(() => this.#written(done), done);
  }

  /** What was corked goes out as one write: a header and its body in one segment. */
  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this.#stream.write(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => this.#written(done), done);
  }

  override _final(done: Done): void {
    this.#stream.end().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#idle);
    if (error !== null || this.writableLength > 0) this.#stream.abort();
    this.#stream.close().then(() => done(error), done);
  }

  /** As net.Socket has it: ends this side, and closes when everything is written. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  setNoDelay(on = true): this {
    this.#stream.noDelay = on;
    return this;
  }

  /** As net.Socket has it: emits 'timeout' after `ms` without anything read or written; 0 is never. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    this.#idleMs = ms;
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    this.#restartIdle();
    return this;
  }

  // What node:http calls on every socket and this stack has no use for: the host keeps the process alive.
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  #written(done: Done): void {
    this.#restartIdle();
    done();
  }

  #restartIdle(): void {
    clearTimeout(this.#idle);
    if (this.#idleMs > 0 && !this.destroyed) this.#idle = setTimeout(() => this.emit('timeout'), this.#idleMs).unref();
  }
}
