/**
 * The card's line side: the registers of whatever board is on the bus. What the card wants of a board is kept here as a state and
 * brought over as the bus has room, so a board that comes back is programmed anew without anybody asking.
 */

import type { BoardIdentity, RegisterBus } from '../bridge/register-bus.ts';
import {
  BOARD_REGISTERS,
  BOARD_WINDOWS,
  type BoardRegister,
  board,
  TX_BUFFER_SIZE,
  TX_BUFFERS_MAX,
} from '../bridge/registers.ts';
import type { Scope } from './scope.ts';

/** What the bus must have room for besides a frame, in bytes, so that register operations never wait behind frames. */
const REGISTER_RESERVE = 256;
/** A register operation on the bus, in bytes, with some to spare. */
const OPERATION = 16;
/** What the management interface reads where nobody drives it. */
const MDIO_NOBODY = 0xffff;

/** In the order in which a board wants to be programmed: CONTROL turns the line side on and is last. */
const WANTED = ['IRQ_ENABLE', 'STATION_LOW', 'STATION_HIGH', 'CONTROL'] as const;
const UNKNOWN = -1;
type Wanted = (typeof WANTED)[number];

const RESET = board.pack('CONTROL', { reset: 1 });
const ALL_CAUSES = board.mask('IRQ_ENABLE', 'linkChange', 'rxDropped', 'txError', 'boardError');
const BUFFER_SHIFT = BOARD_REGISTERS.TX_GO.fields.buffer[0];

interface Management {
  readonly operation: number;
  readonly done: (data: number) => void;
}

