/** The board's end of the serial link as an engine: cells below, a board's register file above. hw/LINK.md sections 4 to 6. */
import { earliest, type Instant, milliseconds, START } from '../../base/time.ts';
import { BOARD_REGISTERS } from '../registers.ts';
import { Aligner } from './aligner.ts';
import type { BoardDevice } from './board-device.ts';
import { ByteQueue } from './byte-queue.ts';
import { CELL, CellView, PAYLOAD_SIZE } from './cell.ts';
import { GreetingView, PROTOCOL, tagOf, writeRefuse, writeWelcome } from './greeting.ts';
import * as operations from './operations.ts';
import { Reliable } from './reliable.ts';

const TIMEOUT = milliseconds(60); // section 3, "Time-out"
/** Cells that the board takes before it must have processed them. */
const WINDOW = 64;
/** Longest operation that can come: it must fit before it is done. */
const INCOMING_BOUND = operations.BLOCK_HEADER + operations.WRITE_BLOCK_MAX + WINDOW * PAYLOAD_SIZE;
/** Answers that wait for the line: above this no operation is done, so that the credit shrinks. */
const OUTGOING_BOUND = 8 * 1_024;

/** Driven by its owner: `receive` with what came, `poll`, then `pull` until it gives nothing or the line has no room. */
export class BoardLink {
  readonly #device: BoardDevice;
  readonly #aligner = new Aligner((cell) => this.#onCell(cell));
  readonly #incoming = new ByteQueue();
  readonly #outgoing = new ByteQueue();
  readonly #cells: Reliable;
  readonly #greeting = new CellView();
  /** Of the session; undefined: none. */
  #nonce: number | undefined;
  /** The session was begun by a HELLO with `resume`, and nothing but HELLO has come since. */
  #begunByResume = false;
  #wasResumed = false;
  #answer: { readonly kind: 'welcome' } | { readonly kind: 'refuse'; readonly tag: number } | undefined;
  #strayCells = 0;
  #stirred = false;
  #now: Instant = START;

