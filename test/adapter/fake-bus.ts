/** A board on the bus that does nothing by itself: it notes what the card does, and says what a test makes it say. */
import type { Instant } from '../../src/base/time.ts';
import type { BlockDone, BoardEvent, BusClient, ReadDone, RegisterBus } from '../../src/bridge/register-bus.ts';
import { type BoardRegister, board, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';

export const RAW = board.mask('CAPS', 'rawLine', 'mdio', 'linkStatus', 'halfDuplex');
export const OWN_MAC = board.mask('CAPS', 'ownMac', 'addressFilter');
export const LINE_UP = board.pack('STATUS', { linkUp: 1, speed100: 1, fullDuplex: 1 });

export interface Operation {
  readonly op: 'write' | 'read' | 'block';
  readonly register: BoardRegister | undefined;
  readonly address: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export class FakeBus implements RegisterBus {
  isOpen = false;
  room = Number.POSITIVE_INFINITY;
  /** What reads give, by register; 0 where nothing is said. */
  readonly answers: Partial<Record<BoardRegister, number>> = { STATUS: LINE_UP };
  /** Reads wait for `answer` instead of being answered within the call. */
  slowReads = false;
  readonly operations: Operation[] = [];
  #client: BusClient | undefined;
  readonly #todo: (() => void)[] = [];
  readonly #reads: (() => void)[] = [];
  #now = 0 as Instant;

  attach(client: BusClient): void {
    this.#client = client;
  }

  /** A session begins at the next poll. */
  open(caps = RAW, buffers = { txBuffers: 4, maxFrame: 1530, rxKilobytes: 32 }): void {
    this.#todo.push(() => {
      this.isOpen = true;
      const identity = { name: 'fake', board: 99, firmware: '0.0', caps, buffers: board.pack('BUFFERS', buffers) };
      this.#client?.onOpen(identity);
    });
  }

  lose(): void {
    this.#todo.push(() => {
      this.isOpen = false;
      for (const read of this.#reads.splice(0)) read();
      this.#client?.onLost('unplugged');
    });
  }

  /** The board cannot be reached, and is back; reads wait for `answer` meanwhile if `slowReads` is set. */
  suspend(): void {
    this.#todo.push(() => this.#client?.onSuspended?.('silent'));
  }
  resume(): void {
    this.#todo.push(() => this.#client?.onResumed?.());
  }

  raise(event: BoardEvent): void {
    this.#todo.push(() => this.#client?.onEvent(event));
  }

  receive(bytes: Uint8Array, flags = 0, time = 0): void {
    this.raise({ kind: 'received', bytes, flags, time });
  }

  transmitted(
    buffer: number,
    how: Partial<Record<'sent' | 'collision' | 'noLink' | 'aborted' | 'deferred' | 'bit', number>>,
  ): void {
    this.raise({ kind: 'transmitted', status: board.pack('TX_STATUS', { buffer, ...how }), time: 0 });
  }

  answer(): void {
    for (const read of this.#reads.splice(0)) read();
  }

  /** The values written to a register, in order. */
  written(register: BoardRegister): number[] {
    return this.operations.filter((o) => o.op === 'write' && o.register === register).map((o) => o.value);
  }

  /** Frames handed over, each as it lay in its buffer at TX_GO, with the buffer's number. */
  sent(): { buffer: number; bytes: Uint8Array }[] {
    const memory = new Map<number, Uint8Array>();
    const frames: { buffer: number; bytes: Uint8Array }[] = [];
    for (const { op, register, address, value, bytes } of this.operations) {
      if (op === 'block') memory.set((address - 0x4000) / TX_BUFFER_SIZE, bytes);
      if (op !== 'write' || register !== 'TX_GO') continue;
      const buffer = board.get('TX_GO', 'buffer', value);
      frames.push({ buffer, bytes: (memory.get(buffer) ?? NOTHING).subarray(0, board.get('TX_GO', 'length', value)) });
    }
    return frames;
  }

  write(address: number, value: number): void {
    this.#spend(7);
    this.#note('write', address, value >>> 0, NOTHING);
  }

  read(address: number, done: ReadDone): void {
    this.#spend(3);
    const register = board.nameAt(address);
    this.#note('read', address, 0, NOTHING);
    const end = (): void => done(this.isOpen && register ? (this.answers[register] ?? 0) : undefined);
    if (this.slowReads) this.#reads.push(end);
    else end();
  }

  writeBlock(address: number, bytes: Uint8Array): void {
    this.#spend(5 + bytes.length);
    this.#note('block', address, 0, bytes.slice());
  }

  readBlock(_address: number, _length: number, done: BlockDone): void {
    done(undefined);
  }

  poll(now: Instant): void {
    this.#now = now;
    for (const action of this.#todo.splice(0)) action();
  }

  nextDeadline(): Instant | undefined {
    return this.#todo.length > 0 ? this.#now : undefined;
  }

  #spend(bytes: number): void {
    if (bytes > this.room) throw new Error(`BUS_OVERFLOW: ${bytes} bytes where ${this.room} fit`);
    this.room -= bytes;
  }

  #note(op: Operation['op'], address: number, value: number, bytes: Uint8Array): void {
    if (this.isOpen) this.operations.push({ op, register: board.nameAt(address), address, value, bytes });
  }
}
