import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { u8 } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { after, type Duration, type Instant, ManualClock, milliseconds } from '../../src/base/time.ts';
import { CELL } from '../../src/bridge/link/cell.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import type { BlockDone, BoardEvent, BusClient, ReadDone, RegisterBus } from '../../src/bridge/register-bus.ts';
import { board, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { TcpTransport } from '../../src/bridge/transports/tcp.ts';
import { BoardSession, type SessionBench } from '../../src/cli/board-session.ts';
import { type Step, tryAll } from '../../src/cli/selftest.ts';
import { talkVectors } from '../../src/cli/selftest-link.ts';
import type { Finding } from '../../src/cli/selftest-step.ts';
import { SystemClock } from '../../src/host.ts';
import { mockBehindLink, serveMock } from '../contract/mock-fixtures.ts';
import { TapPlug } from '../contract/tap-plug.ts';
import { run, start } from './run.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** What is wrong with a board: each is told what the mock says and gives what the faulty one would. */
interface Faults {
  readonly name?: string;
  readonly caps?: (caps: number) => number;
  /** A register's value. */
  readonly read?: (address: number, value: number) => number | undefined;
  /** undefined: the event does not come. */
  readonly event?: (event: BoardEvent) => BoardEvent | undefined;
}

class FaultyBus implements RegisterBus {
  readonly #bus: RegisterBus;
  readonly #faults: Faults;

  constructor(bus: RegisterBus, faults: Faults) {
    this.#bus = bus;
    this.#faults = faults;
  }

  get isOpen(): boolean {
    return this.#bus.isOpen;
  }
  get room(): number {
    return this.#bus.room;
  }
  attach(client: BusClient): void {
    const { name, caps = (same: number) => same, event = (same: BoardEvent) => same } = this.#faults;
    this.#bus.attach({
      onOpen: (identity) => client.onOpen({ ...identity, name: name ?? identity.name, caps: caps(identity.caps) }),
      onLost: (reason) => client.onLost(reason),
      onEvent: (told) => {
        const instead = event(told);
        if (instead !== undefined) client.onEvent(instead);
      },
    });
  }
  write(address: number, value: number): void {
    this.#bus.write(address, value);
  }
  read(address: number, done: ReadDone): void {
    const { read = (_: number, same: number) => same } = this.#faults;
    this.#bus.read(address, (value) => done(value === undefined ? undefined : read(address, value)));
  }
  writeBlock(address: number, bytes: Uint8Array): void {
    this.#bus.writeBlock(address, bytes);
  }
  readBlock(address: number, length: number, done: BlockDone): void {
    this.#bus.readBlock(address, length, done);
  }
  poll(now: Instant): void {
    this.#bus.poll(now);
  }
  nextDeadline(): Instant | undefined {
    return this.#bus.nextDeadline();
  }
}

/** A mock board, with its faults, in virtual time. */
class VirtualBoard implements SessionBench {
  readonly clock = new ManualClock();
  readonly plug = new TapPlug();
  readonly mock: MockBoard;
  readonly bus: RegisterBus;

  constructor(faults: Faults = {}, isUp = true) {
    Object.assign(this.plug.state, { up: isUp });
    this.mock = new MockBoard(this.plug);
    this.bus = new FaultyBus(new MockBus(this.mock), faults);
  }

  async until(isDone: () => boolean, within: Duration): Promise<boolean> {
    const end = after(this.clock.now(), within);
    for (;;) {
      this.plug.poll(this.clock.now());
      this.bus.poll(this.clock.now());
      if (isDone()) return true;
      if (this.clock.now() >= end) return false;
      this.clock.advance(milliseconds(1));
    }
  }

  async test(signal = new AbortController().signal): Promise<Record<Step, Finding>> {
    const found: Partial<Record<Step, Finding>> = {};
    const session = new BoardSession(this);
    await tryAll(session, new Random(seed), undefined, signal, (step, finding) => {
      found[step] = finding;
    });
    return found as Record<Step, Finding>;
  }

  get bmcr(): number {
    this.mock.write(R.MDIO.address, board.pack('MDIO', { phy: 1, register: 0 }));
    return board.get('MDIO', 'data', this.mock.read(R.MDIO.address));
  }
}

