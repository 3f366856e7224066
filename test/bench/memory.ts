/** In memory, nothing between the parts but calls: how much the card and the stack cost. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { Adapter } from '../../src/adapter/adapter.ts';
import { parseMac } from '../../src/base/address.ts';
import { put16, put48 } from '../../src/base/bytes.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import { Cable } from '../../src/cable/cable.ts';
import type { Plug } from '../../src/cable/plug.ts';
import { Driver } from '../../src/driver/driver.ts';
import { World } from '../../src/world.ts';
import { Talker, twoHosts } from '../scenarios/two-hosts.ts';

const elapsed = (work: () => void): number => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1_000;
};

/** Two cards on a cable without a speed; frames go from one driver to the other. */
export class FrameBench {
  readonly #world = new World();
  readonly #from: Driver;
  #received = 0;

  constructor() {
    const cable = this.#world.add(new Cable({ speed: 'unthrottled' }));
    this.#from = this.#computer(cable.a, '02:00:00:00:00:0a');
    this.#computer(cable.b, '02:00:00:00:00:0b').onFrame = () => {
      this.#received++;
    };
    this.#world.runUntil(() => this.#from.isUp);
  }

  /** Frames a second of `octets` (destination address to payload), from `begin` of one driver to `onFrame` of the other. */
  run(octets: number, frames: number): number {
    const frame = new Uint8Array(octets);
    put48(frame, 0, parseMac('02:00:00:00:00:0b'));
    put48(frame, 6, parseMac('02:00:00:00:00:0a'));
    put16(frame, 12, 0x88b5); // local experimental EtherType 1
    const goal = this.#received + frames;
    let sent = 0;
    const seconds = elapsed(() =>
      this.#world.runUntil(() => {
        while (sent < frames) {
          const place = this.#from.begin(octets);
          if (place === undefined) break;
          place.set(frame);
          this.#from.end();
          sent++;
        }
        return this.#received === goal;
      }),
    );
    return frames / seconds;
  }

  #computer(plug: Plug, mac: string): Driver {
    const adapter = this.#world.add(new Adapter({ bus: new MockBus(new MockBoard(plug)), mac: parseMac(mac) }));
    return this.#world.add(new Driver({ adapter }));
  }
}

/** Frames a second if each were copied once: the least that moving it could cost. */
export function rawCopies(octets: number, frames: number): number {
  const from = new Uint8Array(octets);
  const pool = new Uint8Array(64 * 2_048);
  return (
    frames /
    elapsed(() => {
      for (let i = 0; i < frames; i++) pool.set(from, (i % 64) * 2_048);
    })
  );
}

/** Mbit/s of one TCP connection from host to host: socket buffers, TCP, IP, driver, card, mock board, both ways down and up. */
export function tcpHostToHost(bytes: number): number {
  const hosts = twoHosts(1, {}, { speed: 'unthrottled' });
  const { world, a, b, ipOf } = hosts;
  const listener = b.tcp.listen({ ip: ipOf.b, port: 7 });
  const sender = new Talker(a, a.tcp.connect(undefined, { ip: ipOf.b, port: 7 }), { own: 1, other: 2 }, bytes, 0);
  let receiver: Talker | undefined;
  const seconds = elapsed(() =>
    world.runUntil(() => {
      const accepted = receiver === undefined ? listener.accept() : undefined;
      if (accepted !== undefined) receiver = new Talker(b, accepted, { own: 2, other: 1 }, 0, bytes);
      sender.turn();
      receiver?.turn();
      return receiver?.isDone === true;
    }),
  );
  if (sender.fault ?? receiver?.fault) throw new Error(sender.fault ?? receiver?.fault);
  return (8 * bytes) / seconds / 1e6;
}

/** Mbit/s of the same over Node's own sockets on loopback: the kernel's TCP. */
export async function tcpLoopback(bytes: number): Promise<number> {
  let received = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received >= bytes) finish();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise<void>((resolve) => client.once('connect', resolve));
  const chunk = new Uint8Array(65_536);
  const started = performance.now();
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!client.write(chunk)) await new Promise<void>((resolve) => client.once('drain', resolve));
  }
  await finished;
  const seconds = (performance.now() - started) / 1_000;
  client.destroy();
  server.close();
  return (8 * bytes) / seconds / 1e6;
}
