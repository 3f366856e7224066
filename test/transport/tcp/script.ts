/** A TCP test is a script of (time, segment in, segment out): one engine, and a peer that does exactly what the test says. */
import { expect } from 'vitest';
import { put8, put16, u8 } from '../../../src/base/bytes.ts';
import { Random } from '../../../src/base/random.ts';
import { type Duration, type Instant, START } from '../../../src/base/time.ts';
import type { IcmpError } from '../../../src/network/internet.ts';
import { Ports } from '../../../src/transport/ports.ts';
import type { TcpConnection } from '../../../src/transport/tcp/connection.ts';
import type { TcpListener } from '../../../src/transport/tcp/listener.ts';
import type { TcpOptions, TcpTuning } from '../../../src/transport/tcp/options.ts';
import { Tcp } from '../../../src/transport/tcp/tcp.ts';
import { checksumOf, fold, pseudoHeaderSum, sum } from '../../../src/wire/checksum.ts';
import { FLAG, TcpView } from '../../../src/wire/tcp.ts';
import { TcpOptionFields } from '../../../src/wire/tcp-options.ts';
import { CLIENT_IP, FakeInternet, SERVER_IP } from './world.ts';

/** Where the peer's numbers start, and its port. */
export const IRS = 1_000;
export const PEER_PORT = 5_000;
export const PORT = 80;
const LETTERS = { F: FLAG.fin, S: FLAG.syn, R: FLAG.rst, P: FLAG.psh, A: FLAG.ack, U: FLAG.urg } as const;

export interface SegmentIn {
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly length?: number;
  readonly payload?: Uint8Array;
  /** A multiple of four octets. */
  readonly options?: Uint8Array;
}

export interface SegmentOut {
  readonly at: Instant;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly length: number;
  readonly payload: Uint8Array;
  readonly mss: number | undefined;
  readonly windowScale: number | undefined;
  readonly sackPermitted: boolean;
  readonly sack: readonly (readonly [number, number])[];
  readonly from: number;
  readonly to: number;
}

const letters = (flags: number): string =>
  (Object.keys(LETTERS) as (keyof typeof LETTERS)[]).filter((name) => flags & LETTERS[name]).join('');
const bits = (flags: string): number =>
  [...flags].reduce((all, name) => all | (LETTERS[name as keyof typeof LETTERS] ?? 0), 0);

export function build(segment: SegmentIn, from = PEER_PORT, to = PORT): Uint8Array {
  const payload = segment.payload ?? new Uint8Array(segment.length ?? 0).fill(0x78);
  const options = segment.options ?? new Uint8Array(0);
  const bytes = new Uint8Array(20 + options.length + payload.length);
  const tcp = new TcpView(bytes);
  tcp.sourcePort = from;
  tcp.destinationPort = to;
  tcp.seq = segment.seq ?? 0;
  tcp.ack = segment.ack ?? 0;
  tcp.headerLength = 20 + options.length;
  tcp.flags = bits(segment.flags);
  tcp.window = segment.window ?? 65_535;
  bytes.set(options, 20);
  bytes.set(payload, 20 + options.length);
  return checksummed(bytes);
}

export function checksummed(bytes: Uint8Array): Uint8Array {
  put16(bytes, 16, 0);
  put16(bytes, 16, checksumOf(sum(bytes, 0, bytes.length, pseudoHeaderSum(CLIENT_IP, SERVER_IP, 6, bytes.length))));
  return bytes;
}

function read(bytes: Uint8Array, at: Instant): SegmentOut {
  const tcp = TcpView.parse(bytes);
  if (typeof tcp === 'string') throw new Error(`the engine sent a bad segment: ${tcp}`);
  expect(fold(sum(bytes, 0, bytes.length, pseudoHeaderSum(SERVER_IP, CLIENT_IP, 6, bytes.length)))).toBe(0xffff);
  expect(u8(bytes, 12) & 15).toBe(0);
  const options = new TcpOptionFields().parse(tcp);
  return {
    at,
    flags: letters(tcp.flags),
    seq: tcp.seq,
    ack: tcp.ack,
    window: tcp.window,
    length: tcp.payloadLength,
    payload: tcp.payload.slice(),
    mss: options.mss,
    windowScale: options.windowScale,
    sackPermitted: options.sackPermitted,
    sack: Array.from({ length: options.sackCount }, (_, i): [number, number] => [
      options.sackEdges[2 * i] as number,
      options.sackEdges[2 * i + 1] as number,
    ]),
    from: tcp.sourcePort,
    to: tcp.destinationPort,
  };
}

