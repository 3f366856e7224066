/** The operations in the byte streams, hw/LINK.md section 6: how they are written, and how they are read. */
import { put8, put16le, put32le, u8, u16le, u32le } from '../../base/bytes.ts';
import type { BoardEvent } from '../register-bus.ts';
import type { ByteQueue } from './byte-queue.ts';

const REQUEST = { write: 0x01, read: 0x02, writeBlock: 0x03, readBlock: 0x04 } as const;
const ANSWER = { value: 0x81, block: 0x82, interrupt: 0x83, received: 0x84, transmitted: 0x85 } as const;

/** Bytes before a block's own, in either direction. */
export const BLOCK_HEADER = 5;
export const WRITE_SIZE = 7;
export const READ_SIZE = 3;
/** Longest block of one READ BLOCK. */
export const READ_BLOCK_MAX = 1_024;
/** The length field has 16 bits. */
export const WRITE_BLOCK_MAX = 0xffff;
const RECEIVED_HEADER = 9;

export function appendWrite(to: ByteQueue, address: number, value: number): void {
  const bytes = to.extend(WRITE_SIZE);
  put8(bytes, 0, REQUEST.write);
  put16le(bytes, 1, address);
  put32le(bytes, 3, value);
}

export function appendRead(to: ByteQueue, address: number): void {
  const bytes = to.extend(READ_SIZE);
  put8(bytes, 0, REQUEST.read);
  put16le(bytes, 1, address);
}

export function appendWriteBlock(to: ByteQueue, address: number, block: Uint8Array): void {
  const bytes = to.extend(BLOCK_HEADER + block.length);
  putBlockHeader(bytes, REQUEST.writeBlock, address, block.length);
  bytes.set(block, BLOCK_HEADER);
}

export function appendReadBlock(to: ByteQueue, address: number, length: number): void {
  putBlockHeader(to.extend(BLOCK_HEADER), REQUEST.readBlock, address, length);
}

export function appendValue(to: ByteQueue, address: number, value: number): void {
  const bytes = to.extend(WRITE_SIZE);
  put8(bytes, 0, ANSWER.value);
  put16le(bytes, 1, address);
  put32le(bytes, 3, value);
}

/** Returns the block's place, to be filled at once. */
export function appendBlock(to: ByteQueue, address: number, length: number): Uint8Array {
  const bytes = to.extend(BLOCK_HEADER + length);
  putBlockHeader(bytes, ANSWER.block, address, length);
  return bytes.subarray(BLOCK_HEADER);
}

export function appendEvent(to: ByteQueue, event: BoardEvent): void {
  if (event.kind === 'received') {
    const bytes = to.extend(RECEIVED_HEADER + event.bytes.length);
    put8(bytes, 0, ANSWER.received);
    put16le(bytes, 1, event.bytes.length);
    put16le(bytes, 3, event.flags);
    put32le(bytes, 5, event.time);
    bytes.set(event.bytes, RECEIVED_HEADER);
    return;
  }
  const bytes = to.extend(RECEIVED_HEADER);
  const isInterrupt = event.kind === 'interrupt';
  put8(bytes, 0, isInterrupt ? ANSWER.interrupt : ANSWER.transmitted);
  put32le(bytes, 1, isInterrupt ? event.causes : event.status);
  put32le(bytes, 5, isInterrupt ? event.status : event.time);
}

function putBlockHeader(bytes: Uint8Array, code: number, address: number, length: number): void {
  put8(bytes, 0, code);
  put16le(bytes, 1, address);
  put16le(bytes, 3, length);
}

/** What a board does for a host. Blocks are borrowed until return. */
export interface RequestHandler {
  write(address: number, value: number): void;
  read(address: number): void;
  writeBlock(address: number, bytes: Uint8Array): void;
  readBlock(address: number, length: number): void;
}

