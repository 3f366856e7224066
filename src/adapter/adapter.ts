/** The LAN adapter: buffer memory, MAC circuit, ROM, PHY and interrupt line behind the card's registers; a board on the bus is its line side. */
import type { Mac } from '../base/address.ts';
import { hex32, put16le, put32le, u32le, u48 } from '../base/bytes.ts';
import type { Engine } from '../base/engine.ts';
import { earliest, type Instant, START } from '../base/time.ts';
import type { BoardEvent, BoardIdentity, BusClient, RegisterBus } from '../bridge/register-bus.ts';
import type { FieldOf, Register } from '../bridge/register-map.ts';
import { board } from '../bridge/registers.ts';
import type { Tracer } from '../trace/event.ts';
import { AddressFilter } from './address-filter.ts';
import { BufferMemory } from './buffer-memory.ts';
import { Interrupts } from './interrupts.ts';
import { Line } from './line.ts';
import { MacReceive } from './mac-receive.ts';
import { MacTransmit } from './mac-transmit.ts';
import { Phy } from './phy.ts';
import { RegisterFile } from './register-file.ts';
import {
  BUFFER_MEMORY_SIZE,
  CARD_REGISTERS,
  CARD_WINDOWS,
  type CardRegister,
  card,
  RX_RING_SIZE,
  TX_SLOT_SIZE,
  TX_SLOTS,
} from './registers.ts';
import { romImage } from './rom.ts';
import type { Scope } from './scope.ts';

const R = CARD_REGISTERS;
const SLOT_SHIFT = R.TX_START.fields.slot[0];
const WINDOW = CARD_WINDOWS.BUFFER_MEMORY.address;

const LINK_CHANGE = card.mask('IRQ_STATUS', 'linkChange');
const RX_OVERFLOW = card.mask('IRQ_STATUS', 'rxOverflow');
const TX_ERROR = card.mask('IRQ_STATUS', 'txError');
const BOARD_CHANGE = card.mask('IRQ_STATUS', 'boardChange');
const MDIO_DONE = card.mask('IRQ_STATUS', 'mdioDone');
const BOARD_RX_DROPPED = board.mask('IRQ_STATUS', 'rxDropped');
const BOARD_TX_ERROR = board.mask('IRQ_STATUS', 'txError');

export interface AdapterConfig {
  readonly bus: RegisterBus;
  /** What the ROM holds. */
  readonly mac: Mac;
  /** Other contents of the ROM, 32 octets: for a ROM that is worn out. */
  readonly rom?: Uint8Array | undefined;
  readonly trace?: Tracer | undefined;
}

/** Polls its bus itself, so that what a board tells bears the time at which it came. */
export class Adapter implements Engine, BusClient {
  readonly #bus: RegisterBus;
  readonly #rom: Uint8Array;
  readonly #scope: Scope;
  readonly #file = new RegisterFile();
  readonly #memory = new BufferMemory(this.#file);
  readonly #filter = new AddressFilter();
  readonly #interrupts: Interrupts;
  readonly #line: Line;
  readonly #phy: Phy;
  readonly #receiver: MacReceive;
  readonly #transmitter: MacTransmit;

  constructor({ bus, mac, rom, trace }: AdapterConfig) {
    this.#bus = bus;
    this.#rom = rom ?? romImage(mac);
    this.#scope = { now: START, trace };
    const scope = this.#scope;
    this.#interrupts = new Interrupts(this.#file, scope);
    const raise = (causes: number): void => this.#interrupts.raise(causes);
    this.#line = new Line(bus, scope);
    this.#phy = new Phy(this.#file, this.#line, scope);
    this.#receiver = new MacReceive(this.#memory, this.#file, this.#filter, raise, scope);
    this.#transmitter = new MacTransmit(this.#memory, this.#file, this.#line, this.#phy, raise, scope);
    this.#line.onStatus = (status) => this.#phy.update(status);
    this.#phy.onLinkChange = () => raise(LINK_CHANGE);
    this.#phy.onMdioDone = () => raise(MDIO_DONE);
    bus.attach(this);
  }

  /** The buffer memory window, as the computer sees it. */
  get memory(): Uint8Array {
    return this.#memory.bytes;
  }

  /** The board at the line side; undefined while there is none. */
  get identity(): BoardIdentity | undefined {
    return this.#line.identity;
  }

  /** The interrupt line: called with each new level, also from within `read` and `write`. */
  set onInterrupt(onLine: (level: boolean) => void) {
    this.#interrupts.onLine = onLine;
  }

