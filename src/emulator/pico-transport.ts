/** `emulator:pico`: the Pico's firmware in this process, its serial line as a stream. */
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Device } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import type { Transport } from '../bridge/transports/transport.ts';
import type { Plug } from '../cable/plug.ts';
import { decodePicoUf2 } from '../firmware/uf2.ts';
import type { Tracer } from '../trace/event.ts';
import { PicoBoard, type PicoLine } from './pico-board.ts';

/** A few milliseconds of this program's time: then others have their turn. */
const INSTRUCTIONS_A_POLL = 20_000;
// From src/emulator as from dist/emulator.
const IMAGE = fileURLToPath(new URL('../../firmware-bridge/images/pico.uf2', import.meta.url));

export interface PicoTransportOptions {
  readonly plug: Plug;
  /** Default `usb`. */
  readonly line?: PicoLine;
  readonly trace?: Tracer | undefined;
}

export class PicoTransport implements Transport, Device {
  readonly name = 'emulator:pico';
  readonly #options: PicoTransportOptions;
  #board: PicoBoard | undefined;
  #stream: PicoStream | undefined;
  #wake: () => void = () => {};
  /** Who waits in `open`. */
  #opening: { readonly found: () => void; readonly failed: (error: LanError) => void } | undefined;

  constructor(options: PicoTransportOptions) {
    this.#options = options;
  }

  /** While it runs. */
  get board(): PicoBoard | undefined {
    return this.#board;
  }

  /** Gives the board power. Rejects with EMULATOR_MISSING where there is no image, IMAGE_WRONG where the ROM would not start it. */
  async start(wake: () => void): Promise<void> {
    this.#wake = wake;
    const file = await readFile(IMAGE).catch((cause: unknown) => {
      throw new LanError('EMULATOR_MISSING', `emulator:pico: no firmware image ${IMAGE}`, { cause });
    });
    const image = decodePicoUf2(file);
    if (typeof image === 'string') throw new LanError('IMAGE_WRONG', `${IMAGE}: ${image}`);
    const board = new PicoBoard({ ...this.#options, image, budget: INSTRUCTIONS_A_POLL });
    board.serial.onConnected = (isConnected) => {
      if (isConnected) this.#opening?.found();
      else this.#stream?.destroy();
    };
    this.#board = board;
    wake();
  }

  async stop(): Promise<void> {
    await this.close();
    this.#wake = () => {};
    this.#board?.unplug();
    this.#board = undefined;
  }

  /** Resolves when the computer's end has found the board. Rejects with EMULATOR_FAILED where it does not run, or is no bridge any more; with CLOSED when it is closed. */
  async open(): Promise<Duplex> {
    await this.close();
    const board = this.#board;
    if (board === undefined) throw new LanError('EMULATOR_FAILED', 'emulator:pico is not running');
    if (!board.serial.isConnected) await this.#found();
    this.#stream = new PicoStream(board, () => this.#wake());
    return this.#stream;
  }

  #found(): Promise<void> {
    return new Promise<void>((found, failed) => {
      this.#opening = { found, failed };
      this.#wake();
    }).finally(() => {
      this.#opening = undefined;
    });
  }

  async close(): Promise<void> {
    this.#opening?.failed(new LanError('CLOSED', 'emulator:pico: closed while it was being opened'));
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  poll(now: Instant): void {
    const board = this.#board;
    if (board === undefined || this.#stream?.isFull === true) return;
    board.poll(now);
    // As on a bench: there is a drive now, and no serial port.
    if (board.isInBootLoader)
      this.#opening?.failed(new LanError('EMULATOR_FAILED', 'emulator:pico is in its boot loader'));
  }

  nextDeadline(): Instant | undefined {
    return this.#stream?.isFull === true ? undefined : this.#board?.nextDeadline();
  }
}

/** The board stands still while nobody reads what it has said. */
class PicoStream extends Duplex {
  readonly #board: PicoBoard;
  readonly #wake: () => void;
  #held: (() => void) | undefined;
  isFull = false;

  constructor(board: PicoBoard, wake: () => void) {
    super();
    this.#board = board;
    this.#wake = wake;
    board.serial.onBytes = (bytes) => {
      if (!this.destroyed) this.isFull = !this.push(bytes.slice());
    };
    board.serial.onRoom = () => this.#held?.();
  }

  override _read(): void {
    if (!this.isFull) return;
    this.isFull = false;
    this.#wake();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let rest = chunk;
    const give = (): void => {
      const { serial } = this.#board;
      const piece = rest.subarray(0, serial.room);
      if (piece.length > 0) serial.write(piece);
      rest = rest.subarray(piece.length);
      this.#held = rest.length === 0 ? undefined : give;
      if (rest.length === 0) done();
      this.#wake();
    };
    give();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.isFull = false;
    this.#held = undefined;
    done(error);
  }
}
