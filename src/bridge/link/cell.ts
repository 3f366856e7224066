/** The cell, hw/LINK.md section 1: 64 bytes, the same both ways. */
import { put8, put16le, u8, u16le } from '../../base/bytes.ts';
import { crc16 } from '../../base/crc.ts';

export const CELL_SIZE = 64;
/** Bytes of payload in one cell. */
export const PAYLOAD_SIZE = 56;
/** Most DATA cells in flight: half of the numbers, so that a repetition is never taken for a new cell. */
export const WINDOW_MAX = 128;
export const SYNC = 0xa5;

export const CELL = { hello: 0, welcome: 1, refuse: 2, data: 3, ack: 4, nak: 5 } as const;
export type CellType = (typeof CELL)[keyof typeof CELL];

const at = { sync: 0, kind: 1, seq: 2, ack: 3, credit: 4, length: 5, payload: 6, crc: 62 } as const;
const TYPE = 0x07;
const POLL = 0x08;

/** Whether 64 bytes from `from` on, which must be there, are a cell: sync, type, length and CRC. */
export const isCell = (bytes: Uint8Array, from = 0): boolean =>
  u8(bytes, from) === SYNC &&
  u8(bytes, from + at.length) <= PAYLOAD_SIZE &&
  (u8(bytes, from + at.kind) & TYPE) <= CELL.nak &&
  u16le(bytes, from + at.crc) === crc16(bytes, from, from + at.crc);

/** A view over the 64 bytes of one cell. */
export class CellView {
  readonly bytes: Uint8Array;

  /** Over bytes that `isCell` has accepted, or over new ones to be filled. */
  constructor(bytes: Uint8Array = new Uint8Array(CELL_SIZE)) {
    this.bytes = bytes;
  }

  get type(): CellType {
    return (u8(this.bytes, at.kind) & TYPE) as CellType;
  }
  /** The sender wants an answer at once. */
  get poll(): boolean {
    return (u8(this.bytes, at.kind) & POLL) !== 0;
  }
  /** The low four bits of the session's nonce. */
  get tag(): number {
    return u8(this.bytes, at.kind) >>> 4;
  }
  get seq(): number {
    return u8(this.bytes, at.seq);
  }
  get ack(): number {
    return u8(this.bytes, at.ack);
  }
  get credit(): number {
    return u8(this.bytes, at.credit);
  }
  get length(): number {
    return u8(this.bytes, at.length);
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(at.payload, at.payload + this.length);
  }
  /** All 56 bytes, to be filled. */
  get space(): Uint8Array {
    return this.bytes.subarray(at.payload, at.crc);
  }

  /** Says how much of `space` is in use, and clears the rest. */
  fill(length: number): void {
    put8(this.bytes, at.length, length);
    this.bytes.fill(0, at.payload + length, at.crc);
  }

  /** Writes the header before the payload, and the CRC behind it: the last step before sending, also when a cell is sent again. */
  seal(type: CellType, tag: number, poll: boolean, seq: number, ack: number, credit: number): void {
    put8(this.bytes, at.sync, SYNC);
    put8(this.bytes, at.kind, type | (poll ? POLL : 0) | (tag << 4));
    put8(this.bytes, at.seq, seq);
    put8(this.bytes, at.ack, ack);
    put8(this.bytes, at.credit, credit);
    put16le(this.bytes, at.crc, crc16(this.bytes, 0, at.crc));
  }
}
