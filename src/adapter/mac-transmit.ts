/** The MAC circuit's transmitter: from a slot of the buffer memory to a frame on the line, and what became of it (IEEE 802.3 clause 4.2.3). */
import { after, type Instant, seconds } from '../base/time.ts';
import { BOARD_REGISTERS, board, TX_BUFFERS_MAX } from '../bridge/registers.ts';
import type { BufferMemory } from './buffer-memory.ts';
import { FCS_OCTETS, HEADER_OCTETS, LineFrame, MAX_UNCHECKED, MIN_UNCHECKED } from './encapsulation.ts';
import type { Line } from './line.ts';
import type { Phy } from './phy.ts';
import type { RegisterFile } from './register-file.ts';
import { CARD_REGISTERS, card, TX_SLOT_SIZE, TX_SLOTS, TX_STATE } from './registers.ts';
import type { Scope } from './scope.ts';

/** attemptLimit and slotTime in bits, clause 4.4.2. */
const ATTEMPT_LIMIT = 16;
const SLOT_TIME = 512;
/**
 * A board with frames that tells of none of them for this long has refused one (then only IRQ_STATUS.txError says so) or hangs. Far more than 16 attempts
 * take, or a frame on a serial line of 9600 baud.
 */
const STUCK_AFTER = seconds(5);

const TX_DONE = card.mask('IRQ_STATUS', 'txDone');
const TX_ERROR = card.mask('IRQ_STATUS', 'txError');

/** TX_STATUS_n, in place. */
const STATUS = Array.from({ length: TX_SLOTS }, (_, n) => CARD_REGISTERS[`TX_STATUS_${n}` as 'TX_STATUS_0']);
const state = (value: number): number => card.pack('TX_STATUS_0', { state: value });
const STATE = card.mask('TX_STATUS_0', 'state');
const QUEUED = state(TX_STATE.queued);
const SENDING = state(TX_STATE.sending);
const DONE = state(TX_STATE.done);
const SENT = card.mask('TX_STATUS_0', 'sent');
const DEFERRED = card.mask('TX_STATUS_0', 'deferred');
const LATE = card.mask('TX_STATUS_0', 'lateCollision');
const EXCESSIVE = card.mask('TX_STATUS_0', 'excessiveCollisions');
const NO_LINK = card.mask('TX_STATUS_0', 'noLink');
const ABORTED = card.mask('TX_STATUS_0', 'aborted');
const ATTEMPT = card.pack('TX_STATUS_0', { attempts: 1 });
const COLLISION_BIT = CARD_REGISTERS.TX_STATUS_0.fields.collisionBit[0];
const COLLISION_BITS = card.mask('TX_STATUS_0', 'collisionBit');

/** The board's TX_STATUS, in place. */
const BUFFER = BOARD_REGISTERS.TX_STATUS.fields.buffer[0];
const BOARD_SENT = board.mask('TX_STATUS', 'sent');
const BOARD_DEFERRED = board.mask('TX_STATUS', 'deferred');
const BOARD_COLLISION = board.mask('TX_STATUS', 'collision');
const BOARD_NO_LINK = board.mask('TX_STATUS', 'noLink');

/** Takes frames in place of the line: the receiver, in loopback. */
type Loopback = (octets: Uint8Array) => void;

export class MacTransmit {
  /** While it is off, slots wait. */
  enabled = false;
  fullDuplex = false;
  /** Frames go here instead of to the line. */
  loopback: Loopback | undefined;
  readonly #memory: BufferMemory;
  readonly #file: RegisterFile;
  readonly #line: Line;
  readonly #phy: Phy;
  readonly #raise: (causes: number) => void;
  readonly #scope: Scope;
  readonly #lengths = new Uint16Array(TX_SLOTS);
  /** Slots that wait for a buffer of the board. A busy slot is not taken again, so there are never more than TX_SLOTS. */
  readonly #queue: number[] = [];
  /** Buffers of the board under way, in the order in which they go onto the line; at most TX_BUFFERS_MAX. */
  readonly #underWay: number[] = [];
  readonly #slotIn = new Uint8Array(TX_BUFFERS_MAX);
  #freeBuffers = 0;
  /** The buffer whose frame collided, until its next TX_GO found room on the bus. */
  #collidedBuffer: number | undefined;
  readonly #frame = new LineFrame();
  /** Frames are under way and nothing has been heard of them since; undefined: not looked at yet. */
  #quietSince: Instant | undefined;
  #isSuspended = false;

