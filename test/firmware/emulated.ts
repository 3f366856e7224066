/** An emulated board under a register bus, polled by real time: the emulator has no other. */
import type { Duplex } from 'node:stream';
import { Random } from '../../src/base/random.ts';
import type { Clock, Instant } from '../../src/base/time.ts';
import type { BoardEvent, BoardIdentity } from '../../src/bridge/register-bus.ts';
import { EmulatorTransport } from '../../src/bridge/transports/emulator.ts';
import type { EmulatedBoard, EmulatorCable } from '../../src/bridge/transports/emulator-program.ts';
import { LinkBus } from '../../src/bridge/transports/link-bus.ts';
import type { Transport } from '../../src/bridge/transports/transport.ts';

export const seed = Number(process.env['SEED'] ?? 1);

export const clock: Clock = { now: () => (performance.now() * 1_000) as Instant };

export interface EmulatedOptions {
  readonly board: EmulatedBoard;
  readonly cable?: EmulatorCable;
  readonly serial?: 'socket' | 'pty';
  /** Puts something between the board and the bus. */
  readonly through?: (line: Duplex) => Duplex;
}

export class Emulated {
  readonly transport: EmulatorTransport;
  readonly bus: LinkBus;
  readonly events: BoardEvent[] = [];
  identity: BoardIdentity | undefined;
  /** Sessions that began. */
  sessions = 0;
  /** Between the board and the bus now. */
  line: Duplex | undefined;
  #wake: () => void = () => {};

  constructor(options: EmulatedOptions) {
    const { through = (line) => line, ...emulator } = options;
    this.transport = new EmulatorTransport(emulator);
    const transport: Transport = {
      name: this.transport.name,
      prepare: () => this.transport.prepare(),
      open: async () => {
        this.line = through(await this.transport.open());
        return this.line;
      },
      close: () => this.transport.close(),
    };
    this.bus = new LinkBus({ transport, clock, random: new Random(seed) });
    this.bus.attach({
      onOpen: (identity) => {
        this.sessions++;
        this.identity = identity;
      },
      onEvent: (event) => {
        this.events.push(event.kind === 'received' ? { ...event, bytes: event.bytes.slice() } : event);
      },
      onLost: () => {},
    });
  }

  static async start(options: EmulatedOptions): Promise<Emulated> {
    const emulated = new Emulated(options);
    await emulated.bus.start(() => emulated.#wake());
    await emulated.until(() => emulated.identity !== undefined);
    return emulated;
  }

  async stop(): Promise<void> {
    await this.bus.stop();
  }

  /** Polls until `done`, which is asked after each poll. Rejects after `seconds`, saying what is wanted. */
  async until(done: () => boolean, seconds = 10): Promise<void> {
    const end = clock.now() + seconds * 1_000_000;
    for (;;) {
      this.bus.poll(clock.now());
      if (done()) return;
      const now = clock.now();
      if (now > end) throw new Error(`not within ${seconds} s: ${done}`);
      const wait = ((this.bus.nextDeadline() ?? now + 50_000) - now) / 1_000;
      await this.#news(Math.min(Math.max(wait, 0), 50));
    }
  }

  async read(address: number): Promise<number> {
    const values: (number | undefined)[] = [];
    this.bus.read(address, (value) => values.push(value));
    await this.until(() => values.length > 0);
    return values[0] ?? Number.NaN;
  }

  async readBlock(address: number, length: number): Promise<Uint8Array> {
    let block: Uint8Array | undefined;
    this.bus.readBlock(address, length, (bytes) => {
      block = bytes?.slice() ?? new Uint8Array(0);
    });
    await this.until(() => block !== undefined);
    return block ?? new Uint8Array(0);
  }

  /** The oldest event of this kind, taken out. */
  async event<K extends BoardEvent['kind']>(kind: K): Promise<BoardEvent & { kind: K }> {
    await this.until(() => this.events.some((event) => event.kind === kind));
    const at = this.events.findIndex((event) => event.kind === kind);
    return this.events.splice(at, 1)[0] as BoardEvent & { kind: K };
  }

  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(over, ms);
      this.#wake = over;
      function over(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