  /** `timeout`: the shortest retransmission time. */
  constructor(device: BoardDevice, timeout = TIMEOUT) {
    this.#device = device;
    this.#cells = new Reliable(
      {
        fill: (space) => this.#fill(space),
        deliver: (payload) => this.#incoming.append(payload),
        capacity: () => Math.min(WINDOW, Math.floor((INCOMING_BOUND - this.#incoming.length) / PAYLOAD_SIZE)),
      },
      timeout,
    );
  }

  get hasSession(): boolean {
    return this.#nonce !== undefined;
  }
  /** Since the start: cells sent again; stretches of bytes that were no cell; cells that belonged to no session, or made no sense. */
  get counters(): { readonly resent: number; readonly badStretches: number; readonly strayCells: number } {
    return { resent: this.#cells.resent, badStretches: this.#aligner.badStretches, strayCells: this.#strayCells };
  }

  /** Bytes from the line, borrowed until return. */
  receive(bytes: Uint8Array, now: Instant): void {
    this.#now = now;
    this.#aligner.push(bytes);
    this.#work();
    this.#stirred = true;
  }

  /** Polls the device, too. */
  poll(now: Instant): void {
    this.#now = now;
    this.#device.poll(now);
    this.#work();
  }

  /** The next cell for the line, filled with what there is at this moment. Borrowed until the next call of anything here. */
  pull(now: Instant): Uint8Array | undefined {
    this.#now = now;
    const cell =
      this.#answer !== undefined ? this.#greet() : this.#nonce !== undefined ? this.#cells.pull(now) : undefined;
    this.#stirred = cell !== undefined;
    if (cell !== undefined) this.#work();
    return cell?.bytes;
  }

  /** When something is due here or in the device; an event that can be sent is due at once. */
  nextDeadline(): Instant | undefined {
    const device = this.#device;
    if (this.#stirred) return START;
    if (this.#nonce === undefined) return device.nextDeadline();
    if (device.hasEvent && this.#cells.mayFill) return START;
    return earliest(device.nextDeadline(), this.#cells.nextDeadline());
  }

  #onCell(cell: CellView): void {
    if (cell.type === CELL.hello) this.#onHello(cell);
    else if (this.#nonce === undefined || cell.tag !== tagOf(this.#nonce) || cell.type < CELL.data) this.#strayCells++;
    else {
      this.#begunByResume = false;
      this.#cells.receive(cell, this.#now);
      // Before the next cell comes: its credit counts on what this one has left free.
      this.#work();
    }
  }

  #onHello(cell: CellView): void {
    const hello = new GreetingView(cell.payload);
    if (!hello.isGreeting) {
      this.#strayCells++;
    } else if (hello.protocol !== PROTOCOL) {
      this.#answer = { kind: 'refuse', tag: cell.tag };
    } else if (!hello.isHello || tagOf(hello.nonce) !== cell.tag) {
      this.#strayCells++;
    } else {
      if (hello.nonce !== this.#nonce) this.#begin(hello, cell);
      else if (hello.resume && !this.#begunByResume) this.#resume(hello, cell);
      this.#answer = { kind: 'welcome' };
    }
  }

  #begin(hello: GreetingView, cell: CellView): void {
    this.#nonce = hello.nonce;
    this.#begunByResume = hello.resume;
    this.#wasResumed = false;
    this.#device.poll(this.#now);
    this.#device.reset();
    this.#incoming.clear();
    this.#outgoing.clear();
    this.#cells.begin(tagOf(hello.nonce));
    // A host that resumes a session which is no more counts from where that one was; the new one begins at 0.
    this.#cells.greet(0, cell.credit, this.#now);
  }

  #resume(hello: GreetingView, cell: CellView): void {
    if (!this.#cells.fits(cell.ack)) {
      this.#begin(hello, cell);
      return;
    }
    this.#wasResumed = true;
    this.#cells.greet(cell.ack, cell.credit, this.#now);
    this.#cells.resume(this.#now);
  }

  #greet(): CellView {
    const cell = this.#greeting;
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer?.kind === 'refuse') {
      cell.fill(writeRefuse(cell.space));
      cell.seal(CELL.refuse, answer.tag, false, 0, 0, 0);
      return cell;
    }
    const device = this.#device;
    const greeting = {
      version: device.read(BOARD_REGISTERS.VERSION.address),
      caps: device.read(BOARD_REGISTERS.CAPS.address),
      buffers: device.read(BOARD_REGISTERS.BUFFERS.address),
      name: device.name,
    };
    cell.fill(writeWelcome(cell.space, this.#nonce ?? 0, this.#wasResumed, greeting));
    return this.#cells.seal(cell, CELL.welcome);
  }

  /** Does the operations that have come, as long as there is room for their answers. */
  #work(): void {
    if (this.#incoming.length === 0) return;
    this.#device.poll(this.#now);
    let rest = this.#incoming.view;
    let taken = operations.INCOMPLETE;
    while (this.#outgoing.length < OUTGOING_BOUND) {
      taken = operations.takeRequest(rest, this.#requests);
      if (taken <= 0) break;
      rest = rest.subarray(taken);
    }
    this.#incoming.drop(this.#incoming.length - rest.length);
    if (taken !== operations.UNKNOWN) return;
    // Section 6: what cannot be understood cannot be skipped. Silent until a HELLO.
    this.#strayCells++;
    this.#nonce = undefined;
    this.#answer = undefined;
    this.#incoming.clear();
  }

  readonly #requests: operations.RequestHandler = {
    write: (address, value) => this.#device.write(address, value),
    read: (address) => operations.appendValue(this.#outgoing, address, this.#read(address)),
    writeBlock: (address, bytes) => this.#device.writeBlock(address, bytes),
    readBlock: (address, length) =>
      this.#device.readBlock(address, operations.appendBlock(this.#outgoing, address, length)),
  };

  #read(address: number): number {
    switch (address) {
      case BOARD_REGISTERS.LINK_BAD_CELLS.address:
        return this.#aligner.badStretches;
      case BOARD_REGISTERS.LINK_RESENT.address:
        return this.#cells.resent;
      default:
        return this.#device.read(address) >>> 0;
    }
  }

  /** Answers first; events wait in the device until the line has room for them. */
  #fill(space: Uint8Array): number {
    while (this.#outgoing.length < space.length) {
      const event = this.#device.takeEvent();
      if (event === undefined) break;
      operations.appendEvent(this.#outgoing, event);
    }
    return this.#outgoing.take(space, space.length);
  }
}
