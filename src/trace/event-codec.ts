/** Trace events as bytes, version 1: what lies in a packet of the card interface. The layout is in hw/TRACE.md; numbers are in network order. */
import type { Ip, Mac } from '../base/address.ts';
import { put8, put16, put32, put48, u8, u16, u32, u48 } from '../base/bytes.ts';
import type { Instant } from '../base/time.ts';
import type { RegisterMap, TraceEvent, TraceKind } from './event.ts';

const EVENT_VERSION = 1;
/** A text longer than this many UTF-8 octets is cut, at a whole character. */
export const TEXT_LIMIT = 1024;

type Of<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;

// The numbers are the format: a new name takes the next number, an old one keeps its own. `Record` makes a forgotten name a compile error.
const KINDS: Record<TraceKind, number> = {
  register: 1,
  block: 2,
  interrupt: 3,
  slot: 4,
  mac: 5,
  phy: 6,
  frame: 7,
  drop: 8,
  cell: 9,
  link: 10,
  arp: 11,
  socket: 12,
  call: 13,
};
export const TRACE_KINDS = Object.keys(KINDS) as readonly TraceKind[];
const MAPS: Record<RegisterMap, number> = { card: 0, board: 1 };
const OPS: Record<Of<'register'>['op'], number> = { read: 0, write: 1 };
const MEMORIES: Record<Of<'slot'>['memory'], number> = { transmit: 0, receive: 1 };
const SLOTS: Record<Of<'slot'>['state'], number> = { filled: 0, sending: 1, sent: 2, failed: 3, received: 4, freed: 5 };
const MACS: Record<Of<'mac'>['state'], number> = { idle: 0, transmit: 1, receive: 2, backoff: 3, reset: 4 };
const DUPLEX: Record<Of<'phy'>['duplex'], number> = { half: 0, full: 1 };
const DIRECTIONS: Record<Of<'frame'>['direction'], number> = { in: 0, out: 1 };
const LINKS: Record<Of<'link'>['state'], number> = { connecting: 0, open: 1, resumed: 2, lost: 3, closed: 4 };
const ARPS: Record<Of<'arp'>['state'], number> = { asking: 0, known: 1, expired: 2, unreachable: 3 };
const PROTOCOLS: Record<Of<'socket'>['protocol'], number> = { tcp: 0, udp: 1 };

const NONE = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Octets that `encodeEvent` needs at most. */
export const encodedRoom = (event: TraceEvent): number =>
  64 + 4 * (TEXT_LIMIT + 2) + ('bytes' in event && event.bytes !== undefined ? event.bytes.length : 0);

/** Writes one field after the other; whoever calls has made room. */
class Pen {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  u8(value: number | boolean): this {
    put8(this.bytes, this.at++, Number(value));
    return this;
  }

  u16(value: number): this {
    put16(this.bytes, this.at, value);
    this.at += 2;
    return this;
  }

  u32(value: number): this {
    put32(this.bytes, this.at, value);
    this.at += 4;
    return this;
  }

  u48(value: number): this {
    put48(this.bytes, this.at, value);
    this.at += 6;
    return this;
  }

  text(value: string): this {
    const { written } = encoder.encodeInto(value, this.bytes.subarray(this.at + 2, this.at + 2 + TEXT_LIMIT));
    this.u16(written);
    this.at += written;
    return this;
  }

  rest(octets: Uint8Array): this {
    this.bytes.set(octets, this.at);
    this.at += octets.length;
    return this;
  }
}

/** Writes `event` to `bytes` from `at` on, where `encodedRoom(event)` octets must be free; returns where it ends. */
export function encodeEvent(event: TraceEvent, bytes: Uint8Array, at: number): number {
  const pen = new Pen(bytes, at).u8(EVENT_VERSION).u8(KINDS[event.kind]);
  switch (event.kind) {
    case 'register':
      pen.u8(MAPS[event.map]).u8(OPS[event.op]).u32(event.address).u32(event.value).text(event.register);
      break;
    case 'block':
      pen.u8(MAPS[event.map]).u8(OPS[event.op]).u32(event.address).rest(event.bytes);
      break;
    case 'interrupt':
      pen.u8(MAPS[event.map]).u8(event.level).u32(event.causes);
      break;
    case 'slot':
      pen.u8(MEMORIES[event.memory]).u8(SLOTS[event.state]).u32(event.slot).u32(event.offset).u32(event.length);
      break;
    case 'mac':
      pen.u8(MACS[event.state]).u8(0).u32(event.attempt);
      break;
    case 'phy':
      pen.u8(event.link).u8(DUPLEX[event.duplex]).u16(event.speed);
      break;
    case 'frame':
      pen.u8(DIRECTIONS[event.direction]).u8((event.raw ? 1 : 0) | (event.drop === undefined ? 0 : 2));
      pen.text(event.drop ?? '').rest(event.bytes);
      break;
    case 'drop':
      pen
        .u8(event.bytes !== undefined)
        .u8(0)
        .text(event.reason);
      pen.rest(event.bytes ?? NONE);
      break;
    case 'cell':
      pen.u8(DIRECTIONS[event.direction]).u8(event.again).rest(event.bytes);
      break;
    case 'link':
      pen.u8(LINKS[event.state]).u8(0).text(event.detail);
      break;
    case 'arp':
      pen
        .u8(ARPS[event.state])
        .u8(event.mac !== undefined)
        .u32(event.ip);
      pen.u48(event.mac ?? 0);
      break;
    case 'socket':
      pen.u8(PROTOCOLS[event.protocol]).u8(0).u32(event.descriptor);
      pen.text(event.state).text(event.local).text(event.remote);
      break;
    case 'call':
      pen.u8(0).u8(0).u32(event.descriptor).text(event.call).text(event.detail);
      break;
    default:
      event satisfies never;
  }
  return pen.at;
}

