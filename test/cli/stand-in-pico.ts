/**
 * A Pico as a computer has it on its desk: in its boot loader it is a directory that stands in for its drive; a UF2 file written there is decoded
 * and executed, and the USB serial line of what runs is given out on a TCP port, as a port server would. Its network cable leads to the demo host.
 */
import { type FSWatcher, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { u32le } from '../../src/base/bytes.ts';
import { Cable } from '../../src/cable/cable.ts';
import { demoHost } from '../../src/demo-host.ts';
import { PicoBoard } from '../../src/emulator/pico-board.ts';
import { decodePicoUf2, type FlashImage } from '../../src/firmware/uf2.ts';
import { Loop, SystemClock } from '../../src/host.ts';

const BLOCK = 512;
/** Where a UF2 block says how many blocks there are. */
const TOTAL_BLOCKS = 24;
/** In real time: as `emulator:pico` has it. */
const BUDGET = 20_000;
const INFO = 'UF2 Bootloader v2.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n';

export class StandInPico {
  readonly drive: string;
  /** As `--board` says it. */
  readonly board: string;
  /** What was written and has been started, oldest first. */
  readonly booted: FlashImage[] = [];
  /** Why what was written was not started. */
  readonly refused: string[] = [];
  readonly #server: Server;
  #watcher: FSWatcher | undefined;
  #loop: Loop | undefined;
  #board: PicoBoard | undefined;
  #socket: Socket | undefined;
  /** From the computer, until the board has room. */
  #held: Uint8Array = new Uint8Array(0);

  private constructor(drive: string, server: Server) {
    this.drive = drive;
    this.board = `tcp:127.0.0.1:${(server.address() as { port: number }).port}`;
    this.#server = server.on('connection', (socket) => this.#serve(socket));
  }

  /** `running`: the image that it runs; undefined: it waits in its boot loader. */
  static async plug(drive: string, running?: FlashImage): Promise<StandInPico> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pico = new StandInPico(drive, server);
    if (running === undefined) pico.#enterBootLoader();
    else pico.#start(running);
    return pico;
  }

  get isInBootLoader(): boolean {
    return this.#watcher !== undefined;
  }

  async unplug(): Promise<void> {
    this.#watcher?.close();
    this.#socket?.destroy();
    await this.#loop?.stop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #enterBootLoader(): void {
    void this.#loop?.stop();
    this.#loop = this.#board = undefined;
    this.#socket?.destroy();
    mkdirSync(this.drive, { recursive: true });
    this.#watcher = watch(this.drive, () => this.#look());
    writeFileSync(join(this.drive, 'INFO_UF2.TXT'), INFO);
  }

  /** The ROM restarts when as many blocks have come as the first one says; the drive goes with it. */
  #look(): void {
    if (!this.isInBootLoader) return;
    const name = readdirSync(this.drive).find((entry) => /\.uf2$/i.test(entry));
    const file = name === undefined ? new Uint8Array(0) : readFileSync(join(this.drive, name));
    if (file.length < BLOCK || file.length < u32le(file, TOTAL_BLOCKS) * BLOCK) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    rmSync(this.drive, { recursive: true });
    const image = decodePicoUf2(file);
    if (typeof image === 'string') {
      this.refused.push(image);
      return;
    }
    this.booted.push(image);
    this.#start(image);
  }

  #start(image: FlashImage): void {
    const cable = new Cable({ speed: 10 });
    const demo = demoHost({ plug: cable.b, seed: 1 });
    const board = new PicoBoard({ image, plug: cable.a, budget: BUDGET });
    const { serial } = board;
    serial.onBytes = (bytes) => void this.#socket?.write(bytes.slice());
    serial.onRoom = () => this.#give();
    serial.onConnected = () => {
      if (board.isInBootLoader) this.#enterBootLoader();
    };
    this.#board = board;
    this.#loop = new Loop(new SystemClock());
    for (const engine of [cable, demo, board]) this.#loop.add(engine);
  }

  /** One computer at a time: its connection opens and closes the port, which the firmware sees (DTR). What it says while the port is not open is lost. */
  #serve(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    this.#held = new Uint8Array(0);
    this.#board?.usb.open();
    this.#loop?.wake();
    socket.on('error', () => {});
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#board?.usb.close();
      this.#loop?.wake();
    });
    socket.on('data', (bytes: Uint8Array) => {
      if (this.#board?.serial.isConnected !== true) return;
      this.#held = Buffer.concat([this.#held, bytes]);
      this.#give();
    });
  }

  #give(): void {
    const serial = this.#board?.serial;
    if (serial === undefined || this.#held.length === 0) return;
    const piece = this.#held.subarray(0, serial.room);
    if (piece.length > 0) serial.write(piece);
    this.#held = this.#held.subarray(piece.length);
    if (this.#held.length === 0) this.#socket?.resume();
    else this.#socket?.pause();
    this.#loop?.wake();
  }
}
