/** The register bus over a transport: HostLink with a stream of bytes under it, opened again when it closes. */
import type { Duplex } from 'node:stream';
import { LanError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import {
  after,
  type Clock,
  type Duration,
  earliest,
  type Instant,
  milliseconds,
  START,
  seconds,
} from '../../base/time.ts';
import type { Tracer } from '../../trace/event.ts';
import { CELL_SIZE } from '../link/cell.ts';
import { HostLink } from '../link/host-link.ts';
import type { BlockDone, BoardIdentity, BusClient, BusDevice, ReadDone } from '../register-bus.ts';
import type { Transport } from './transport.ts';

/** Bytes that may wait below us on a line of unknown speed. What waits there is sent late: acknowledgements should not. */
const UNSENT_MAX = 4_096;
/** On a line of known speed: as much as it sends in this time, … */
const BACKLOG = milliseconds(10);
/** … but two cells at least, so that it is never idle. */
const BACKLOG_MIN = 2 * CELL_SIZE;
/** From the opening of the transport to the first session: who waits longer thinks that nothing happens. */
const START_WITHIN = milliseconds(3_500);
const REOPEN_EVERY = milliseconds(250);
/** Received bytes that wait for a poll, before the stream is paused. */
const INPUT_MAX = 64 * 1024;
const SECOND = seconds(1);

export interface LinkBusOptions {
  readonly transport: Transport;
  /** The clock whose time `poll` is told. */
  readonly clock: Clock;
  readonly random: Random;
  readonly trace?: Tracer | undefined;
}

export class LinkBus implements BusDevice {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #link: HostLink;
  readonly #trace: Tracer | undefined;
  #stream: Duplex | undefined;
  #wake: () => void = () => {};
  #isStarted = false;
  #isOpening = false;
  #reopenAt: Instant | undefined;
  /** The stream has closed, which the next poll tells the link. */
  #wasCut = false;
  #isReconnected = false;
  #input: Uint8Array[] = [];
  #inputSize = 0;
  /** The stream takes no more until it has written something. */
  #isFull = false;
  /** When a line of known speed will have sent what it was given. */
  #lineFreeAt: Instant = START;

  constructor(options: LinkBusOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#trace = options.trace;
    this.#link = new HostLink({ random: options.random, name: options.transport.name, trace: options.trace });
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }
  get room(): number {
    return this.#link.room;
  }
  get identity(): BoardIdentity | undefined {
    return this.#link.identity;
  }
  /** As HostLink.counters. */
  get counters(): HostLink['counters'] {
    return this.#link.counters;
  }

  attach(client: BusClient): void {
    this.#link.attach(client);
  }
  write(address: number, value: number): void {
    this.#link.write(address, value);
  }
  read(address: number, done: ReadDone): void {
    this.#link.read(address, done);
  }
  writeBlock(address: number, bytes: Uint8Array): void {
    this.#link.writeBlock(address, bytes);
  }
  readBlock(address: number, length: number, done: BlockDone): void {
    this.#link.readBlock(address, length, done);
  }

  /**
   * Resolves when the first session is open; polls itself until then. Rejects in less than 4 s, not counting what the transport has to prepare, with the
   * transport's LanError, OPEN_TIMEOUT, LINK_NO_ANSWER or LINK_PROTOCOL, and is stopped then.
   */
  async start(wake: () => void): Promise<void> {
    this.#isStarted = true;
    this.#wake = wake;
    try {
      await this.#transport.prepare?.();
      const latest = after(this.#clock.now(), START_WITHIN);
      this.#adopt(await this.#openWithin(START_WITHIN));
      this.#link.open(this.#clock.now(), latest);
      await this.#untilOpen();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#wake = () => {};
    this.#link.close(this.#clock.now());
    this.#drop();
    this.#reopenAt = undefined;
    await this.#transport.close();
  }

  poll(now: Instant): void {
    if (!this.#isStarted) return;
    if (this.#wasCut) this.#cut(now);
    if (this.#isReconnected) {
      this.#isReconnected = false;
      this.#link.reconnected(now);
    }
    this.#takeInput(now);
    this.#link.poll(now);
    this.#give(now);
    if (this.#reopenAt !== undefined && now >= this.#reopenAt) void this.#reopen();
  }

  nextDeadline(): Instant | undefined {
    if (!this.#isStarted) return;
    if (this.#inputSize > 0 || this.#wasCut || this.#isReconnected) return START;
    if (this.#stream === undefined) return earliest(this.#link.sessionDeadline(), this.#reopenAt);
    if (this.#isFull) return this.#link.sessionDeadline();
    const link = this.#link.nextDeadline();
    const paced = this.#paceAt();
    if (link === undefined || paced === undefined || link >= paced) return link;
    return earliest(paced, this.#link.sessionDeadline());
  }

  /** What comes too late is closed again. */
  #openWithin(time: Duration): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        const within = `within ${time / SECOND} s`;
        reject(new LanError('OPEN_TIMEOUT', `${this.#transport.name} could not be opened ${within}`));
      }, time / 1_000);
      this.#transport.open().then(
        (stream) => {
          clearTimeout(timer);
          if (isLate) stream.destroy();
          else resolve(stream);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }

  /** Until somebody else polls: the caller waits for the session with nothing of its own running yet. */
  async #untilOpen(): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      this.poll(now);
      if (this.#link.isOpen) return;
      const failure = this.#link.failure;
      if (failure !== undefined) throw failure;
      if (!this.#isStarted) throw new LanError('CLOSED', `${this.#transport.name}: stopped while it was being opened`);
      await this.#news(Math.max(1, Math.min(((this.nextDeadline() ?? now) - now) / 1_000, 50)));
    }
  }

  /** Resolves when something came or `ms` are over. */
  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = this.#wake;
      const timer = setTimeout(over, ms);
      this.#wake = over;
      const self = this;
      function over(): void {
        clearTimeout(timer);
        if (self.#wake === over) self.#wake = wake;
        resolve();
      }
    });
  }

  #adopt(stream: Duplex): void {
    this.#stream = stream;
    this.#isFull = false;
    stream.on('data', (bytes: Uint8Array) => {
      this.#input.push(bytes);
      this.#inputSize += bytes.length;
      if (this.#inputSize >= INPUT_MAX) stream.pause();
      this.#wake();
    });
    const lost = (): void => {
      if (stream !== this.#stream) return;
      this.#drop();
      this.#wasCut = true;
      this.#wake();
    };
    // A hang-up is told as an error, an end or a close, or as several of them.
    stream.on('error', lost);
    stream.on('end', lost);
    stream.on('close', lost);
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#input = [];
    this.#inputSize = 0;
    stream?.destroy();
  }

  #cut(now: Instant): void {
    this.#wasCut = false;
    this.#link.cut(now);
    this.#reopenAt = now;
  }

  async #reopen(): Promise<void> {
    this.#reopenAt = undefined;
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const stream = await this.#transport.open();
      if (this.#isStarted) {
        this.#adopt(stream);
        this.#isReconnected = true;
      } else await this.#transport.close();
    } catch (error) {
      const now = this.#clock.now();
      const detail = error instanceof Error ? error.message : String(error);
      this.#trace?.({ kind: 'link', at: now, state: 'connecting', detail });
      if (this.#isStarted) this.#reopenAt = after(now, REOPEN_EVERY);
    } finally {
      this.#isOpening = false;
    }
    this.#wake();
  }

  #takeInput(now: Instant): void {
    if (this.#inputSize === 0) return;
    const input = this.#input;
    this.#input = [];
    this.#inputSize = 0;
    for (const bytes of input) {
      this.#link.receive(bytes, now);
      this.#transport.realign?.(this.#link.held);
    }
    if (this.#stream?.isPaused()) this.#stream.resume();
  }

  /** Cells are made only when the line is about to take them, so that they carry what is true then. */
  #give(now: Instant): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isFull) return;
    for (let cells = this.#allowance(now, stream); cells > 0; cells = this.#allowance(now, stream)) {
      const batch = Buffer.allocUnsafe(cells * CELL_SIZE);
      let size = 0;
      for (; size < batch.length; size += CELL_SIZE) {
        const cell = this.#link.pull(now);
        if (cell === undefined) break;
        batch.set(cell, size);
      }
      if (size === 0) return;
      this.#passed(size, now);
      stream.write(batch.subarray(0, size), () => this.#onWritten(stream));
      this.#isFull = stream.writableLength > UNSENT_MAX - CELL_SIZE;
      if (size < batch.length || this.#isFull) return;
    }
  }

  #onWritten(stream: Duplex): void {
    if (stream !== this.#stream || !this.#isFull) return;
    this.#isFull = false;
    this.#wake();
  }

  /** How many cells may be handed down now. */
  #allowance(now: Instant, stream: Duplex): number {
    const room = UNSENT_MAX - stream.writableLength;
    const rate = this.#transport.bytesPerSecond;
    if (rate === undefined) return Math.floor(room / CELL_SIZE);
    const waiting = (Math.max(0, this.#lineFreeAt - now) * rate) / SECOND;
    return Math.floor(Math.min(room, this.#backlog(rate) - waiting) / CELL_SIZE);
  }

  #backlog(rate: number): number {
    return Math.max(BACKLOG_MIN, (rate * BACKLOG) / SECOND);
  }

  #passed(bytes: number, now: Instant): void {
    const rate = this.#transport.bytesPerSecond;
    if (rate !== undefined) this.#lineFreeAt = (Math.max(this.#lineFreeAt, now) + (bytes * SECOND) / rate) as Instant;
  }

  /** On a line of known speed: when it has room for one more cell. */
  #paceAt(): Instant | undefined {
    const rate = this.#transport.bytesPerSecond;
    if (rate === undefined) return;
    return (this.#lineFreeAt - ((this.#backlog(rate) - CELL_SIZE) * SECOND) / rate) as Instant;
  }
}