/** Reads one field after the other; past the end everything is 0 and `broken` is set. */
class Lens {
  readonly bytes: Uint8Array;
  at = 0;
  broken = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  u8(): number {
    return this.#has(1) ? u8(this.bytes, this.at++) : 0;
  }

  u16(): number {
    return this.#has(2) ? u16(this.bytes, this.#step(2)) : 0;
  }

  u32(): number {
    return this.#has(4) ? u32(this.bytes, this.#step(4)) : 0;
  }

  u48(): number {
    return this.#has(6) ? u48(this.bytes, this.#step(6)) : 0;
  }

  text(): string {
    const length = this.u16();
    return this.#has(length) ? decoder.decode(this.bytes.subarray(this.at, this.#step(length) + length)) : '';
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.at);
  }

  /** The name behind the next octet; a number without a name breaks the event. */
  name<T extends string>(codes: Record<T, number>): T {
    const code = this.u8();
    const names = Object.keys(codes) as T[];
    const name = names.find((candidate) => codes[candidate] === code);
    if (name === undefined) this.broken = true;
    return name ?? (names[0] as T);
  }

  #has(length: number): boolean {
    if (this.at + length > this.bytes.length) this.broken = true;
    return !this.broken;
  }

  #step(length: number): number {
    this.at += length;
    return this.at - length;
  }
}

/** The event in `bytes`, whose octets it goes on using; undefined where this version does not know it or it is damaged. */
export function decodeEvent(bytes: Uint8Array, at: Instant): TraceEvent | undefined {
  const lens = new Lens(bytes);
  if (lens.u8() !== EVENT_VERSION) return;
  const kind = lens.name(KINDS);
  const event = lens.broken ? undefined : decodeKind(kind, at, lens);
  return lens.broken ? undefined : event;
}

function decodeKind(kind: TraceKind, at: Instant, lens: Lens): TraceEvent {
  switch (kind) {
    case 'register': {
      const [map, op, address, value] = [lens.name(MAPS), lens.name(OPS), lens.u32(), lens.u32()];
      return { kind, at, map, op, register: lens.text(), address, value };
    }
    case 'block':
      return { kind, at, map: lens.name(MAPS), op: lens.name(OPS), address: lens.u32(), bytes: lens.rest() };
    case 'interrupt':
      return { kind, at, map: lens.name(MAPS), level: lens.u8() !== 0, causes: lens.u32() };
    case 'slot': {
      const [memory, state] = [lens.name(MEMORIES), lens.name(SLOTS)];
      return { kind, at, memory, slot: lens.u32(), offset: lens.u32(), length: lens.u32(), state };
    }
    case 'mac': {
      const state = lens.name(MACS);
      lens.u8();
      return { kind, at, state, attempt: lens.u32() };
    }
    case 'phy': {
      const [link, duplex, speed] = [lens.u8() !== 0, lens.name(DUPLEX), lens.u16()];
      if (speed !== 10 && speed !== 100) lens.broken = true;
      return { kind, at, link, speed: speed === 10 ? 10 : 100, duplex };
    }
    case 'frame': {
      const [direction, flags, drop] = [lens.name(DIRECTIONS), lens.u8(), lens.text()];
      const frame = { kind, at, direction, raw: (flags & 1) !== 0, bytes: lens.rest() };
      return (flags & 2) === 0 ? frame : { ...frame, drop };
    }
    case 'drop': {
      const hasBytes = lens.u8() !== 0;
      lens.u8();
      const reason = lens.text();
      return hasBytes ? { kind, at, reason, bytes: lens.rest() } : { kind, at, reason };
    }
    case 'cell':
      return { kind, at, direction: lens.name(DIRECTIONS), again: lens.u8() !== 0, bytes: lens.rest() };
    case 'link': {
      const state = lens.name(LINKS);
      lens.u8();
      return { kind, at, state, detail: lens.text() };
    }
    case 'arp': {
      const [state, hasMac, ip, mac] = [lens.name(ARPS), lens.u8() !== 0, lens.u32() as Ip, lens.u48() as Mac];
      return { kind, at, ip, mac: hasMac ? mac : undefined, state };
    }
    case 'socket': {
      const protocol = lens.name(PROTOCOLS);
      lens.u8();
      const [descriptor, state, local] = [lens.u32(), lens.text(), lens.text()];
      return { kind, at, descriptor, protocol, state, local, remote: lens.text() };
    }
    case 'call': {
      lens.u16();
      return { kind, at, descriptor: lens.u32(), call: lens.text(), detail: lens.text() };
    }
  }
}