/** What a host hears from a board. Blocks are borrowed until return. */
export interface AnswerHandler {
  /** False: that was not asked. */
  onValue(address: number, value: number): boolean;
  /** False: that was not asked. */
  onBlock(address: number, bytes: Uint8Array): boolean;
  onEvent(event: BoardEvent): void;
}

/** What can follow: nothing whole yet, or something that cannot be skipped. */
export const INCOMPLETE = 0;
export const UNKNOWN = -1;

/** Does the operation at the start of `bytes`; returns how many bytes it took, or INCOMPLETE or UNKNOWN. */
export function takeRequest(bytes: Uint8Array, board: RequestHandler): number {
  if (bytes.length < READ_SIZE) return isRequest(bytes) ? INCOMPLETE : UNKNOWN;
  const address = u16le(bytes, 1);
  switch (u8(bytes, 0)) {
    case REQUEST.write:
      if (bytes.length < WRITE_SIZE) return INCOMPLETE;
      board.write(address, u32le(bytes, 3));
      return WRITE_SIZE;
    case REQUEST.read:
      board.read(address);
      return READ_SIZE;
    case REQUEST.writeBlock: {
      const size = sizeOfBlock(bytes);
      if (size === INCOMPLETE) return INCOMPLETE;
      board.writeBlock(address, bytes.subarray(BLOCK_HEADER, size));
      return size;
    }
    case REQUEST.readBlock: {
      if (bytes.length < BLOCK_HEADER) return INCOMPLETE;
      const length = u16le(bytes, 3);
      if (length === 0 || length > READ_BLOCK_MAX) return UNKNOWN;
      board.readBlock(address, length);
      return BLOCK_HEADER;
    }
    default:
      return UNKNOWN;
  }
}

/** As takeRequest, for what a board sends. */
export function takeAnswer(bytes: Uint8Array, host: AnswerHandler): number {
  if (bytes.length === 0) return INCOMPLETE;
  switch (u8(bytes, 0)) {
    case ANSWER.value:
      if (bytes.length < WRITE_SIZE) return INCOMPLETE;
      return host.onValue(u16le(bytes, 1), u32le(bytes, 3)) ? WRITE_SIZE : UNKNOWN;
    case ANSWER.block: {
      const size = sizeOfBlock(bytes);
      if (size === INCOMPLETE) return INCOMPLETE;
      return host.onBlock(u16le(bytes, 1), bytes.subarray(BLOCK_HEADER, size)) ? size : UNKNOWN;
    }
    case ANSWER.interrupt:
      if (bytes.length < RECEIVED_HEADER) return INCOMPLETE;
      host.onEvent({ kind: 'interrupt', causes: u32le(bytes, 1), status: u32le(bytes, 5) });
      return RECEIVED_HEADER;
    case ANSWER.transmitted:
      if (bytes.length < RECEIVED_HEADER) return INCOMPLETE;
      host.onEvent({ kind: 'transmitted', status: u32le(bytes, 1), time: u32le(bytes, 5) });
      return RECEIVED_HEADER;
    case ANSWER.received: {
      if (bytes.length < RECEIVED_HEADER) return INCOMPLETE;
      const size = RECEIVED_HEADER + u16le(bytes, 1);
      if (bytes.length < size) return INCOMPLETE;
      const frame = bytes.subarray(RECEIVED_HEADER, size);
      host.onEvent({ kind: 'received', bytes: frame, flags: u16le(bytes, 3), time: u32le(bytes, 5) });
      return size;
    }
    default:
      return UNKNOWN;
  }
}

const isRequest = (bytes: Uint8Array): boolean =>
  bytes.length === 0 || (u8(bytes, 0) >= REQUEST.write && u8(bytes, 0) <= REQUEST.readBlock);

function sizeOfBlock(bytes: Uint8Array): number {
  if (bytes.length < BLOCK_HEADER) return INCOMPLETE;
  const size = BLOCK_HEADER + u16le(bytes, 3);
  return bytes.length < size ? INCOMPLETE : size;
}