const mdio =
  (data: (place: { readonly phy: number; readonly register: number }, value: number) => number) =>
  (address: number, value: number): number => {
    if (address !== R.MDIO.address) return value;
    const place = { phy: board.get('MDIO', 'phy', value), register: board.get('MDIO', 'register', value) };
    return board.pack('MDIO', { ...place, data: data(place, board.get('MDIO', 'data', value)) });
  };
const without = (register: 'STATUS', mask: number) => (address: number, value: number) =>
  address === R[register].address ? value & ~mask : value;
const received = (change: (bytes: Uint8Array) => Uint8Array | undefined) => (event: BoardEvent) => {
  if (event.kind !== 'received') return event;
  const bytes = change(event.bytes.slice());
  return bytes && { ...event, bytes };
};
const flipped = (at: (bytes: Uint8Array) => number) =>
  received((bytes) => {
    const place = at(bytes);
    bytes[place] = u8(bytes, place) ^ 0x10;
    return bytes;
  });
const outcomes = (found: Record<Step, Finding>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([step, { outcome }]) => [step, outcome]));

const WELL = { link: 'ok', REF_CLK: 'ok', PHY: 'ok', loopback: 'ok', partner: 'ok' };

describe('the steps of selftest', () => {
  test('are all well on a good board, which is left as it was', async () => {
    const good = new VirtualBoard();
    const before = good.bmcr;
    const found = await good.test();
    expect(outcomes(found)).toEqual(WELL);
    expect(found.PHY.figures).toBe('LAN8720A or LAN8710A (0007:C0F1) at address 1');
    expect(found.loopback.figures).toBe(
      '24 of 24 frames of 64, 256, 1518 octets came back right, 0 of 117632 bits wrong; in the PHY',
    );
    expect(good.plug.left).toEqual([]);
    expect(good.bmcr).toBe(before);
    expect(good.mock.read(R.CONTROL.address)).toBe(0);
  });

  test.for([
    [
      'SCRATCH does not hold what is written',
      { read: (address: number, value: number) => (address === R.SCRATCH.address ? value & ~1 : value) },
      { ...WELL, link: 'FAILED' },
      'link',
      /^\w+, firmware 1\.0; \d+ of 200 values of SCRATCH right/,
      /flash the board again/,
    ],
    [
      'REF_CLK is missing',
      { read: without('STATUS', board.mask('STATUS', 'refClock')) },
      { ...WELL, REF_CLK: 'FAILED', loopback: 'skipped' },
      'REF_CLK',
      /^no 50 MHz from the PHY module$/,
      /nINT\/RETCLK \(GP20\).*hw\/WIRING\.md/,
    ],
    [
      'no PHY answers',
      { read: mdio(() => 0xffff) },
      { ...WELL, PHY: 'FAILED', loopback: 'skipped' },
      'PHY',
      /^no PHY answers at any of 32 addresses: MDIO stays high$/,
      /MDIO \(GP14\) and MDC \(GP15\).*3V3/,
    ],
    [
      'MDIO is shorted to ground',
      { read: mdio(() => 0) },
      { ...WELL, PHY: 'FAILED', loopback: 'skipped' },
      'PHY',
      /^MDIO stays low$/,
      /MDIO \(GP14\) is shorted to GND/,
    ],
    [
      'MDIO is disturbed',
      { read: mdio(({ phy }) => 0x1111 * (phy % 16)) },
      { ...WELL, PHY: 'FAILED', loopback: 'skipped' },
      'PHY',
      /^28 of 32 addresses answer, the first with 1111:1111$/,
      /under 10 cm/,
    ],
    [
      'nothing comes back',
      { event: received(() => undefined) },
      { ...WELL, loopback: 'FAILED' },
      'loopback',
      /^0 of 3 frames .* 0 of 0 bits wrong/,
      /TX_EN \(GP12\), CRS_DV \(GP8\) and RXD0 \(GP6\)/,
    ],
    [
      'one bit of each frame is changed',
      { event: flipped((bytes) => bytes.length - 20) },
      { ...WELL, loopback: 'FAILED' },
      'loopback',
      /^0 of 24 frames .* 24 of 117632 bits wrong/,
      /TXD0 \(GP10\), TXD1 \(GP11\), RXD0 \(GP6\) and RXD1 \(GP7\)/,
    ],
    [
      'the wires of a di-bit are exchanged, so that no SFD comes',
      {
        event: received((bytes) => bytes.map((octet) => ((octet & 0x55) << 1) | ((octet & 0xaa) >> 1)).fill(0xaa, 20)),
      },
      { ...WELL, loopback: 'FAILED' },
      'loopback',
      /^0 of 24 frames .* 117632 of 117632 bits wrong/,
      /exchanged/,
    ],
    [
      'transmissions do not end',
      { event: (event: BoardEvent) => (event.kind === 'transmitted' ? undefined : event) },
      { ...WELL, loopback: 'FAILED' },
      'loopback',
      /^3 of 3 frames/,
      /did not end a transmission.*GP20/,
    ],
    [
      'the board does not send without a link',
      {
        event: (event: BoardEvent) =>
          event.kind === 'transmitted'
            ? { ...event, status: board.pack('TX_STATUS', { noLink: true }) }
            : received(() => undefined)(event),
      },
      { ...WELL, loopback: 'FAILED' },
      'loopback',
      /^0 of 3 frames/,
      /as if its link were down/,
    ],
    [
      'the PHY negotiates what the board cannot do',
      { caps: (caps: number) => caps & ~board.mask('CAPS', 'speed100') },
      { ...WELL, partner: 'FAILED' },
      'partner',
      /^link up, 100 Mb\/s full duplex/,
      /cannot do 100 Mb\/s/,
    ],
  ] as const)('say what it means that %s', async ([, faults, expected, step, figures, advice]) => {
    const found = await new VirtualBoard({ name: 'pico', ...(faults as Faults) }).test();
    expect(outcomes(found)).toEqual(expected);
    expect(found[step].figures).toMatch(figures);
    expect(found[step].advice).toMatch(advice);
  });

  test('name no pins of a board whose wires are not the user’s', async () => {
    const found = await new VirtualBoard({ read: mdio(() => 0xffff) }).test();
    expect(found.PHY.advice).toBe('check MDIO and MDC, then 3V3 and GND of the module; MDIO and MDC may be exchanged');
  });

  test('wait four seconds for a link, and take none for no fault of the board', async () => {
    const alone = new VirtualBoard({}, false);
    const found = await alone.test();
    expect(outcomes(found)).toEqual({ ...WELL, partner: 'skipped' });
    expect(found.partner.figures).toMatch(/no cable/);
    expect(alone.clock.now()).toBeGreaterThanOrEqual(4_000_000);
  });

  test('offer to a board with a MAC of its own what it has, and say so', async () => {
    const caps = board.mask('CAPS', 'ownMac', 'loopback', 'speed10', 'speed100');
    const found = await new VirtualBoard({ caps: () => caps }).test();
    const none = 'not offered';
    expect(outcomes(found)).toEqual({ link: 'ok', REF_CLK: none, PHY: none, loopback: 'ok', partner: none });
    expect(found.loopback.figures).toMatch(/0 of 116864 bits wrong; in the board \(CONTROL\.loopback\)/);
  });

  test('leave the PHY as it was also where they are interrupted among the frames', async () => {
    const controller = new AbortController();
    let frames = 0;
    const stopping = new VirtualBoard({
      event: (event) => {
        if (event.kind === 'received' && ++frames === 5) controller.abort(new Error('interrupted'));
        return event;
      },
    });
    const before = stopping.bmcr;
    await expect(stopping.test(controller.signal)).rejects.toThrow('interrupted');
    expect(frames).toBe(5);
    expect(stopping.bmcr & ~0x0200).toBe(before);
  });

  test('end where the board does not answer any more', async () => {
    let reads = 0;
    const dying = new VirtualBoard({ read: (_, value) => (++reads > 250 ? undefined : value) });
    await expect(dying.test()).rejects.toMatchObject({ code: 'LINK_LOST' });
  });
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port server with a mock board behind it; `change`: what the line does to a cell of the board's. */
async function served(change: (cell: Uint8Array) => readonly Uint8Array[] = (cell) => [cell]): Promise<number> {
  const clock = new SystemClock();
  const plug = new TapPlug();
  const link = mockBehindLink(plug);
  const server = createServer({ noDelay: true }, (socket) => {
    const line = new Duplex({
      read: () => {},
      write: (cell: Uint8Array, _encoding, done) => {
        for (const instead of change(cell)) socket.write(instead);
        done();
      },
    });
    socket.on('data', (bytes) => line.push(bytes));
    socket.on('error', () => {});
    socket.on('close', () => line.destroy());
    serveMock(line, clock, link, plug);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

describe('the vectors of hw/LINK.md 8.4 on a line', () => {
  const document = readFileSync('hw/LINK.md', 'utf8');
  const { signal } = new AbortController();
  const talk = async (port: number): Promise<number | Finding> => {
    const transport = new TcpTransport('127.0.0.1', port);
    return talkVectors(transport, document, new Random(seed), signal).finally(() => transport.close());
  };

  test('go right with a board, also where it still has a session of the same nonce', async () => {
    const port = await served();
    expect(await talk(port)).toBe(32);
    expect(await talk(port)).toBe(32);
  });

  test('name the sentence that a board does not keep', async () => {
    const port = await served((cell) => ((u8(cell, 1) & 7) === CELL.nak ? [cell, cell] : [cell]));
    expect(await talk(port)).toMatchObject({
      outcome: 'FAILED',
      figures: expect.stringMatching(
        /^vector of hw\/LINK\.md 8\.4: “DATA 1, READ of an address without a register: both answers, in order, in one cell\.”: came a5 55 /,
      ),
      advice: expect.stringContaining('serial line'),
    });
  });
});

describe('glassnic selftest', () => {
  test('prints a line for each step', async () => {
    expect(await run('.', 'selftest', '--board', 'mock')).toEqual({
      code: 0,
      stdout: `\
link      ok           mock, firmware 1.0; 200 of 200 values of SCRATCH right; no serial line
REF_CLK   ok           50 MHz from the PHY module
PHY       ok           LAN8720A or LAN8710A (0007:C0F1) at address 1
loopback  ok           24 of 24 frames of 64, 256, 1518 octets came back right, 0 of 117632 bits wrong; in the PHY
partner   ok           link up, 100 Mb/s full duplex; the partner offers 10 half, 10 full, 100 half, 100 full
mock: all well
`,
      stderr: '',
    });
  });

  test('talks the vectors on a serial line first, and prints JSON', async () => {
    const name = `tcp:127.0.0.1:${await served()}`;
    const { code, stdout } = await run('.', 'selftest', '--board', name, '--json', '--seed', '7');
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as { steps: { step: string; outcome: string; figures: string }[] };
    expect(found).toMatchObject({ board: name, seed: 7, passed: true, identity: { name: 'mock', firmware: '1.0' } });
    expect(found.steps.map(({ step }) => step)).toEqual(['link', 'REF_CLK', 'PHY', 'loopback', 'partner']);
    expect(found.steps[0]?.figures).toContain('protocol 1, 32 cells as in hw/LINK.md 8.4');
  });

  test('says what to look at where a line is there and no board speaks on it, with exit code 3', async () => {
    const { code, stdout } = await run('.', 'selftest', '--board', `tcp:127.0.0.1:${await served(() => [])}`);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^link {6}FAILED {7}tcp:127\.0\.0\.1:\d+ did not answer\n {23}\S[^\n]*glassnic flash[^\n]*\n/,
    );
    expect(stdout.match(/ skipped {6}needs the link$/gm)?.length).toBe(4);
    expect(stdout).toMatch(/: 1 of 5 failed \(seed \d+\)\n$/);
  });

  test('ends at SIGINT with exit code 130, and says nothing more', async () => {
    let heard = (): void => {};
    const hello = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const port = await served(() => {
      heard();
      return [];
    });
    const { child, ended } = start('.', 'selftest', '--board', `tcp:127.0.0.1:${port}`);
    await hello;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '' });
  });
});
