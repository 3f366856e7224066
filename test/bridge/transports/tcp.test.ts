import { createServer, type Server } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { LinkBus } from '../../../src/bridge/transports/link-bus.ts';
import { TcpTransport } from '../../../src/bridge/transports/tcp.ts';
import type { Transport } from '../../../src/bridge/transports/transport.ts';
import { SystemClock } from '../../../src/host.ts';
import type { BoardFixture } from '../../contract/board-fixture.ts';
import { inRealTime, mockBehindLink, serveMock, tapOf } from '../../contract/mock-fixtures.ts';
import { registerBusContract } from '../../contract/register-bus.ts';
import { TapPlug } from '../../contract/tap-plug.ts';

const seed = Number(process.env['SEED'] ?? 1);
const servers: Server[] = [];

async function listen(onSocket: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer({ noDelay: true }, onSocket);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

function busAt(port: number, clock = new SystemClock()): LinkBus {
  return new LinkBus({ transport: new TcpTransport('127.0.0.1', port), clock, random: new Random(seed) });
}

registerBusContract('the mock board behind the link on TCP', async (): Promise<BoardFixture> => {
  const clock = new SystemClock();
  const plug = new TapPlug();
  const board = mockBehindLink(plug);
  const port = await listen((socket) => serveMock(socket, clock, board, plug));
  const bus = busAt(port, clock);
  await bus.start(() => {});
  return { ...inRealTime(bus, clock), cable: tapOf(plug) };
});

describe('a bus over TCP', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  test('says that nothing listens', async () => {
    const port = await listen(() => {});
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    await expect(busAt(port).start(() => {})).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('gives up in less than 4 s on one who listens and never answers, and names it', async () => {
    const port = await listen((socket) => socket.on('error', () => {}));
    const begun = performance.now();
    await expect(busAt(port).start(() => {})).rejects.toMatchObject({
      code: 'LINK_NO_ANSWER',
      message: expect.stringContaining(`tcp:127.0.0.1:${port}`),
    });
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test.for([
    ['opens late and is silent then', 2_000, 'LINK_NO_ANSWER'],
    ['never opens', 60_000, 'OPEN_TIMEOUT'],
  ] as const)(
    'gives up in less than 4 s on a transport that %s; what it prepares before does not count',
    async ([, ms, code]) => {
      let closed = 0;
      let timer: NodeJS.Timeout | undefined;
      const transport: Transport = {
        name: 'slow',
        prepare: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
        open: () =>
          new Promise((resolve) => {
            timer = setTimeout(() => resolve(new PassThrough()), ms);
          }),
        close: async () => {
          closed++;
          clearTimeout(timer);
        },
      };
      const bus = new LinkBus({ transport, clock: new SystemClock(), random: new Random(seed) });
      const begun = performance.now();
      await expect(bus.start(() => {})).rejects.toMatchObject({ code, message: expect.stringContaining('slow') });
      expect(performance.now() - begun).toBeGreaterThan(4_400);
      expect(performance.now() - begun).toBeLessThan(5_000);
      expect(closed).toBe(1);
    },
  );

  test('goes on with the same session after the connection was cut, and loses no operation', async () => {
    const clock = new SystemClock();
    const plug = new TapPlug();
    const board = mockBehindLink(plug);
    const sockets: import('node:net').Socket[] = [];
    const port = await listen((socket) => {
      sockets.push(socket);
      serveMock(socket, clock, board, plug);
    });
    const bus = busAt(port, clock);
    await bus.start(() => {});
    const fixture = inRealTime(bus, clock);
    const lost: string[] = [];
    bus.attach({ onOpen: () => {}, onEvent: () => {}, onLost: (reason) => lost.push(reason) });
    const seen: (number | undefined)[] = [];
    for (let i = 0; i < 3_000; i++) {
      bus.write(0x20, i);
      bus.read(0x20, (value) => seen.push(value));
    }
    await fixture.until(() => seen.length > 500);
    sockets[0]?.destroy();
    expect(await fixture.until(() => seen.length === 3_000)).toBe(true);
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
    expect(sockets.length).toBeGreaterThan(1);
    expect(lost).toEqual([]);
    await bus.stop();
    await bus.stop();
  });
});