export class Line {
  /** The board's STATUS, read after each programming. */
  onStatus: (status: number) => void = () => {};
  readonly #bus: RegisterBus;
  readonly #scope: Scope;
  readonly #wanted: Record<Wanted, number> = { IRQ_ENABLE: ALL_CAUSES, STATION_LOW: 0, STATION_HIGH: 0, CONTROL: 0 };
  readonly #written: Record<Wanted, number> = {
    IRQ_ENABLE: UNKNOWN,
    STATION_LOW: UNKNOWN,
    STATION_HIGH: UNKNOWN,
    CONTROL: UNKNOWN,
  };
  #identity: BoardIdentity | undefined;
  #resetWanted = false;
  #statusWanted = false;
  #acknowledge = 0;
  #management: Management | undefined;
  #unsettled = 0;

  constructor(bus: RegisterBus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  /** Who is at the other end of the bus; undefined while nobody is. */
  get identity(): BoardIdentity | undefined {
    return this.#identity;
  }

  get isOpen(): boolean {
    return this.#identity !== undefined;
  }

  /** The host makes preamble, SFD and FCS; otherwise a chip on the board does. */
  get rawLine(): boolean {
    return this.#identity !== undefined && board.get('CAPS', 'rawLine', this.#identity.caps) === 1;
  }

  get txBuffers(): number {
    return this.#identity ? Math.min(board.get('BUFFERS', 'txBuffers', this.#identity.buffers), TX_BUFFERS_MAX) : 0;
  }

  /** Longest frame that the board takes, as it is handed over. */
  get maxFrame(): number {
    return this.#identity ? Math.min(board.get('BUFFERS', 'maxFrame', this.#identity.buffers), TX_BUFFER_SIZE) : 0;
  }

  /** Events that were raised before a reset reached the board may still come: until its answer does, they are not meant for us. */
  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  open(identity: BoardIdentity): void {
    this.#identity = identity;
    this.#forget();
    this.#resetWanted = false;
    this.#acknowledge = 0;
    this.#statusWanted = true;
    this.sync();
  }

  lost(): void {
    this.#identity = undefined;
    const management = this.#management;
    this.#management = undefined;
    management?.done(MDIO_NOBODY);
  }

  want(register: Wanted, value: number): void {
    this.#wanted[register] = value;
    this.sync();
  }

  /** Brings the board's line side back to its start and programs it anew. */
  reset(): void {
    this.#resetWanted = true;
    this.sync();
  }

  /** Has `onStatus` told what the board's line is now. */
  askStatus(): void {
    this.#statusWanted = true;
    this.sync();
  }

  acknowledge(causes: number): void {
    this.#acknowledge |= causes;
    this.sync();
  }

  /** One at a time. `done` gets 16 bits: 0xffff where there is no board. */
  mdio(operation: number, done: (data: number) => void): void {
    if (!this.isOpen) {
      done(MDIO_NOBODY);
      return;
    }
    this.#management = { operation, done };
    this.sync();
  }

  /** Fills a transmit buffer of the board; false, with nothing done, when the bus has no room now. */
  fill(buffer: number, frame: Uint8Array): boolean {
    if (!this.#isProgrammed || this.#bus.room < frame.length + REGISTER_RESERVE) return false;
    const address = BOARD_WINDOWS.TX_BUFFER.address + buffer * TX_BUFFER_SIZE;
    this.#scope.trace?.({ kind: 'block', at: this.#scope.now, map: 'board', op: 'write', address, bytes: frame });
    this.#bus.writeBlock(address, frame);
    return true;
  }

  /** Sends what `fill` put there; false, with nothing done, when the bus has no room now. */
  go(buffer: number, length: number): boolean {
    if (this.#bus.room < OPERATION) return false;
    this.#write('TX_GO', (buffer << BUFFER_SHIFT) | length);
    return true;
  }

  /** Brings over what the board does not have yet, as far as the bus has room. */
  sync(): void {
    if (!this.isOpen) return;
    if (this.#resetWanted && this.#hasRoom) this.#resetBoard();
    for (const register of WANTED) {
      if (this.#written[register] === this.#wanted[register] || !this.#hasRoom) continue;
      this.#written[register] = this.#wanted[register];
      this.#write(register, this.#wanted[register]);
    }
    if (this.#acknowledge !== 0 && this.#hasRoom) {
      this.#write('IRQ_STATUS', this.#acknowledge);
      this.#acknowledge = 0;
    }
    if (this.#statusWanted && this.#hasRoom) this.#readStatus();
    if (this.#management && this.#hasRoom) this.#manage(this.#management);
  }

  /** Frames wait until the board is told how to send them. */
  get #isProgrammed(): boolean {
    return !this.#resetWanted && this.#written.CONTROL === this.#wanted.CONTROL;
  }

  get #hasRoom(): boolean {
    return this.#bus.room >= 2 * OPERATION;
  }

  #resetBoard(): void {
    this.#resetWanted = false;
    this.#statusWanted = true;
    this.#write('CONTROL', RESET);
    this.#forget();
    this.#unsettled++;
    this.#read('ID', () => {
      this.#unsettled--;
    });
  }

  /** What the board holds is not known: everything is written again. */
  #forget(): void {
    for (const register of WANTED) this.#written[register] = UNKNOWN;
  }

  #readStatus(): void {
    this.#statusWanted = false;
    this.#read('STATUS', (status) => {
      if (status !== undefined) this.onStatus(status);
    });
  }

  #manage({ operation, done }: Management): void {
    this.#management = undefined;
    this.#write('MDIO', operation);
    this.#read('MDIO', (value) => done(value === undefined ? MDIO_NOBODY : value & 0xffff));
  }

  #write(register: BoardRegister, value: number): void {
    const { address } = BOARD_REGISTERS[register];
    this.#scope.trace?.({ kind: 'register', at: this.#scope.now, map: 'board', op: 'write', register, address, value });
    this.#bus.write(address, value);
  }

  #read(register: BoardRegister, done: (value: number | undefined) => void): void {
    const { address } = BOARD_REGISTERS[register];
    this.#bus.read(address, (value) => {
      if (value !== undefined)
        this.#scope.trace?.({
          kind: 'register',
          at: this.#scope.now,
          map: 'board',
          op: 'read',
          register,
          address,
          value,
        });
      done(value);
    });
  }
}
