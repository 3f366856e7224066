/** The mock board: the board's register interface (../registers.ts) in memory, a raw line at a plug. hw/LINK.md is the specification. */
import { after, type Instant, microseconds, START } from '../../base/time.ts';
import { FrameQueue } from '../../cable/frame-queue.ts';
import type { LineState, Plug, Station, Transmission } from '../../cable/plug.ts';
import type { Tracer } from '../../trace/event.ts';
import type { BoardDevice } from '../link/board-device.ts';
import type { BoardEvent, BoardIdentity } from '../register-bus.ts';
import {
  BOARD_NUMBERS,
  BOARD_REGISTERS,
  BOARD_WINDOWS,
  board,
  RX_FLAGS,
  TX_BUFFER_SIZE,
  TX_BUFFERS_MAX,
} from '../registers.ts';
import { BoardRegisters } from './board-registers.ts';
import { Phy } from './phy.ts';

const R = BOARD_REGISTERS;
const WINDOW = BOARD_WINDOWS.TX_BUFFER;
const VERSION = board.pack('VERSION', { map: 1, firmwareMajor: 1, firmwareMinor: 0, board: BOARD_NUMBERS.mock });
const CAPS = board.mask('CAPS', 'rawLine', 'speed10', 'speed100', 'mdio', 'timestamps', 'loopback', 'linkStatus');
/** Causes, in place. */
const LINK_CHANGE = board.mask('IRQ_STATUS', 'linkChange');
const RX_DROPPED = board.mask('IRQ_STATUS', 'rxDropped');
const TX_ERROR = board.mask('IRQ_STATUS', 'txError');
/** CONTROL, in place. */
const RESET = board.mask('CONTROL', 'reset');
const RX_ENABLE = board.mask('CONTROL', 'rxEnable');
const TX_ENABLE = board.mask('CONTROL', 'txEnable');
const LOOPBACK = board.mask('CONTROL', 'loopback');
/** TX_STATUS, in place. */
const BUFFER_SHIFT = R.TX_STATUS.fields.buffer[0];
const BIT_SHIFT = R.TX_STATUS.fields.bit[0];
const SENT = board.mask('TX_STATUS', 'sent');
const DEFERRED = board.mask('TX_STATUS', 'deferred');
const COLLISION = board.mask('TX_STATUS', 'collision');
const NO_LINK = board.mask('TX_STATUS', 'noLink');
const OUTCOME = { sent: SENT, collision: COLLISION, 'no-link': NO_LINK } as const;
/** Which buffer is on the line, where it is none. */
const NONE = -1;
/** A transmission that began before a reset: it ends on the line, but nobody is told. */
const FORGOTTEN = -2;

export interface MockBoardOptions {
  /** Transmit buffers, 1–8. Default 8. */
  readonly txBuffers?: number;
  /** Size of the receive queue in KiB, 2–255. Default 64. A frame that does not fit is dropped whole: RX_DROPPED. */
  readonly rxKilobytes?: number;
  /** Where the PHY answers on MDIO, 0–31. Default 1. */
  readonly phyAddress?: number;
  readonly trace?: Tracer | undefined;
}

export class MockBoard implements BoardDevice, Station {
  readonly name = 'mock';
  readonly identity: BoardIdentity;
  readonly #plug: Plug;
  readonly #phy: Phy;
  readonly #phyAddress: number;
  readonly #trace: Tracer | undefined;
  readonly #registers = new BoardRegisters();
  readonly #memory = new Uint8Array(TX_BUFFERS_MAX * TX_BUFFER_SIZE);
  readonly #txBuffers: number;
  /** Bit n: buffer n belongs to the board, from its TX_GO until its event has been taken. So no more than `txBuffers` wait anywhere. */
  #busy = 0;
  readonly #txLength = new Uint16Array(TX_BUFFERS_MAX);
  /** Buffers that wait for the line, oldest first. */
  readonly #waiting: number[] = [];
  /** How transmissions ended, oldest first: TX_STATUS and time in pairs. */
  readonly #ended: number[] = [];
  readonly #received: FrameQueue;
  #onLine: number = NONE;
  #loopbackEnds: Instant | undefined;
  #line: LineState;
  #now: Instant = START;

