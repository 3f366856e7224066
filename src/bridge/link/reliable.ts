/** One side of an open session: a stream of bytes each way, once and in order, over cells that may be lost. hw/LINK.md section 3. */
import { after, type Duration, earliest, type Instant, milliseconds } from '../../base/time.ts';
import { CELL, CellView } from './cell.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendWindow } from './send-window.ts';

const ACK_DELAY = milliseconds(5); // section 3, "ACK"

export interface Stream {
  /** Writes what there is to send to the start of `space`; returns how many bytes. */
  fill(space: Uint8Array): number;
  /** Takes the peer's bytes, borrowed until return. */
  deliver(payload: Uint8Array): void;
  /** How many whole cells `deliver` could take now. */
  capacity(): number;
}

export class Reliable {
  readonly #stream: Stream;
  readonly #sending: SendWindow;
  readonly #receiving: ReceiveWindow;
  readonly #bare = new CellView();
  #tag = 0;
  #ackBy: Instant | undefined;
  #ackNow = false;
  #nakNow = false;
  /** The `seq` of the last ACK or NAK that told of a lost last cell: it is answered once. */
  #toldOf: number | undefined;
  #probe = false;
  #pollNow = false;
  /** The `ack` and `credit` of the last cell sent. */
  #ackSent = 0;
  #creditSent = 0;
  #wasRepeated = false;

  /** `leastTimeout`: as SendWindow's. */
  constructor(stream: Stream, leastTimeout?: Duration) {
    this.#stream = stream;
    this.#sending = new SendWindow(leastTimeout);
    this.#receiving = new ReceiveWindow(
      (payload) => stream.deliver(payload),
      () => stream.capacity(),
    );
  }

  /** Cells sent again since the start, over all sessions. */
  get resent(): number {
    return this.#sending.resent;
  }
  /** Whether the cell that `pull` gave last had been sent before. */
  get wasRepeated(): boolean {
    return this.#wasRepeated;
  }
  /** The window is open: what the stream has would be sent. */
  get mayFill(): boolean {
    return this.#sending.mayOpenNext;
  }

  /** A new session: both directions begin at 0. */
  begin(tag: number): void {
    this.#tag = tag;
    this.#sending.reset();
    this.#receiving.reset();
    this.#ackBy = this.#toldOf = undefined;
    this.#ackNow = this.#nakNow = this.#probe = this.#pollNow = false;
    this.#ackSent = this.#creditSent = 0;
  }

  /** Whether the `ack` of a WELCOME can belong to what is in flight here. */
  fits(ack: number): boolean {
    return this.#sending.fits(ack);
  }

  /** What the peer's HELLO or WELCOME says about its window. */
  greet(ack: number, credit: number, now: Instant): void {
    this.#sending.acknowledge(ack, credit, now);
  }

  /** The session goes on after a cut: all that is unacknowledged is sent again. */
  resume(now: Instant): void {
    this.#sending.loseAll(now);
    this.#ackNow = true;
  }

  /** Has the next cell ask for an answer. */
  ping(): void {
    this.#pollNow = true;
  }

  /** Takes a DATA, ACK or NAK cell of this session. */
  receive(cell: CellView, now: Instant): void {
    this.#sending.acknowledge(cell.ack, cell.credit, now);
    if (cell.type === CELL.nak) this.#sending.arrived(cell.ack, cell.payload, now);
    if (cell.type !== CELL.data) this.#sending.findLost();
    if (cell.type === CELL.data) this.#receiveData(cell, now);
    else if (cell.seq !== this.#toldOf && this.#receiving.lacksLast(cell.seq)) {
      this.#toldOf = cell.seq;
      this.#nakNow = true;
    }
    if (cell.poll) this.#answer();
  }

  #receiveData(cell: CellView, now: Instant): void {
    const hadGap = this.#receiving.hasGap;
    if (!this.#receiving.take(cell.seq, cell.payload)) {
      this.#answer();
      return;
    }
    if (this.#receiving.hasGap && !hadGap) this.#nakNow = true;
    this.#ackBy ??= after(now, ACK_DELAY);
    if ((this.#receiving.expected - this.#ackSent) * 2 >= this.#creditSent) this.#ackNow = true;
  }

  #answer(): void {
    if (this.#receiving.hasGap) this.#nakNow = true;
    else this.#ackNow = true;
  }

  /** The next cell to send, filled with what there is at this moment; undefined: nothing now. Borrowed until the next call of anything here. */
  pull(now: Instant): CellView | undefined {
    this.#wasRepeated = false;
    const ackDue = this.#ackBy !== undefined && now >= this.#ackBy;
    if (this.#isNakDue(ackDue)) return this.#nak();
    const timeout = this.#sending.deadline();
    if (timeout !== undefined && now >= timeout) {
      this.#probe = true;
      this.#sending.backOff(now);
    }
    const again = this.#again(now) ?? this.#fresh(now);
    if (again !== undefined) return again;
    const credit = this.#receiving.giveCredit();
    const creditIsBack = this.#creditSent === 0 && credit > 0;
    if (!ackDue && !this.#ackNow && !this.#pollNow && !creditIsBack) return;
    return this.#receiving.hasGap ? this.#nak() : this.#ack();
  }

  /** A NAK says that a cell is missing: not if it has come since. */
  #isNakDue(ackDue: boolean): boolean {
    if (this.#receiving.hasGap) return this.#nakNow || ackDue || this.#ackNow;
    if (!this.#nakNow) return false;
    this.#nakNow = false;
    if (this.#toldOf !== undefined && this.#receiving.lacksLast(this.#toldOf)) return true;
    this.#ackNow = true;
    return false;
  }

  nextDeadline(): Instant | undefined {
    return earliest(this.#ackBy, this.#sending.deadline());
  }

  /** The header that every cell carries, and the CRC. */
  seal(cell: CellView, type: CellView['type'], seq = this.#sending.next): CellView {
    const credit = this.#receiving.giveCredit();
    cell.seal(type, this.#tag, this.#pollNow, seq & 255, this.#receiving.expected & 255, credit);
    this.#pollNow = false;
    this.#ackSent = this.#receiving.expected;
    this.#creditSent = credit;
    return cell;
  }

  #nak(): CellView {
    this.#bare.fill(this.#receiving.bitmap(this.#bare.space));
    this.#acknowledged();
    return this.seal(this.#bare, CELL.nak);
  }

  #ack(): CellView {
    this.#bare.fill(0);
    this.#acknowledged();
    return this.seal(this.#bare, CELL.ack);
  }

  /** What is being sent now tells the peer all there is to tell. */
  #acknowledged(): void {
    this.#ackBy = undefined;
    this.#ackNow = this.#nakNow = false;
  }

  #again(now: Instant): CellView | undefined {
    let n = this.#sending.firstLost();
    if (this.#probe && this.#sending.inFlight > 0) {
      n = this.#sending.oldest;
      this.#pollNow = true;
    }
    this.#probe = false;
    if (n === undefined) return;
    this.#wasRepeated = true;
    return this.#data(this.#sending.repeat(n, now), n);
  }

  #fresh(now: Instant): CellView | undefined {
    if (!this.#sending.mayOpenNext) return;
    const cell = this.#sending.open();
    const length = this.#stream.fill(cell.space);
    if (length === 0) return;
    cell.fill(length);
    const n = this.#sending.next;
    this.#sending.commit(now);
    return this.#data(cell, n);
  }

  #data(cell: CellView, n: number): CellView {
    if (!this.#receiving.hasGap) this.#acknowledged();
    return this.seal(cell, CELL.data, n);
  }
}