export class Script {
  now: Instant = START;
  readonly internet: FakeInternet;
  readonly tcp: Tcp;
  readonly sent: SegmentOut[] = [];
  /** Everything that ever went out: rules that hold for every segment look here. */
  readonly all: SegmentOut[] = [];
  listener: TcpListener | undefined;
  #connection: TcpConnection | undefined;
  /** Our initial sequence number, from our SYN. */
  iss = 0;
  peerPort = PEER_PORT;
  port = PORT;

  constructor(tuning: TcpTuning = {}, seed = 1, limit = 1480) {
    this.internet = new FakeInternet(
      SERVER_IP,
      (_source, _destination, bytes, now) => {
        const segment = read(bytes, now);
        this.sent.push(segment);
        this.all.push(segment);
      },
      limit,
    );
    const random = new Random(seed);
    this.tcp = new Tcp({ internet: this.internet, random, ports: new Ports(random), ...tuning });
  }

  get connection(): TcpConnection {
    if (this.#connection === undefined) throw new Error('no connection yet');
    return this.#connection;
  }
  set connection(connection: TcpConnection) {
    this.#connection = connection;
  }
  get state(): string {
    return this.connection.state;
  }

  /** A segment comes, and the engine is polled as its host would. */
  inject(segment: SegmentIn): this {
    return this.injectBytes(build(segment, this.peerPort, this.port));
  }
  injectBytes(bytes: Uint8Array): this {
    this.tcp.receive(CLIENT_IP, SERVER_IP, bytes, this.now);
    return this.poll();
  }
  /** An ICMP error about a segment of ours that begins with `seq`. */
  icmp(error: IcmpError, seq: number): this {
    const quoted = build({ flags: '', seq }, this.port, this.peerPort).subarray(0, 8);
    this.tcp.onError(error, SERVER_IP, CLIENT_IP, quoted, this.now);
    return this.poll();
  }
  poll(): this {
    this.tcp.poll(this.now);
    return this;
  }
  /** Moves to a time since the start, and polls whenever the engine asks. */
  at(since: Duration): this {
    const end = (START + since) as Instant;
    for (let next = this.tcp.nextDeadline(); next !== undefined && next <= end; next = this.tcp.nextDeadline()) {
      if (next > this.now) this.now = next;
      this.poll();
    }
    this.now = end;
    return this.poll();
  }
  after(time: Duration): this {
    return this.at((this.now - START + time) as Duration);
  }
  /** The next segment that went out; `expected` names the fields that matter. */
  expect(expected: Partial<SegmentOut>): SegmentOut {
    const segment = this.sent.shift();
    if (segment === undefined) throw new Error(`nothing was sent, expected ${JSON.stringify(expected)}`);
    expect(segment).toMatchObject(expected);
    return segment;
  }
  expectSilence(): this {
    expect(this.sent).toEqual([]);
    return this;
  }
  /** Forgets what went out so far. */
  skip(): this {
    this.sent.length = 0;
    return this;
  }
}

export const mssOption = (mss: number): Uint8Array => Uint8Array.of(2, 4, mss >>> 8, mss);
export const windowScaleOption = (shift: number): Uint8Array => Uint8Array.of(1, 3, 3, shift);
export const sackPermittedOption = Uint8Array.of(1, 1, 4, 2);
export const sackOption = (...blocks: readonly (readonly [number, number])[]): Uint8Array => {
  const bytes = new Uint8Array(4 + 8 * blocks.length);
  bytes.set([1, 1, 5, 2 + 8 * blocks.length]);
  blocks.forEach(([left, right], i) => {
    put16(bytes, 4 + 8 * i, left >>> 16);
    put16(bytes, 6 + 8 * i, left);
    put16(bytes, 8 + 8 * i, right >>> 16);
    put16(bytes, 10 + 8 * i, right);
  });
  return bytes;
};
export const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
/** `length` octets that tell their place. */
export const data = (length: number, from = 0): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) put8(bytes, i, (from + i) * 7 + ((from + i) >>> 8));
  return bytes;
};