  /** Puts itself into `plug`. */
  constructor(plug: Plug, options: MockBoardOptions = {}) {
    const { txBuffers = TX_BUFFERS_MAX, rxKilobytes = 64, phyAddress = 1, trace } = options;
    this.#plug = plug;
    this.#phyAddress = phyAddress;
    this.#trace = trace;
    this.#txBuffers = txBuffers;
    this.#received = new FrameQueue(rxKilobytes * 1024);
    const buffers = board.pack('BUFFERS', { txBuffers, rxKilobytes, maxFrame: TX_BUFFER_SIZE });
    this.identity = { name: this.name, board: BOARD_NUMBERS.mock, firmware: '1.0', caps: CAPS, buffers };
    this.#registers.put(R.ID, R.ID.reset);
    this.#registers.put(R.VERSION, VERSION);
    this.#registers.put(R.CAPS, CAPS);
    this.#registers.put(R.BUFFERS, buffers);
    plug.attach(this);
    this.#line = plug.state;
    this.#phy = new Phy(plug.state);
  }

  /** A new session: as CONTROL.reset, and IRQ_ENABLE and SCRATCH, too (hw/LINK.md 4.2). */
  reset(): void {
    this.#resetLineSide();
    this.#registers.enable(0);
    this.#registers.put(R.SCRATCH, 0);
  }