  /** One 32-bit read of a register or of the buffer memory; 0 where there is neither. */
  read(address: number): number {
    const value = this.#read(address);
    if (this.#scope.trace) this.#traceAccess('read', address, value);
    return value;
  }

  /** One 32-bit write; without effect where there is nothing to write. */
  write(address: number, value: number): void {
    if (this.#scope.trace) this.#traceAccess('write', address, value >>> 0);
    const name = card.nameAt(address);
    if (name === undefined) {
      if (isInWindow(address)) put32le(this.memory, address - WINDOW, value);
      return;
    }
    const effect = this.#writes[name];
    if (effect) effect(value >>> 0);
    else this.#file.store(R[name], value);
  }

  poll(now: Instant): void {
    this.#scope.now = now;
    this.#bus.poll(now);
    this.#line.sync();
    this.#transmitter.advance();
    this.#transmitter.loop();
    this.#transmitter.watch();
  }

  nextDeadline(): Instant | undefined {
    if (this.#transmitter.hasLoop) return this.#scope.now;
    return earliest(this.#bus.nextDeadline(), this.#transmitter.nextDeadline());
  }

  onOpen(identity: BoardIdentity): void {
    this.#line.open(identity);
    this.#transmitter.isSuspended = false;
    this.#transmitter.boardChanged();
    this.#interrupts.raise(BOARD_CHANGE);
  }

  onLost(): void {
    this.#line.lost();
    this.#phy.update(0);
    this.#transmitter.boardChanged();
    this.#interrupts.raise(BOARD_CHANGE);
  }

  /** Nobody sees the board's line: the card shows no link. Slots under way stay, for the session does. */
  onSuspended(): void {
    this.#phy.update(0);
    this.#transmitter.isSuspended = true;
  }

  onResumed(): void {
    this.#transmitter.isSuspended = false;
    this.#line.askStatus();
  }

  onEvent(event: BoardEvent): void {
    if (event.kind === 'interrupt') this.#onBoardInterrupt(event.causes, event.status);
    else if (!this.#line.isSettled) return;
    else if (event.kind === 'transmitted') this.#transmitter.transmitted(event.status);
    else this.#received(event.bytes, event.flags, event.time);
  }

  /** What a write does instead of just storing the value. */
  readonly #writes: Partial<Record<CardRegister, (value: number) => void>> = {
    COMMAND: (value) => this.#command(value),
    IRQ_STATUS: (value) => this.#interrupts.acknowledge(value),
    IRQ_ENABLE: (value) => this.#interrupts.enable(this.#file.writable(R.IRQ_ENABLE, value)),
    STATION_LOW: (value) => this.#configure(R.STATION_LOW, value),
    STATION_HIGH: (value) => this.#configure(R.STATION_HIGH, value),
    MULTICAST_LOW: (value) => this.#configure(R.MULTICAST_LOW, value),
    MULTICAST_HIGH: (value) => this.#configure(R.MULTICAST_HIGH, value),
    TX_START: (value) => this.#transmitter.start((value >>> SLOT_SHIFT) & 0xff, value & 0xffff),
    RX_TAIL: (value) => this.#free(value),
    MDIO: (value) => this.#phy.manage(value),
  };

  #read(address: number): number {
    switch (address) {
      case R.STATUS.address:
        return this.#status;
      case R.ROM_DATA.address:
        return this.#readRom();
      default: {
        const name = card.nameAt(address);
        if (name !== undefined) return this.#file.get(R[name]);
        return isInWindow(address) ? u32le(this.memory, address - WINDOW) : 0;
      }
    }
  }

  get #status(): number {
    return card.pack('STATUS', {
      boardPresent: this.#line.isOpen,
      linkUp: this.#phy.linkUp,
      speed100: this.#phy.speed100,
      fullDuplex: this.#phy.fullDuplex,
      rxEmpty: this.#memory.ringIsEmpty,
      txIdle: this.#file.get(R.TX_BUSY) === 0,
      rawLine: this.#line.rawLine,
    });
  }

  #readRom(): number {
    const at = this.#file.get(R.ROM_ADDRESS);
    this.#file.store(R.ROM_ADDRESS, at + 1);
    return this.#rom[at] ?? 0xff;
  }

  #command(value: number): void {
    if (card.get('COMMAND', 'reset', value) === 0) this.#configure(R.COMMAND, value);
    else this.#reset();
  }

