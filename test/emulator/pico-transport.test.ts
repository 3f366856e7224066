/** `emulator:pico` as a transport: its stream opens and closes as the USB socket does, and stands still where nobody reads. In virtual time. */
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import {
  after,
  earliest,
  type Instant,
  ManualClock,
  microseconds,
  milliseconds,
  seconds,
} from '../../src/base/time.ts';
import { HostLink } from '../../src/bridge/link/host-link.ts';
import { BOOT_MAGIC, board as fields, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { PicoTransport } from '../../src/emulator/pico-transport.ts';
import { LineRate } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const ON = fields.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex');

class Bench {
  readonly clock = new ManualClock();
  readonly plug = new LineRate();
  readonly transport = new PicoTransport({ plug: this.plug });
  readonly link = new HostLink({ random: new Random(seed), name: 'emulator:pico' });
  stream: Duplex | undefined;
  isClosed = false;
  sessions = 0;
  received = 0;

  constructor() {
    this.link.attach({
      onOpen: () => {
        this.sessions++;
      },
      onEvent: (event) => {
        if (event.kind === 'received') this.received++;
      },
      onLost: () => {},
    });
  }

  /** Polls everything once, lets the stream tell what it has, and goes on to the next deadline. */
  async step(): Promise<void> {
    const now = this.clock.now();
    this.plug.poll(now);
    this.transport.poll(now);
    this.link.poll(now);
    while (this.stream !== undefined && !this.stream.writableNeedDrain) {
      const cell = this.link.pull(now);
      if (cell === undefined) break;
      this.stream.write(cell.slice());
    }
    await new Promise((resolve) => setImmediate(resolve));
    const next = earliest(this.transport.nextDeadline(), this.plug.nextDeadline());
    const most = after(now, milliseconds(1));
    this.clock.moveTo(
      (next === undefined || next > most ? most : Math.max(next, after(now, microseconds(20)))) as Instant,
    );
  }
  async until(isDone: () => boolean, within = seconds(3)): Promise<void> {
    const end = after(this.clock.now(), within);
    while (!isDone()) {
      if (this.clock.now() > end) throw new Error(`not within ${within / 1e6} s: ${isDone}`);
      await this.step();
    }
  }
  /** Opens the stream, with the bench running meanwhile. */
  async open(): Promise<void> {
    let failure: unknown;
    this.isClosed = false;
    this.transport.open().then(
      (stream) => {
        this.stream = stream;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    await this.until(() => this.stream !== undefined || failure !== undefined);
    if (failure !== undefined) throw failure;
    this.stream?.on('data', (bytes: Uint8Array) => this.link.receive(bytes, this.clock.now()));
    this.stream?.on('close', () => {
      this.isClosed = true;
      this.stream = undefined;
      this.link.cut(this.clock.now());
    });
  }
  async session(): Promise<void> {
    await this.open();
    this.link.open(this.clock.now());
    await this.until(() => this.link.isOpen);
  }
  async read(address: number): Promise<number | undefined> {
    let answer: { readonly value: number | undefined } | undefined;
    this.link.read(address, (value) => {
      answer = { value };
    });
    await this.until(() => answer !== undefined);
    return answer?.value;
  }
}

describe(`emulator:pico on USB (SEED=${seed})`, () => {
  let it: Bench;
  beforeEach(async () => {
    it = new Bench();
    await it.transport.start(() => {});
  });
  afterEach(() => it.transport.stop());

  test('opens when the computer has found the board, and a session does', async () => {
    await it.session();
    expect(it.clock.now()).toBeGreaterThan(milliseconds(200));
    expect(await it.read(R.ID.address)).toBe(R.ID.reset);
  });

  test('unplugged, the stream closes; plugged in again, another one opens and the session goes on', async () => {
    await it.session();
    it.link.write(R.SCRATCH.address, 0x1234_5678);
    await it.read(R.SCRATCH.address);
    const { board } = it.transport;
    board?.usb.unplug();
    await it.until(() => it.isClosed);
    board?.usb.plug();
    await it.open();
    it.link.reconnected(it.clock.now());
    await it.until(() => it.link.isOpen);
    expect(await it.read(R.SCRATCH.address)).toBe(0x1234_5678);
    expect(it.sessions).toBe(1);
  });

  test('while nobody reads, the board stands still; then it goes on, and nothing is lost', async () => {
    await it.session();
    await it.until(() => it.transport.board?.phy.mode !== undefined);
    it.link.write(R.CONTROL.address, ON);
    await it.read(R.CONTROL.address);
    const stream = it.stream as Duplex;
    stream.pause();
    const COUNT = 40;
    it.plug.begin(COUNT, (number) => new Uint8Array(1_514).fill(number).fill(0xff, 0, 6));
    await it.until(() => it.plug.sent === COUNT && it.transport.nextDeadline() === undefined);
    const stood = it.transport.board?.machine.now;
    const before = it.received;
    for (let i = 0; i < 20; i++) await it.step();
    expect(it.transport.board?.machine.now).toBe(stood);
    expect(it.received).toBe(before);
    stream.resume();
    await it.until(() => it.received === COUNT);
    expect(it.sessions).toBe(1);
  });

  test('in its boot loader the board is no port: the stream closes, and opening it is refused', async () => {
    await it.session();
    it.link.write(R.BOOT_LOADER.address, BOOT_MAGIC);
    await it.until(() => it.isClosed);
    await expect(it.open()).rejects.toMatchObject({ code: 'EMULATOR_FAILED' });
  });

  test('stopped while it is being opened, the opening ends with CLOSED', async () => {
    const opening = it.transport.open();
    const told = expect(opening).rejects.toMatchObject({ code: 'CLOSED' });
    await it.step();
    await it.transport.stop();
    await told;
    await expect(it.transport.open()).rejects.toMatchObject({ code: 'EMULATOR_FAILED' });
  });

  test('stopped, it leaves the cable', async () => {
    await it.until(() => it.transport.board?.phy.mode !== undefined);
    const attached: unknown[] = [];
    it.plug.attach = (station) => attached.push(station);
    await it.transport.stop();
    expect(attached).toEqual([undefined]);
  });
});

test('EMULATOR_FAILED where it was never started', async () => {
  await expect(new PicoTransport({ plug: new LineRate() }).open()).rejects.toMatchObject({ code: 'EMULATOR_FAILED' });
});