  /** An address without a register reads 0. */
  read(address: number): number {
    switch (address) {
      case R.STATUS.address:
        return this.#status;
      case R.TIME.address:
        return Math.floor(this.#now) >>> 0;
      default:
        return this.#registers.at(address);
    }
  }

  /** A write to an address without a register, or to one that is read only, does nothing. */
  write(address: number, value: number): void {
    switch (address) {
      case R.TX_GO.address:
        this.#go(board.get('TX_GO', 'buffer', value), board.get('TX_GO', 'length', value));
        break;
      case R.CONTROL.address:
        if (value & RESET) this.#resetLineSide();
        else this.#registers.write(address, value);
        break;
      case R.IRQ_STATUS.address:
        this.#registers.acknowledge(value);
        break;
      case R.IRQ_ENABLE.address:
        this.#registers.enable(value);
        break;
      case R.MDIO.address:
        this.#manage(value);
        break;
      default:
        this.#registers.write(address, value);
    }
  }

  /** Fills `into` from the window; with zeros where the block is not inside it. */
  readBlock(address: number, into: Uint8Array): void {
    const at = this.#offset(address, into.length);
    if (at === undefined) into.fill(0);
    else into.set(this.#memory.subarray(at, at + into.length));
  }

  /** Writes nothing where the block is not inside the window. */
  writeBlock(address: number, bytes: Uint8Array): void {
    const at = this.#offset(address, bytes.length);
    if (at !== undefined) this.#memory.set(bytes, at);
  }

  get hasEvent(): boolean {
    return this.#ended.length > 0 || this.#registers.isInterruptDue || this.#received.count > 0;
  }

  takeEvent(): BoardEvent | undefined {
    const status = this.#ended.shift();
    if (status !== undefined) {
      this.#busy &= ~(1 << board.get('TX_STATUS', 'buffer', status));
      return { kind: 'transmitted', status, time: this.#ended.shift() ?? 0 };
    }
    if (this.#registers.isInterruptDue)
      return { kind: 'interrupt', causes: this.#registers.takeInterrupt(), status: this.#status };
    if (this.#received.count === 0) return;
    const { bytes, tag, time } = this.#received;
    this.#received.shift();
    return { kind: 'received', bytes, flags: tag, time };
  }

  poll(now: Instant): void {
    this.#now = now;
    while (this.#loopbackEnds !== undefined && this.#loopbackEnds <= now) this.#endLoopback(this.#loopbackEnds);
  }

  nextDeadline(): Instant | undefined {
    return this.#loopbackEnds;
  }

  receive(octets: Uint8Array, aligned: boolean, now: Instant): void {
    if (!this.#isLoopback) this.#take(octets, aligned, now);
  }

  transmitted(outcome: Transmission, now: Instant): void {
    const buffer = this.#onLine;
    this.#onLine = NONE;
    if (buffer >= 0) this.#end(buffer, outcome, now);
    this.#startNext(now);
  }

  lineChanged(state: LineState): void {
    this.#line = state;
    this.#phy.lineChanged(state);
    this.#registers.raise(LINK_CHANGE);
  }

  get #status(): number {
    const { up, speed, duplex } = this.#line;
    return board.pack('STATUS', { linkUp: up, speed100: speed === 100, fullDuplex: duplex === 'full', refClock: true });
  }

  get #isLoopback(): boolean {
    return (this.#registers.get(R.CONTROL) & LOOPBACK) !== 0 || this.#phy.loopback;
  }

  #offset(address: number, length: number): number | undefined {
    const at = address - WINDOW.address;
    return at >= 0 && at + length <= WINDOW.size ? at : undefined;
  }

  #resetLineSide(): void {
    this.#registers.reset();
    this.#waiting.length = 0;
    this.#ended.length = 0;
    this.#received.clear();
    this.#busy = 0;
    // What is on the cable cannot be called back; the line is busy until it has ended.
    this.#onLine = this.#onLine === NONE || this.#loopbackEnds !== undefined ? NONE : FORGOTTEN;
    this.#loopbackEnds = undefined;
    this.#phy.reset();
  }

  /** One clause 22 frame. */
  #manage(value: number): void {
    const register = board.get('MDIO', 'register', value);
    const answers = board.get('MDIO', 'phy', value) === this.#phyAddress;
    let data = board.get('MDIO', 'data', value);
    if (board.get('MDIO', 'write', value)) {
      if (answers) this.#phy.write(register, data);
    } else {
      data = answers ? this.#phy.read(register) : 0xffff;
    }
    this.#registers.write(R.MDIO.address, (value & ~board.mask('MDIO', 'data')) | data);
  }

  #go(buffer: number, length: number): void {
    const isOn = (this.#registers.get(R.CONTROL) & TX_ENABLE) !== 0;
    if (!isOn || buffer >= this.#txBuffers || this.#busy & (1 << buffer) || length === 0 || length > TX_BUFFER_SIZE) {
      this.#registers.count(R.TX_ERRORS);
      this.#registers.raise(TX_ERROR);
      return;
    }
    this.#busy |= 1 << buffer;
    this.#txLength[buffer] = length;
    this.#waiting.push(buffer);
    this.#startNext(this.#now);
  }

  #startNext(now: Instant): void {
    if (this.#onLine !== NONE) return;
    const buffer = this.#waiting.shift();
    if (buffer === undefined) return;
    this.#onLine = buffer;
    const octets = this.#octetsOf(buffer);
    if (this.#isLoopback) this.#loopbackEnds = after(now, microseconds((8 * octets.length) / this.#line.speed));
    else this.#plug.transmit(octets, now);
  }

  #octetsOf(buffer: number): Uint8Array {
    const at = buffer * TX_BUFFER_SIZE;
    return this.#memory.subarray(at, at + (this.#txLength[buffer] as number));
  }

  #endLoopback(at: Instant): void {
    this.#loopbackEnds = undefined;
    this.#take(this.#octetsOf(this.#onLine), true, at);
    this.transmitted({ kind: 'sent', deferred: false }, at);
  }

  #end(buffer: number, outcome: Transmission, now: Instant): void {
    const deferred = outcome.kind !== 'no-link' && outcome.deferred;
    const bit = outcome.kind === 'collision' ? outcome.bit << BIT_SHIFT : 0;
    const status = (buffer << BUFFER_SHIFT) | bit | OUTCOME[outcome.kind] | (deferred ? DEFERRED : 0);
    this.#registers.put(R.TX_STATUS, status);
    this.#ended.push(status, Math.floor(now) >>> 0);
    if (deferred) this.#registers.count(R.TX_DEFERRED);
    if (outcome.kind === 'collision') this.#registers.count(R.TX_COLLISIONS);
    if (outcome.kind === 'no-link') this.#registers.count(R.TX_ERRORS);
    if (outcome.kind !== 'sent') return;
    this.#registers.count(R.TX_FRAMES);
    this.#registers.count(R.TX_OCTETS, this.#txLength[buffer] as number);
  }

  /** A frame from the line into the receive queue. */
  #take(octets: Uint8Array, aligned: boolean, now: Instant): void {
    if ((this.#registers.get(R.CONTROL) & RX_ENABLE) === 0) return;
    const isWhole = octets.length <= TX_BUFFER_SIZE;
    const held = isWhole ? octets : octets.subarray(0, TX_BUFFER_SIZE);
    const flags = (aligned ? 0 : RX_FLAGS.alignment) | (isWhole ? 0 : RX_FLAGS.truncated);
    if (!this.#received.push(held, flags, Math.floor(now) >>> 0)) {
      this.#registers.count(R.RX_DROPPED);
      this.#registers.raise(RX_DROPPED);
      this.#trace?.({ kind: 'drop', at: now, reason: 'board:receive-queue-full', bytes: octets });
      return;
    }
    if (!isWhole) this.#registers.count(R.RX_ERRORS);
    this.#registers.count(R.RX_FRAMES);
    this.#registers.count(R.RX_OCTETS, held.length);
  }
}
