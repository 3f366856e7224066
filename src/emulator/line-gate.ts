/** A serial line's end whose bytes enter the board at the board's next poll, when it has come to the present. */
import { assert } from '../base/errors.ts';
import type { SerialEnd } from './serial-end.ts';

export class LineGate implements SerialEnd {
  readonly #end: SerialEnd;
  #waiting: Uint8Array[] = [];
  #size = 0;

  constructor(end: SerialEnd) {
    this.#end = end;
  }

  get isConnected(): boolean {
    return this.#end.isConnected;
  }
  get room(): number {
    return Math.max(0, this.#end.room - this.#size);
  }
  get isWaiting(): boolean {
    return this.#size > 0;
  }
  get onBytes(): (bytes: Uint8Array) => void {
    return this.#end.onBytes;
  }
  set onBytes(onBytes: (bytes: Uint8Array) => void) {
    this.#end.onBytes = onBytes;
  }
  get onConnected(): (isConnected: boolean) => void {
    return this.#end.onConnected;
  }
  set onConnected(onConnected: (isConnected: boolean) => void) {
    this.#end.onConnected = onConnected;
  }
  get onRoom(): () => void {
    return this.#end.onRoom;
  }
  set onRoom(onRoom: () => void) {
    this.#end.onRoom = onRoom;
  }

  write(bytes: Uint8Array): void {
    assert(bytes.length <= this.room, 'a serial line is given more bytes than it has room for');
    this.#waiting.push(bytes.slice());
    this.#size += bytes.length;
  }

  /** The board has come to the present: what was written enters it. A line that was closed meanwhile loses it. */
  deliver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    if (!this.#end.isConnected) return;
    for (const bytes of waiting) this.#end.write(bytes);
  }
}
