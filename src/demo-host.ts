/** The other end of the simulated LAN: a second computer of the same make, that answers ARP and ping and serves HTTP. */
import { parseMac, parsePrefix } from './base/address.ts';
import { Random } from './base/random.ts';
import { MockBoard } from './bridge/mock/mock-board.ts';
import { MockBus } from './bridge/mock/mock-bus.ts';
import type { Plug } from './cable/plug.ts';
import { Host } from './host.ts';
import type { Stream } from './socket/stream.ts';
import type { Tracer } from './trace/event.ts';

export const DEMO_ADDRESS = parsePrefix('192.0.2.1/24');
const DEMO_MAC = parseMac('02:00:5e:00:53:01');
/** A request's head that is longer is answered with 431. */
const LONGEST_HEAD = 8_192;

/** `/1m`: this many octets, the same for the same seed. */
export const DEMO_FILES: Readonly<Record<string, number>> = { '/1k': 1_024, '/64k': 65_536, '/1m': 1_048_576 };

/** The octets behind a path of DEMO_FILES; undefined where there is none. */
export function demoFile(path: string, seed: number): Uint8Array | undefined {
  const length = Object.hasOwn(DEMO_FILES, path) ? DEMO_FILES[path] : undefined;
  return length === undefined ? undefined : new Random(seed).fill(new Uint8Array(length));
}

export interface DemoHostConfig {
  /** Where its board is plugged in. */
  readonly plug: Plug;
  readonly seed: number;
  readonly trace?: Tracer | undefined;
}

/** Starts it; it serves until its sockets are stopped. Poll it as any engine. */
export function demoHost({ plug, seed, trace }: DemoHostConfig): Host {
  const bus = new MockBus(new MockBoard(plug));
  const host = new Host({ bus, mac: DEMO_MAC, address: DEMO_ADDRESS, seed: seed ^ 0x5eed, trace });
  // It ends with ENETDOWN when the host is stopped: that is how a server is meant to end.
  serve(host, seed).catch(() => {});
  return host;
}

async function serve(host: Host, seed: number): Promise<void> {
  // One connection's failure is its own: it ends with the stream.
  for await (const stream of host.sockets.listen({ port: 80 })) void answer(stream, seed).catch(() => stream.abort());
}

/** HTTP/1.0 in its smallest form (RFC 1945): one GET, one answer, close. */
async function answer(stream: Stream, seed: number): Promise<void> {
  let head = '';
  const decoder = new TextDecoder('latin1');
  while (!head.includes('\r\n\r\n') && head.length <= LONGEST_HEAD) {
    const chunk = await stream.read();
    if (chunk === undefined) break;
    head += decoder.decode(chunk);
  }
  const { status, type, body } = respond(head, seed);
  const header = `HTTP/1.0 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await stream.write(header);
  if (!head.startsWith('HEAD ')) await stream.write(body);
  await stream.close();
}

function respond(head: string, seed: number): { status: string; type: string; body: Uint8Array } {
  const text = (status: string, body: string) => ({ status, type: 'text/plain', body: new TextEncoder().encode(body) });
  if (head.length > LONGEST_HEAD) return text('431 Request Header Fields Too Large', 'too long\n');
  const [, path] = /^(?:GET|HEAD) (\S+) HTTP\/1\.[01]\r\n/.exec(head) ?? [];
  if (path === undefined) return text('400 Bad Request', 'this server knows GET and HEAD\n');
  const file = demoFile(path, seed);
  if (file !== undefined) return { status: '200 OK', type: 'application/octet-stream', body: file };
  if (path === '/')
    return text('200 OK', `Hello from the other end of the cable.\nFiles: ${Object.keys(DEMO_FILES).join(' ')}\n`);
  return text('404 Not Found', `there is no ${path}\n`);
}