export interface PeerOptions extends TcpTuning, TcpOptions {
  readonly options?: Uint8Array;
  readonly window?: number;
  readonly backlog?: number;
}
const ETHERNET = mssOption(1460);

export function listening(choices: PeerOptions = {}): Script {
  const t = new Script(choices);
  t.listener = t.tcp.listen({ ip: SERVER_IP, port: PORT }, choices);
  return t;
}

/** A passive connection whose SYN has been answered. */
export function synReceived(choices: PeerOptions = {}): Script {
  const t = listening(choices);
  t.inject({ flags: 'S', seq: IRS, window: choices.window ?? 65_535, options: choices.options ?? ETHERNET });
  t.iss = t.expect({ flags: 'SA', ack: IRS + 1 }).seq;
  const [connection] = t.tcp.connections();
  if (connection !== undefined) t.connection = connection;
  return t;
}

/** A connection that came through a listener; its next octet has the number iss + 1, the peer's IRS + 1. */
export function established(choices: PeerOptions = {}): Script {
  const t = synReceived(choices);
  t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1, window: choices.window ?? 65_535 });
  const connection = t.listener?.accept();
  if (connection === undefined) throw new Error('not established');
  t.connection = connection;
  return t.expectSilence();
}

/** An active open whose SYN is out. */
export function synSent(choices: PeerOptions = {}): Script {
  const t = new Script(choices);
  t.connection = t.tcp.connect(undefined, { ip: CLIENT_IP, port: PEER_PORT }, choices);
  t.port = t.connection.local.port;
  t.poll();
  t.iss = t.expect({ flags: 'S', ack: 0 }).seq;
  return t;
}

/** An active open that is up. */
export function connected(choices: PeerOptions = {}): Script {
  const t = synSent(choices);
  t.inject({
    flags: 'SA',
    seq: IRS,
    ack: t.iss + 1,
    window: choices.window ?? 65_535,
    options: choices.options ?? ETHERNET,
  });
  t.expect({ flags: 'A', seq: t.iss + 1, ack: IRS + 1 });
  return t;
}
export const finWait1 = (choices: PeerOptions = {}): Script => {
  const t = established(choices);
  t.connection.shutdown();
  t.poll().expect({ flags: 'FA', seq: t.iss + 1, ack: IRS + 1 });
  return t;
};
export const finWait2 = (choices: PeerOptions = {}): Script => {
  const t = finWait1(choices);
  return t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 2 });
};
export const timeWait = (choices: PeerOptions = {}): Script => {
  const t = finWait2(choices);
  t.inject({ flags: 'FA', seq: IRS + 1, ack: t.iss + 2 });
  t.expect({ flags: 'A', seq: t.iss + 2, ack: IRS + 2 });
  return t;
};
export const closing = (choices: PeerOptions = {}): Script => {
  const t = finWait1(choices);
  t.inject({ flags: 'FA', seq: IRS + 1, ack: t.iss + 1 });
  t.expect({ flags: 'A', ack: IRS + 2 });
  return t;
};
export const closeWait = (choices: PeerOptions = {}): Script => {
  const t = established(choices);
  t.inject({ flags: 'FA', seq: IRS + 1, ack: t.iss + 1 });
  t.expect({ flags: 'A', ack: IRS + 2 });
  return t;
};
export const lastAck = (choices: PeerOptions = {}): Script => {
  const t = closeWait(choices);
  t.connection.shutdown();
  t.poll().expect({ flags: 'FA', seq: t.iss + 1, ack: IRS + 2 });
  return t;
};

export const STATES = {
  'SYN-SENT': synSent,
  'SYN-RECEIVED': synReceived,
  ESTABLISHED: established,
  'FIN-WAIT-1': finWait1,
  'FIN-WAIT-2': finWait2,
  'CLOSE-WAIT': closeWait,
  CLOSING: closing,
  'LAST-ACK': lastAck,
  'TIME-WAIT': timeWait,
} as const satisfies Record<string, (choices?: PeerOptions) => Script>;
