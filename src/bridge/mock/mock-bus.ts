/** The mock board directly under a card: every operation completes within its call; events come from poll. */
import { earliest, type Instant, START } from '../../base/time.ts';
import type { BlockDone, BusClient, ReadDone, RegisterBus } from '../register-bus.ts';
import type { MockBoard } from './mock-board.ts';

/** Events that one poll hands over, so that a card that answers each with the next cannot hold the loop. */
const EVENTS_A_POLL = 256;

export class MockBus implements RegisterBus {
  readonly room = Number.POSITIVE_INFINITY;
  readonly #board: MockBoard;
  #client: BusClient | undefined;
  #isOpen = true;
  /** What the client has to be told at the next poll. */
  #news: { readonly lost: string | undefined; readonly open: boolean } | undefined;
  #block = new Uint8Array(0);
  #now: Instant = START;

  constructor(board: MockBoard) {
    this.#board = board;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  attach(client: BusClient): void {
    this.#client = client;
    this.#news = this.#isOpen ? { lost: undefined, open: true } : undefined;
  }

  /** Pulls the board out, as if its serial line were cut. */
  unplug(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // A client that was never told of the session need not be told of its end.
    const untold = this.#news !== undefined && this.#news.lost === undefined;
    this.#news = untold ? undefined : { lost: this.#news?.lost ?? reason, open: false };
  }

  /** Puts it in again: its registers are at their reset values, and a new session begins. */
  replug(): void {
    if (this.#isOpen) return;
    this.#board.reset();
    this.#isOpen = true;
    this.#news = { lost: this.#news?.lost, open: true };
  }

  write(address: number, value: number): void {
    if (this.#isOpen) this.#board.write(address, value);
  }

  read(address: number, done: ReadDone): void {
    done(this.#isOpen ? this.#board.read(address) : undefined);
  }

  writeBlock(address: number, bytes: Uint8Array): void {
    if (this.#isOpen) this.#board.writeBlock(address, bytes);
  }

  readBlock(address: number, length: number, done: BlockDone): void {
    if (!this.#isOpen) {
      done(undefined);
      return;
    }
    if (this.#block.length < length) this.#block = new Uint8Array(length);
    const block = this.#block.subarray(0, length);
    this.#board.readBlock(address, block);
    done(block);
  }

  poll(now: Instant): void {
    this.#now = now;
    this.#board.poll(now);
    const client = this.#client;
    if (client === undefined) return;
    const news = this.#news;
    this.#news = undefined;
    if (news?.lost !== undefined) client.onLost(news.lost);
    if (news?.open) client.onOpen(this.#board.identity);
    for (let events = 0; events < EVENTS_A_POLL && this.#isOpen; events++) {
      const event = this.#board.takeEvent();
      if (event === undefined) break;
      client.onEvent(event);
    }
  }

  nextDeadline(): Instant | undefined {
    const due = this.#client !== undefined && (this.#news !== undefined || (this.#isOpen && this.#board.hasEvent));
    return earliest(this.#board.nextDeadline(), due ? this.#now : undefined);
  }
}
