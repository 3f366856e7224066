/** The emulated Pico as a register bus in virtual time: the link's host engine on its serial line, nothing real between them. */
import { readFileSync } from 'node:fs';
import { Random } from '../../src/base/random.ts';
import { earliest, type Instant } from '../../src/base/time.ts';
import { CELL_SIZE } from '../../src/bridge/link/cell.ts';
import { HostLink } from '../../src/bridge/link/host-link.ts';
import type { BlockDone, BoardIdentity, BusClient, ReadDone, RegisterBus } from '../../src/bridge/register-bus.ts';
import { PicoBoard, type PicoBoardOptions } from '../../src/emulator/pico-board.ts';
import { decodePicoUf2, type FlashImage } from '../../src/firmware/uf2.ts';
import type { Tracer } from '../../src/trace/event.ts';

/** The image of this repository; tests and benches run at its top. */
export function picoImage(): FlashImage {
  const image = decodePicoUf2(readFileSync('firmware-bridge/images/pico.uf2'));
  if (typeof image === 'string') throw new Error(image);
  return image;
}

export interface PicoBusOptions extends Omit<PicoBoardOptions, 'image'> {
  readonly seed: number;
  readonly trace?: Tracer | undefined;
}

export class PicoBus implements RegisterBus {
  readonly board: PicoBoard;
  readonly link: HostLink;
  #now = 0 as Instant;
  #isOpen = false;

  constructor(options: PicoBusOptions) {
    this.board = new PicoBoard({ ...options, image: picoImage() });
    this.link = new HostLink({ random: new Random(options.seed), name: 'emulator:pico', trace: options.trace });
    const { serial } = this.board;
    serial.onBytes = (bytes) => this.link.receive(bytes, this.#now);
    serial.onConnected = (isConnected) => {
      if (!isConnected) this.link.cut(this.#now);
      else if (this.#isOpen) this.link.reconnected(this.#now);
      else this.link.open(this.#now);
      this.#isOpen = true;
    };
    if (serial.isConnected) serial.onConnected(true);
  }

  get isOpen(): boolean {
    return this.link.isOpen;
  }
  get room(): number {
    return this.link.room;
  }
  get identity(): BoardIdentity | undefined {
    return this.link.identity;
  }

  attach(client: BusClient): void {
    this.link.attach(client);
  }
  write(address: number, value: number): void {
    this.link.write(address, value);
  }
  read(address: number, done: ReadDone): void {
    this.link.read(address, done);
  }
  writeBlock(address: number, bytes: Uint8Array): void {
    this.link.writeBlock(address, bytes);
  }
  readBlock(address: number, length: number, done: BlockDone): void {
    this.link.readBlock(address, length, done);
  }

  poll(now: Instant): void {
    this.#now = now;
    this.board.poll(now);
    this.link.poll(now);
    const { serial } = this.board;
    while (serial.room >= CELL_SIZE) {
      const cell = this.link.pull(now);
      if (cell === undefined) break;
      serial.write(cell);
    }
  }

  nextDeadline(): Instant | undefined {
    const link = this.board.serial.room >= CELL_SIZE ? this.link.nextDeadline() : this.link.sessionDeadline();
    return earliest(this.board.nextDeadline(), link);
  }
}