  #reset(): void {
    this.#scope.trace?.({ kind: 'mac', at: this.#scope.now, state: 'reset', attempt: 0 });
    this.#interrupts.enable(0);
    this.#file.reset();
    this.#transmitter.reset();
    this.#line.reset();
    this.#configure(R.COMMAND, 0);
  }

  /** Stores one of the registers that say how the MAC circuit works, and sets its parts, and the board's, as the registers now say. */
  #configure(register: Register, value: number): void {
    this.#file.store(register, value);
    const command = this.#file.get(R.COMMAND);
    const is = (field: FieldOf<typeof R, 'COMMAND'>): boolean => card.get('COMMAND', field, command) === 1;
    const low = this.#file.get(R.STATION_LOW);
    const high = this.#file.get(R.STATION_HIGH);
    const filter = this.#filter;
    filter.station = macOf(low, high);
    filter.promiscuous = is('promiscuous');
    filter.allMulticast = is('allMulticast');
    filter.hashLow = this.#file.get(R.MULTICAST_LOW);
    filter.hashHigh = this.#file.get(R.MULTICAST_HIGH);
    this.#receiver.enabled = is('rxEnable');
    this.#transmitter.enabled = is('txEnable');
    this.#transmitter.fullDuplex = is('fullDuplex');
    this.#transmitter.loopback = is('loopback') ? this.#loopback : undefined;
    this.#line.want('STATION_LOW', low);
    this.#line.want('STATION_HIGH', high);
    this.#line.want('CONTROL', this.#boardControl(is));
    this.#transmitter.advance();
  }

  /** In loopback the receiver hears the transmitter and nothing else, so the board's is off. */
  #boardControl(is: (field: FieldOf<typeof R, 'COMMAND'>) => boolean): number {
    const { hashLow, hashHigh } = this.#filter;
    return board.pack('CONTROL', {
      rxEnable: is('rxEnable') && !is('loopback'),
      txEnable: is('txEnable'),
      fullDuplex: is('fullDuplex'),
      promiscuous: is('promiscuous'),
      // A chip that filters itself has no hash filter of ours: it lets every group in, and ours chooses.
      allMulticast: is('allMulticast') || hashLow !== 0 || hashHigh !== 0,
    });
  }

  readonly #loopback = (octets: Uint8Array): void => {
    this.#receiver.receive(octets, 0, Math.floor(this.#scope.now) >>> 0, true);
  };

  #free(tail: number): void {
    const before = this.#file.get(R.RX_TAIL);
    this.#memory.free(tail);
    if (this.#scope.trace === undefined) return;
    const length = (this.#file.get(R.RX_TAIL) - before + RX_RING_SIZE) % RX_RING_SIZE;
    const slot = this.#file.get(R.RX_FRAMES) - 1;
    this.#scope.trace({
      kind: 'slot',
      at: this.#scope.now,
      memory: 'receive',
      slot,
      offset: before,
      length,
      state: 'freed',
    });
  }

  #received(octets: Uint8Array, flags: number, time: number): void {
    if (this.#transmitter.loopback === undefined) this.#receiver.receive(octets, flags, time, this.#line.rawLine);
    else this.#scope.trace?.({ kind: 'drop', at: this.#scope.now, reason: 'mac:loopback', bytes: octets });
  }

  #onBoardInterrupt(causes: number, status: number): void {
    const { trace, now: at } = this.#scope;
    trace?.({ kind: 'interrupt', at, map: 'board', level: true, causes });
    this.#line.acknowledge(causes);
    trace?.({ kind: 'interrupt', at, map: 'board', level: false, causes: 0 });
    this.#phy.update(status);
    if ((causes & BOARD_RX_DROPPED) !== 0) this.#interrupts.raise(RX_OVERFLOW);
    if ((causes & BOARD_TX_ERROR) !== 0) this.#interrupts.raise(TX_ERROR);
  }

  #traceAccess(op: 'read' | 'write', address: number, value: number): void {
    const { trace, now: at } = this.#scope;
    if (op === 'write' && address === R.TX_START.address) {
      // What the driver has put into the slot: the memory itself cannot tell who wrote it when.
      const offset = Math.min((value >>> SLOT_SHIFT) & 0xff, TX_SLOTS - 1) * TX_SLOT_SIZE;
      const bytes = this.memory.subarray(offset, offset + Math.min(value & 0xffff, TX_SLOT_SIZE));
      trace?.({ kind: 'block', at, map: 'card', op, address: WINDOW + offset, bytes });
    }
    const register = card.nameAt(address) ?? hex32(address);
    trace?.({ kind: 'register', at, map: 'card', op, register, address, value });
  }
}

const isInWindow = (address: number): boolean =>
  address >= WINDOW && address + 4 <= WINDOW + BUFFER_MEMORY_SIZE && address % 4 === 0;

/** STATION_LOW and STATION_HIGH have octet 0 lowest, a Mac has it on top. */
function macOf(low: number, high: number): Mac {
  const octets = new Uint8Array(6);
  put32le(octets, 0, low);
  put16le(octets, 4, high);
  return u48(octets, 0) as Mac;
}
