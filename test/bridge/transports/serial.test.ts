import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { ByteLengthParser } from '@serialport/parser-byte-length';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { Aligner } from '../../../src/bridge/link/aligner.ts';
import { CELL, CellView } from '../../../src/bridge/link/cell.ts';
import { CellStream } from '../../../src/bridge/transports/cell-stream.ts';
import { LinkBus } from '../../../src/bridge/transports/link-bus.ts';
import { listPorts, SerialTransport } from '../../../src/bridge/transports/serial.ts';
import { SystemClock } from '../../../src/host.ts';
import { inRealTime, mockBehindLink, serveMock, tapOf } from '../../contract/mock-fixtures.ts';
import { registerBusContract } from '../../contract/register-bus.ts';
import { TapPlug } from '../../contract/tap-plug.ts';
import { describeWith } from '../../tools.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** As a SerialPort, whose `destroy` leaves the port open. */
class FakePort extends Duplex {
  isOpen = true;
  readonly calls: string[] = [];
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
  flush(done: (error: Error | null) => void): void {
    this.calls.push('flush');
    done(null);
  }
  close(done: (error: Error | null) => void): void {
    this.calls.push('close');
    this.isOpen = false;
    done(null);
  }
}

test('a port is let go of without waiting for what its line does not take', async () => {
  const port = new FakePort();
  const stream = new CellStream(port, new ByteLengthParser({ length: 64, readableObjectMode: true }));
  await new Promise<void>((resolve) => stream.once('close', resolve).destroy());
  expect(port.calls).toEqual(['flush', 'close']);
});

test('once the line has lost a byte, no cell waits in the parser for the next one', async () => {
  const port = new FakePort();
  const stream = new CellStream(port, new ByteLengthParser({ length: 64, readableObjectMode: true }));
  const found: number[] = [];
  const aligner = new Aligner((cell) => found.push(cell.seq));
  stream.on('data', (bytes: Uint8Array) => {
    aligner.push(bytes);
    stream.realign(aligner.held);
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const cell = (seq: number): Uint8Array => {
    const view = new CellView();
    view.fill(0);
    view.seal(CELL.ack, 5, false, seq, 0, 0);
    return view.bytes;
  };
  for (let seq = 0; seq < 60; seq++) {
    // Every third one loses a byte, has one too many, or comes in two pieces.
    const bytes = cell(seq);
    if (seq % 9 === 2) port.push(bytes.subarray(1));
    else if (seq % 9 === 5) port.push(Uint8Array.of(0x11, ...bytes));
    else if (seq % 9 === 8) {
      port.push(bytes.subarray(0, 20));
      await turn();
      port.push(bytes.subarray(20));
    } else port.push(bytes);
    for (let i = 0; i < 4; i++) await turn();
    // The one that was hit may wait; a whole one behind it does not.
    if (seq % 9 !== 2 && seq % 9 !== 5) expect(found.at(-1)).toBe(seq);
  }
  expect(found.length).toBeGreaterThanOrEqual(60 - 7);
});

test('a port that is not there is an error that names it', async () => {
  const bus = new LinkBus({
    transport: new SerialTransport('/dev/no-such-port', 115_200),
    clock: new SystemClock(),
    random: new Random(seed),
  });
  await expect(bus.start(() => {})).rejects.toMatchObject({
    code: 'PORT_NOT_FOUND',
    message: expect.stringContaining('/dev/no-such-port'),
  });
});

test('ports are listed, or none where the system has no way to tell', async () => {
  for (const { path } of await listPorts()) expect(path).not.toBe('');
});

describeWith(['socat'], 'a serial port', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glassnic-pty-'));
  const [near, far] = [join(folder, 'near'), join(folder, 'far')];
  let socat: ChildProcess;

  beforeAll(async () => {
    socat = spawn('socat', [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`], { stdio: 'ignore' });
    while (!existsSync(near) || !existsSync(far)) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  afterAll(() => {
    socat.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  registerBusContract('the mock board behind the link on a serial port', async () => {
    const clock = new SystemClock();
    const plug = new TapPlug();
    const board = new SerialTransport(far, 3_000_000);
    serveMock(await board.open(), clock, mockBehindLink(plug), plug);
    const bus = new LinkBus({ transport: new SerialTransport(near, 3_000_000), clock, random: new Random(seed) });
    await bus.start(() => {});
    const busy = new SerialTransport(near, 3_000_000);
    await expect(busy.open()).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining(near) });
    const fixture = inRealTime(bus, clock);
    return {
      ...fixture,
      cable: tapOf(plug),
      close: async () => {
        await fixture.close();
        await board.close();
      },
    };
  });
});
