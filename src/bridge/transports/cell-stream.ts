/** A stream of cells cut out of a stream of bytes by a parser that knows nothing but their length, kept in step with where they begin. */
import { Duplex, type Transform } from 'node:stream';
import { CELL_SIZE } from '../link/cell.ts';

/** What of a SerialPort is used here. Its `destroy` leaves the port open and locked: only `close` lets go of it. */
export interface Port extends Duplex {
  readonly isOpen: boolean;
  close(done: (error: Error | null) => void): void;
  /** Throws away what has not been sent. */
  flush(done: (error: Error | null) => void): void;
}

/**
 * The parser hands over blocks of 64 bytes, counted from the first. Once the line has lost a byte each block ends within a cell, whose tail then
 * waits for the next. `realign` pushes as many filler bytes through the parser as puts its blocks' ends on the cells' ends again; they are
 * taken out behind it.
 */
export class CellStream extends Duplex {
  readonly #port: Port;
  readonly #parser: Transform;
  /** Bytes written to the parser, and bytes taken from it; with the fillers. */
  #written = 0;
  #taken = 0;
  /** Where in the parser's bytes fillers lie. */
  #fillerFrom = 0;
  #fillerTo = 0;

  /** `parser`: made for blocks of 64 bytes, with readableObjectMode, so that blocks stay blocks. */
  constructor(port: Port, parser: Transform) {
    super({ writableHighWaterMark: port.writableHighWaterMark });
    this.#port = port;
    this.#parser = parser;
    port.on('data', (bytes: Uint8Array) => this.#feed(bytes));
    port.on('error', (error) => this.destroy(error));
    port.on('close', () => this.destroy());
    parser.on('data', (block: Uint8Array) => this.#onBlock(block));
  }

  /** The receiver holds `held` bytes of an unfinished cell at the end of a block. */
  realign(held: number): void {
    // One correction at a time: until its filler has come out, what the receiver holds says nothing new.
    if (held === 0 || this.#taken < this.#fillerTo) return;
    this.#fillerFrom = this.#written;
    this.#fillerTo = this.#written + held;
    this.#feed(new Uint8Array(held));
  }

  override _read(): void {
    this.#port.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#port.write(chunk, (error) => done(error));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const port = this.#port;
    if (!port.isOpen) {
      done(error);
      return;
    }
    // A port closes when all has been sent, which a line that is held may never do.
    port.flush(() => port.close(() => done(error)));
  }

  #feed(bytes: Uint8Array): void {
    this.#written += bytes.length;
    this.#parser.write(bytes);
  }

  #onBlock(block: Uint8Array): void {
    const from = this.#taken;
    this.#taken += block.length;
    const start = Math.min(Math.max(this.#fillerFrom - from, 0), CELL_SIZE);
    const end = Math.min(Math.max(this.#fillerTo - from, 0), CELL_SIZE);
    if (start < end) {
      this.#hand(block.subarray(0, start));
      this.#hand(block.subarray(end));
    } else this.#hand(block);
  }

  #hand(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.push(bytes)) this.#port.pause();
  }
}