  constructor(
    memory: BufferMemory,
    file: RegisterFile,
    line: Line,
    phy: Phy,
    raise: (causes: number) => void,
    scope: Scope,
  ) {
    this.#memory = memory;
    this.#file = file;
    this.#line = line;
    this.#phy = phy;
    this.#raise = raise;
    this.#scope = scope;
  }

  /** Frames that wait for `loop`. */
  get hasLoop(): boolean {
    return this.loopback !== undefined && this.enabled && this.#queue.length > 0;
  }

  /** A board is there, with nothing in its buffers, or is not. */
  boardChanged(): void {
    this.#freeBuffers = (1 << this.#line.txBuffers) - 1;
    this.advance();
  }

  /** All slots free, nothing under way. */
  reset(): void {
    this.#queue.length = 0;
    this.#underWay.length = 0;
    this.#collidedBuffer = undefined;
    this.#freeBuffers = (1 << this.#line.txBuffers) - 1;
    this.#quietSince = undefined;
  }

  /** While the board cannot be reached nobody can expect to hear from it. */
  set isSuspended(suspended: boolean) {
    this.#isSuspended = suspended;
    this.#quietSince = undefined;
  }

  /** Ends what the board will never tell the end of: its line side is reset and the slots fail as aborted, so that none is busy for ever. */
  watch(): void {
    const { now, trace } = this.#scope;
    if (this.#underWay.length === 0) this.#quietSince = undefined;
    else this.#quietSince ??= now;
    if (this.#quietSince === undefined || this.#isSuspended || now < after(this.#quietSince, STUCK_AFTER)) return;
    trace?.({ kind: 'mac', at: now, state: 'reset', attempt: 0 });
    this.#failUnderWay(ABORTED);
    this.#line.reset();
    this.#freeBuffers = (1 << this.#line.txBuffers) - 1;
    this.advance();
  }

  /** When `watch` has something to do. */
  nextDeadline(): Instant | undefined {
    if (this.#underWay.length === 0 || this.#isSuspended) return;
    return after(this.#quietSince ?? this.#scope.now, STUCK_AFTER);
  }

  /** TX_START. A slot that is busy or does not exist is refused with IRQ_STATUS.txError; a frame of impossible length ends as aborted. */
  start(slot: number, length: number): void {
    if (slot >= TX_SLOTS || (this.#busy & (1 << slot)) !== 0) {
      this.#raise(TX_ERROR);
      return;
    }
    this.#lengths[slot] = length;
    this.#file.set(status(slot), QUEUED);
    this.#file.set(CARD_REGISTERS.TX_BUSY, this.#busy | (1 << slot));
    this.#traceSlot(slot, 'filled');
    if (length < HEADER_OCTETS || length > MAX_UNCHECKED) this.#finish(slot, ABORTED);
    else {
      this.#queue.push(slot);
      this.advance();
    }
  }

  /** Moves slots onto the board, in order, as far as it has buffers and the bus has room. Without a board they fail. */
  advance(): void {
    if (!this.#line.isOpen) this.#failAll(NO_LINK);
    if (this.#collidedBuffer !== undefined && !this.#again(this.#collidedBuffer)) return;
    if (!this.enabled || !this.#line.isOpen || this.loopback !== undefined) return;
    while (this.#queue.length > 0 && this.#mayStart && this.#toBoard(this.#queue[0] as number)) this.#queue.shift();
  }

  /** In loopback: hands one waiting frame to the receiver, as it would have been on the line. */
  loop(): void {
    const slot = this.hasLoop ? this.#queue.shift() : undefined;
    if (slot === undefined) return;
    this.#file.set(status(slot), SENDING | ATTEMPT);
    const frame = this.#encapsulate(slot, true);
    this.#scope.trace?.({ kind: 'frame', at: this.#scope.now, direction: 'out', raw: true, bytes: frame });
    this.loopback?.(frame);
    this.#finish(slot, SENT);
  }

  /** A TX event of the board; `boardStatus` is its TX_STATUS. */
  transmitted(boardStatus: number): void {
    const buffer = (boardStatus >>> BUFFER) & 0xff;
    const place = this.#underWay.indexOf(buffer);
    if (place < 0) return;
    this.#quietSince = undefined;
    // Buffers end in order: one that was passed over was refused by the board.
    for (let i = 0; i < place; i++) this.#leave(ABORTED);
    const slot = this.#slotIn[buffer] as number;
    if ((boardStatus & BOARD_DEFERRED) !== 0) this.#mark(slot, DEFERRED);
    if ((boardStatus & BOARD_COLLISION) !== 0) this.#collided(slot, boardStatus & 0xffff);
    else if ((boardStatus & BOARD_SENT) !== 0) this.#leave(SENT);
    else this.#leave((boardStatus & BOARD_NO_LINK) !== 0 ? NO_LINK : ABORTED);
    this.advance();
  }

  get #busy(): number {
    return this.#file.get(CARD_REGISTERS.TX_BUSY);
  }

  /** In half duplex one frame at a time: the next one may not overtake a frame that collides and comes again. */
  get #mayStart(): boolean {
    return this.#freeBuffers !== 0 && (this.fullDuplex || this.#underWay.length === 0);
  }

  /** False when the bus has no room now; the slot stays where it is. */
  #toBoard(slot: number): boolean {
    const frame = this.#encapsulate(slot, this.#line.rawLine);
    // The lowest free one.
    const buffer = 31 - Math.clz32(this.#freeBuffers & -this.#freeBuffers);
    if (frame.length > this.#line.maxFrame) {
      this.#finish(slot, ABORTED);
      return true;
    }
    if (!this.#line.fill(buffer, frame)) return false;
    this.#line.go(buffer, frame.length);
    this.#freeBuffers &= ~(1 << buffer);
    this.#slotIn[buffer] = slot;
    this.#underWay.push(buffer);
    this.#file.set(status(slot), SENDING | ATTEMPT);
    this.#traceSlot(slot, 'sending');
    if (this.#underWay.length === 1) this.#traceLine(slot, frame);
    return true;
  }

  #encapsulate(slot: number, raw: boolean): Uint8Array {
    return this.#frame.encapsulate(this.#memory.slot(slot, this.#lengths[slot] as number), raw);
  }

  /** The board has jammed and stopped. The first buffer under way is sent again, behind those that are on the board by now. */
  #collided(slot: number, bit: number): void {
    const register = status(slot);
    const others = this.#file.get(register) & ~COLLISION_BITS;
    this.#file.set(register, others | (bit << COLLISION_BIT) | (bit >= SLOT_TIME ? LATE : 0));
    if (attemptsOf(others) >= ATTEMPT_LIMIT) {
      this.#leave(EXCESSIVE);
      return;
    }
    const buffer = this.#underWay.shift() as number;
    this.#underWay.push(buffer);
    this.#collidedBuffer = buffer;
  }

  /** Sends the frame that collided once more: the board still has it. False when the bus has no room now. */
  #again(buffer: number): boolean {
    const slot = this.#slotIn[buffer] as number;
    const frame = this.#encapsulate(slot, this.#line.rawLine);
    if (!this.#line.go(buffer, frame.length)) return false;
    this.#collidedBuffer = undefined;
    this.#file.set(status(slot), this.#file.get(status(slot)) + ATTEMPT);
    if (this.#underWay[0] === buffer) this.#traceLine(slot, frame);
    return true;
  }

  /** The first buffer under way is free again, its slot's transmission has ended. */
  #leave(outcome: number): void {
    const buffer = this.#underWay.shift() as number;
    this.#freeBuffers |= 1 << buffer;
    this.#finish(this.#slotIn[buffer] as number, outcome);
    const next = this.#underWay[0];
    if (next === undefined) this.#scope.trace?.({ kind: 'mac', at: this.#scope.now, state: 'idle', attempt: 0 });
    else if (this.#scope.trace) this.#traceNext(this.#slotIn[next] as number);
  }

  #failUnderWay(outcome: number): void {
    for (const buffer of this.#underWay) this.#finish(this.#slotIn[buffer] as number, outcome);
    this.#underWay.length = 0;
    this.#collidedBuffer = undefined;
    this.#quietSince = undefined;
  }

  #failAll(outcome: number): void {
    this.#failUnderWay(outcome);
    if (this.loopback !== undefined) return;
    for (const slot of this.#queue) this.#finish(slot, outcome);
    this.#queue.length = 0;
  }

  #mark(slot: number, bits: number): void {
    this.#file.set(status(slot), this.#file.get(status(slot)) | bits);
  }

  /** The one end of every slot: its status, its counters, its interrupt. */
  #finish(slot: number, outcome: number): void {
    const register = status(slot);
    const value = (this.#file.get(register) & ~STATE) | DONE | outcome;
    this.#file.set(register, value);
    this.#file.set(CARD_REGISTERS.TX_BUSY, this.#busy & ~(1 << slot));
    const sent = (value & SENT) !== 0;
    this.#count(slot, value, sent);
    this.#traceSlot(slot, sent ? 'sent' : 'failed');
    this.#raise(sent ? TX_DONE : TX_DONE | TX_ERROR);
  }

  #count(slot: number, value: number, sent: boolean): void {
    const R = CARD_REGISTERS;
    if ((value & DEFERRED) !== 0) this.#file.count(R.TX_DEFERRED);
    if ((value & LATE) !== 0) this.#file.count(R.TX_LATE_COLLISION);
    if ((value & EXCESSIVE) !== 0) this.#file.count(R.TX_EXCESSIVE_COLLISION);
    if ((value & (NO_LINK | ABORTED)) !== 0) this.#file.count(R.TX_ABORTED);
    if (!sent) return;
    this.#file.count(R.TX_FRAMES);
    this.#file.count(R.TX_OCTETS, Math.max(this.#lengths[slot] as number, MIN_UNCHECKED) + FCS_OCTETS);
    const attempts = attemptsOf(value);
    if (attempts === 2) this.#file.count(R.TX_SINGLE_COLLISION);
    else if (attempts > 2) this.#file.count(R.TX_MULTIPLE_COLLISION);
  }

  #traceSlot(slot: number, to: 'filled' | 'sending' | 'sent' | 'failed'): void {
    const length = this.#lengths[slot] as number;
    this.#scope.trace?.({
      kind: 'slot',
      at: this.#scope.now,
      memory: 'transmit',
      slot,
      offset: slot * TX_SLOT_SIZE,
      length,
      state: to,
    });
  }

  #traceNext(slot: number): void {
    this.#traceLine(slot, this.#encapsulate(slot, this.#line.rawLine));
  }

  /** The frame begins on the line now: it is the only one under way, or the one before it has ended. Without a link there is no line. */
  #traceLine(slot: number, frame: Uint8Array): void {
    const { trace, now: at } = this.#scope;
    if (trace === undefined || !this.#phy.linkUp) return;
    trace({ kind: 'mac', at, state: 'transmit', attempt: attemptsOf(this.#file.get(status(slot))) });
    trace({ kind: 'frame', at, direction: 'out', raw: this.#line.rawLine, bytes: frame });
  }
}

const status = (slot: number) => STATUS[slot] as (typeof STATUS)[number];
const attemptsOf = (value: number): number => card.get('TX_STATUS_0', 'attempts', value);
