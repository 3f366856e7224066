/** The card's buffer memory: transmit slots, and behind them the receive ring; layouts in registers.ts. */
import { put32le } from '../base/bytes.ts';
import type { RegisterFile } from './register-file.ts';
import {
  BUFFER_MEMORY_SIZE,
  CARD_REGISTERS,
  entrySize,
  RX_ENTRY_FLAGS,
  RX_ENTRY_HEADER,
  RX_RING_SIZE,
  RX_RING_START,
  TX_SLOT_SIZE,
} from './registers.ts';

const { RX_HEAD, RX_TAIL } = CARD_REGISTERS;
const NO_ROOM = -1;

export class BufferMemory {
  readonly bytes = new Uint8Array(BUFFER_MEMORY_SIZE);
  readonly #file: RegisterFile;

  constructor(file: RegisterFile) {
    this.#file = file;
  }

  /** The first `length` octets of a transmit slot. */
  slot(slot: number, length: number): Uint8Array {
    return this.bytes.subarray(slot * TX_SLOT_SIZE, slot * TX_SLOT_SIZE + length);
  }

  get ringIsEmpty(): boolean {
    return this.#file.get(RX_HEAD) === this.#file.get(RX_TAIL);
  }

  /**
   * Copies frame[from …] into the ring, as one entry, and moves RX_HEAD. Returns the entry's offset from the ring's start, or
   * undefined when the ring has no room: the newest frame is the one that is lost, what the driver may be reading stays.
   */
  receive(frame: Uint8Array, from: number, flags: number, time: number): number | undefined {
    const length = frame.length - from;
    const head = this.#file.get(RX_HEAD);
    const offset = this.#place(entrySize(length));
    if (offset === NO_ROOM) return undefined;
    if (offset !== head) put32le(this.bytes, RX_RING_START + head, RX_ENTRY_FLAGS.wrap << 16);
    const at = RX_RING_START + offset;
    put32le(this.bytes, at, length | (flags << 16));
    put32le(this.bytes, at + 4, time);
    this.bytes.set(from === 0 ? frame : frame.subarray(from), at + RX_ENTRY_HEADER);
    this.#file.set(RX_HEAD, (offset + entrySize(length)) % RX_RING_SIZE);
    return offset;
  }

  /** The driver has read up to `tail`. What it writes is brought into the ring: the card never leaves its memory. */
  free(tail: number): void {
    this.#file.set(RX_TAIL, (tail - (tail % 4)) % RX_RING_SIZE);
  }

  /** Where `size` bytes fit: at the head or, where the end is too near, at the start. RX_HEAD may not meet RX_TAIL: that is empty. */
  #place(size: number): number {
    const head = this.#file.get(RX_HEAD);
    const tail = this.#file.get(RX_TAIL);
    if (head < tail) return head + size < tail ? head : NO_ROOM;
    const end = head + size;
    if (end < RX_RING_SIZE || (end === RX_RING_SIZE && tail !== 0)) return head;
    return size < tail ? 0 : NO_ROOM;
  }
}
