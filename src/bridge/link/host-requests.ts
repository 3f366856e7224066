/** The host's half of the operation stream: what was asked and posted, what came back. hw/LINK.md sections 5 and 6. */
import { LanError } from '../../base/errors.ts';
import type { BlockDone, ReadDone } from '../register-bus.ts';
import { ByteQueue } from './byte-queue.ts';
import * as operations from './operations.ts';

/** Bytes of posted operations that wait for the line; what goes over it throws BUS_OVERFLOW. */
const QUEUE_BOUND = 64 * 1024;
const READS_UNANSWERED = 64; // section 5
const BLOCK_BYTES_UNANSWERED = operations.READ_BLOCK_MAX; // section 5

interface Question {
  readonly address: number;
  /** Where it begins in the stream of the session. */
  readonly position: number;
  /** Of a block; 0: a register. */
  readonly length: number;
  readonly done: (value: number | Uint8Array | undefined) => void;
}

export class HostRequests {
  readonly #queue = new ByteQueue();
  /** Asked and not answered, oldest first: before `#sent` on the line, the others waiting for their turn. */
  #questions: Question[] = [];
  #answered = 0;
  #sent = 0;
  #blockBytes = 0;
  /** Bytes taken from the queue since the session began. */
  #position = 0;

  get room(): number {
    return Math.max(0, QUEUE_BOUND - this.#queue.length);
  }
  /** Whether `fill` would give something. */
  get isReady(): boolean {
    return this.#limit(1) > 0;
  }

  write(address: number, value: number): void {
    this.#need(operations.WRITE_SIZE);
    operations.appendWrite(this.#queue, address, value);
  }

  read(address: number, done: ReadDone): void {
    this.#need(operations.READ_SIZE);
    this.#ask(address, 0, done as Question['done']);
    operations.appendRead(this.#queue, address);
  }

  writeBlock(address: number, bytes: Uint8Array): void {
    if (bytes.length > operations.WRITE_BLOCK_MAX)
      throw new LanError('BAD_LENGTH', `a block of ${bytes.length} bytes is too long for the bus`);
    this.#need(operations.BLOCK_HEADER + bytes.length);
    operations.appendWriteBlock(this.#queue, address, bytes);
  }

  readBlock(address: number, length: number, done: BlockDone): void {
    if (length < 1 || length > operations.WRITE_BLOCK_MAX)
      throw new LanError('BAD_LENGTH', `no block of ${length} bytes can be read`);
    const pieces = Math.ceil(length / operations.READ_BLOCK_MAX);
    this.#need(pieces * operations.BLOCK_HEADER);
    if (pieces === 1) {
      this.#askBlock(address, length, done);
      return;
    }
    const whole = new Uint8Array(length);
    for (let from = 0; from < length; from += operations.READ_BLOCK_MAX) {
      const size = Math.min(operations.READ_BLOCK_MAX, length - from);
      this.#askBlock(address + from, size, (bytes) => {
        if (bytes !== undefined) whole.set(bytes, from);
        if (from + size === length) done(bytes && whole);
      });
    }
  }

  /** Moves what may be sent now to `space`: all up to the first read that must wait for answers to earlier ones. */
  fill(space: Uint8Array): number {
    const count = this.#queue.take(space, this.#limit(space.length));
    this.#position += count;
    return count;
  }

  /** The answer to the oldest question; false if that was another one. */
  onValue(address: number, value: number): boolean {
    const question = this.#answer(address, 0);
    question?.done(value);
    return question !== undefined;
  }

  onBlock(address: number, bytes: Uint8Array): boolean {
    const question = this.#answer(address, bytes.length);
    question?.done(bytes);
    return question !== undefined;
  }

  /** The session ended: nothing more is sent, every read completes with undefined. */
  abort(): void {
    const unanswered = this.#questions.slice(this.#answered);
    this.#queue.clear();
    this.#questions = [];
    this.#answered = this.#sent = this.#blockBytes = this.#position = 0;
    for (const question of unanswered) question.done(undefined);
  }

  #need(size: number): void {
    if (size > this.room) {
      throw new LanError(
        'BUS_OVERFLOW',
        `${size} bytes do not fit the register bus, which has room for ${this.room} now`,
      );
    }
  }

  #askBlock(address: number, length: number, done: BlockDone): void {
    this.#ask(address, length, done as Question['done']);
    operations.appendReadBlock(this.#queue, address, length);
  }

  #ask(address: number, length: number, done: Question['done']): void {
    this.#questions.push({ address, position: this.#position + this.#queue.length, length, done });
  }

  /** How many of the next `most` bytes may be sent; marks the questions in them as sent. */
  #limit(most: number): number {
    const wanted = Math.min(most, this.#queue.length);
    for (; this.#sent < this.#questions.length; this.#sent++) {
      const { position, length } = this.#questions[this.#sent] as Question;
      if (position >= this.#position + wanted) break;
      const isFull =
        this.#sent - this.#answered >= READS_UNANSWERED || this.#blockBytes + length > BLOCK_BYTES_UNANSWERED;
      if (isFull) return position - this.#position;
      this.#blockBytes += length;
    }
    return wanted;
  }

  #answer(address: number, length: number): Question | undefined {
    const question = this.#questions[this.#answered];
    const fits = this.#answered < this.#sent && question?.address === address && question.length === length;
    if (!fits) return;
    this.#answered++;
    this.#blockBytes -= length;
    // The answered ones are let go in one piece, so that taking the oldest costs nothing.
    if (this.#answered >= READS_UNANSWERED && this.#answered * 2 >= this.#questions.length) {
      this.#questions = this.#questions.slice(this.#answered);
      this.#sent -= this.#answered;
      this.#answered = 0;
    }
    return question;
  }
}
