/** The payloads that open a session: HELLO, WELCOME, REFUSE. hw/LINK.md section 4. */
import { put8, put16le, put32le, u8, u32, u32le } from '../../base/bytes.ts';
import type { BoardIdentity } from '../register-bus.ts';
import { board } from '../registers.ts';

export const PROTOCOL = 1;
/** The low bits of a nonce that every cell of the session carries. */
export const tagOf = (nonce: number): number => nonce & 15;

const MAGIC = 0x474c_4e4b; // 'G' 'L' 'N' 'K', in this order on the line
const RESUME = 1;
const PROTOCOL_NOT_SPOKEN = 1;
const NAME_SIZE = 16;
const at = { magic: 0, protocol: 4, flags: 5, nonce: 8, version: 12, caps: 16, buffers: 20, name: 24 } as const;
const HELLO_SIZE = at.version;
const WELCOME_SIZE = at.name + NAME_SIZE;
const REFUSE_SIZE = at.nonce;

/** Three registers' values and a name: who answers. */
export interface BoardGreeting {
  readonly version: number;
  readonly caps: number;
  readonly buffers: number;
  readonly name: string;
}

/** A view over the payload of a HELLO, WELCOME or REFUSE. */
export class GreetingView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The first five bytes, which stay in every future protocol. */
  get isGreeting(): boolean {
    return this.bytes.length > at.protocol && u32(this.bytes, at.magic) === MAGIC;
  }
  get isHello(): boolean {
    return this.bytes.length >= HELLO_SIZE && this.nonce !== 0;
  }
  get isWelcome(): boolean {
    return this.bytes.length >= WELCOME_SIZE;
  }
  get protocol(): number {
    return u8(this.bytes, at.protocol);
  }
  /** HELLO: go on with this session. WELCOME: it goes on. */
  get resume(): boolean {
    return (u8(this.bytes, at.flags) & RESUME) !== 0;
  }
  get nonce(): number {
    return u32le(this.bytes, at.nonce);
  }
  /** Of a WELCOME. */
  get identity(): BoardIdentity {
    const version = u32le(this.bytes, at.version);
    let name = '';
    for (let i = at.name; i < WELCOME_SIZE && u8(this.bytes, i) !== 0; i++)
      name += String.fromCharCode(u8(this.bytes, i));
    return {
      name,
      board: board.get('VERSION', 'board', version),
      firmware: `${board.get('VERSION', 'firmwareMajor', version)}.${board.get('VERSION', 'firmwareMinor', version)}`,
      caps: u32le(this.bytes, at.caps),
      buffers: u32le(this.bytes, at.buffers),
    };
  }
}

const begin = (into: Uint8Array, flags: number): void => {
  for (let i = 0; i < 4; i++) put8(into, at.magic + i, MAGIC >>> (24 - 8 * i));
  put8(into, at.protocol, PROTOCOL);
  put8(into, at.flags, flags);
  put16le(into, at.flags + 1, 0);
};

/** Each writes its payload to the start of `into` and returns its length in bytes. */
export function writeHello(into: Uint8Array, nonce: number, resume: boolean): number {
  begin(into, resume ? RESUME : 0);
  put32le(into, at.nonce, nonce);
  return HELLO_SIZE;
}

export function writeWelcome(into: Uint8Array, nonce: number, resumed: boolean, greeting: BoardGreeting): number {
  begin(into, resumed ? RESUME : 0);
  put32le(into, at.nonce, nonce);
  put32le(into, at.version, greeting.version);
  put32le(into, at.caps, greeting.caps);
  put32le(into, at.buffers, greeting.buffers);
  into.fill(0, at.name, WELCOME_SIZE);
  for (let i = 0; i < Math.min(greeting.name.length, NAME_SIZE); i++)
    put8(into, at.name + i, greeting.name.charCodeAt(i));
  return WELCOME_SIZE;
}

export function writeRefuse(into: Uint8Array): number {
  begin(into, PROTOCOL_NOT_SPOKEN);
  return REFUSE_SIZE;
}
