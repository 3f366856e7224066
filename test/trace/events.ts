/** Arbitrary trace events of every kind: a kind that is forgotten here does not compile. */
import fc from 'fast-check';
import type { Ip, Mac } from '../../src/base/address.ts';
import type { Instant } from '../../src/base/time.ts';
import type { TraceEvent, TraceKind } from '../../src/trace/event.ts';

type Of<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;
type Every = { [K in TraceKind]: fc.Arbitrary<Of<K>> };

const u32 = fc.nat(0xffff_ffff);
const word = fc.string({ unit: 'binary', maxLength: 40 });
const octets = fc.uint8Array({ maxLength: 200 });
/** A file counts nanoseconds; in twelve days of microseconds a double still tells them apart. */
const at = fc.nat(2 ** 50).map((nanoseconds) => (nanoseconds / 1000) as Instant);
const map = fc.constantFrom('card', 'board');
const op = fc.constantFrom('read', 'write');
const direction = fc.constantFrom('in', 'out');

/** Line octets with a good, a short, a broken or no beginning. */
const line = fc
  .tuple(fc.constantFrom(7, 7, 7, 0, 3, 30), fc.constantFrom(0xd5, 0xd5, 0xd5, 0x5d), fc.uint8Array({ maxLength: 120 }))
  .map(([preamble, sfd, rest]) => Uint8Array.from([...Array<number>(preamble).fill(0x55), sfd, ...rest]));

const every: Every = {
  register: fc.record({ kind: fc.constant('register'), at, map, op, register: word, address: u32, value: u32 }),
  block: fc.record({ kind: fc.constant('block'), at, map, op, address: u32, bytes: octets }),
  interrupt: fc.record({ kind: fc.constant('interrupt'), at, map, level: fc.boolean(), causes: u32 }),
  slot: fc.record({
    kind: fc.constant('slot'),
    at,
    memory: fc.constantFrom('transmit', 'receive'),
    slot: u32,
    offset: u32,
    length: u32,
    state: fc.constantFrom('filled', 'sending', 'sent', 'failed', 'received', 'freed'),
  }),
  mac: fc.record({
    kind: fc.constant('mac'),
    at,
    state: fc.constantFrom('idle', 'transmit', 'receive', 'backoff', 'reset'),
    attempt: u32,
  }),
  phy: fc.record({
    kind: fc.constant('phy'),
    at,
    link: fc.boolean(),
    speed: fc.constantFrom(10, 100),
    duplex: fc.constantFrom('half', 'full'),
  }),
  frame: fc.record(
    { kind: fc.constant('frame'), at, direction, raw: fc.boolean(), bytes: fc.oneof(octets, line), drop: word },
    { requiredKeys: ['kind', 'at', 'direction', 'raw', 'bytes'] },
  ),
  drop: fc.record(
    { kind: fc.constant('drop'), at, reason: word, bytes: octets },
    { requiredKeys: ['kind', 'at', 'reason'] },
  ),
  cell: fc.record({ kind: fc.constant('cell'), at, direction, bytes: octets, again: fc.boolean() }),
  link: fc.record({
    kind: fc.constant('link'),
    at,
    state: fc.constantFrom('connecting', 'open', 'resumed', 'lost', 'closed'),
    detail: word,
  }),
  arp: fc.record({
    kind: fc.constant('arp'),
    at,
    ip: u32.map((ip) => ip as Ip),
    mac: fc.option(
      fc.nat(0xffff_ffff_ffff).map((mac) => mac as Mac),
      { nil: undefined },
    ),
    state: fc.constantFrom('asking', 'known', 'expired', 'unreachable'),
  }),
  socket: fc.record({
    kind: fc.constant('socket'),
    at,
    descriptor: u32,
    protocol: fc.constantFrom('tcp', 'udp'),
    state: word,
    local: word,
    remote: word,
  }),
  call: fc.record({ kind: fc.constant('call'), at, descriptor: u32, call: word, detail: word }),
};

export const KINDS = Object.keys(every) as TraceKind[];
export const eventOf = (kind: TraceKind): fc.Arbitrary<TraceEvent> => every[kind];
export const anyEvent: fc.Arbitrary<TraceEvent> = fc.oneof(...Object.values(every));

export const SECTION = {
  hardware: 'board mock',
  operatingSystem: 'test',
  application: 'glassnic',
  epoch: 1_700_000_000,
};
