/** TCP options: RFC 9293 §3.2 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK). */
import { put8, put16, put32, u8, u16, u32 } from '../base/bytes.ts';
import { TCP_HEADER, type TcpView } from './tcp.ts';

const KIND = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, sack: 5, timestamps: 8 } as const;
const LENGTH = { mss: 4, windowScale: 3, sackPermitted: 2, timestamps: 10 } as const;

/** RFC 7323 §2.3: a larger shift is used as 14. */
export const MAX_WINDOW_SCALE = 14;
/** As many SACK blocks as fit into 40 octets of options beside nothing else (RFC 2018 §3). */
export const MAX_SACK_BLOCKS = 4;

/** The options of one segment. One object may be filled again and again: `parse` forgets what was there. */
export class TcpOptionFields {
  /** Octets; undefined where the segment has no such option. */
  mss: number | undefined;
  /** 0 … 14. */
  windowScale: number | undefined;
  sackPermitted = false;
  /** Left and right edge of `sackCount` blocks, one after the other. */
  readonly sackEdges = new Uint32Array(2 * MAX_SACK_BLOCKS);
  sackCount = 0;
  timestamp: number | undefined;
  timestampEcho: number | undefined;

  /** Reads the options of `tcp`. Unknown kinds are skipped (MUST-6); an impossible length ends the reading, nothing throws (MUST-7). */
  parse(tcp: TcpView): this {
    this.mss = undefined;
    this.windowScale = undefined;
    this.sackPermitted = false;
    this.sackCount = 0;
    this.timestamp = undefined;
    this.timestampEcho = undefined;
    const { bytes } = tcp;
    const end = tcp.headerLength;
    let i: number = TCP_HEADER;
    while (i < end) {
      const kind = u8(bytes, i);
      if (kind === KIND.end) break;
      if (kind === KIND.noOperation) {
        i++;
        continue;
      }
      if (i + 2 > end) break;
      const length = u8(bytes, i + 1);
      if (length < 2 || i + length > end) break;
      this.#take(kind, length, bytes, i + 2);
      i += length;
    }
    return this;
  }

  #take(kind: number, length: number, bytes: Uint8Array, from: number): void {
    if (kind === KIND.mss && length === LENGTH.mss) this.mss = u16(bytes, from);
    else if (kind === KIND.windowScale && length === LENGTH.windowScale)
      this.windowScale = Math.min(u8(bytes, from), MAX_WINDOW_SCALE);
    else if (kind === KIND.sackPermitted && length === LENGTH.sackPermitted) this.sackPermitted = true;
    else if (kind === KIND.timestamps && length === LENGTH.timestamps) {
      this.timestamp = u32(bytes, from);
      this.timestampEcho = u32(bytes, from + 4);
    } else if (kind === KIND.sack && (length - 2) % 8 === 0) {
      for (let at = from; at < from + length - 2 && this.sackCount < MAX_SACK_BLOCKS; at += 8) {
        this.sackEdges[2 * this.sackCount] = u32(bytes, at);
        this.sackEdges[2 * this.sackCount + 1] = u32(bytes, at + 4);
        this.sackCount++;
      }
    }
  }
}

/** Octets that `putSynOptions` writes: a multiple of four. */
export const synOptionsLength = (windowScale: number | undefined, sackPermitted: boolean): number =>
  LENGTH.mss + (windowScale === undefined ? 0 : 4) + (sackPermitted ? 4 : 0);

/** The options of a SYN, each aligned with NOPs before it. */
export function putSynOptions(
  bytes: Uint8Array,
  from: number,
  mss: number,
  windowScale: number | undefined,
  sackPermitted: boolean,
): void {
  put8(bytes, from, KIND.mss);
  put8(bytes, from + 1, LENGTH.mss);
  put16(bytes, from + 2, mss);
  let at = from + LENGTH.mss;
  if (windowScale !== undefined) {
    put8(bytes, at, KIND.noOperation);
    put8(bytes, at + 1, KIND.windowScale);
    put8(bytes, at + 2, LENGTH.windowScale);
    put8(bytes, at + 3, windowScale);
    at += 4;
  }
  if (sackPermitted) {
    put8(bytes, at, KIND.noOperation);
    put8(bytes, at + 1, KIND.noOperation);
    put8(bytes, at + 2, KIND.sackPermitted);
    put8(bytes, at + 3, LENGTH.sackPermitted);
  }
}

/** Octets that `putSackOption` writes for so many blocks. */
export const sackOptionLength = (blocks: number): number => (blocks === 0 ? 0 : 4 + 8 * blocks);

/** `edges`: left and right edge of each block, the first one the newest (RFC 2018 §4). */
export function putSackOption(bytes: Uint8Array, from: number, edges: Uint32Array, blocks: number): void {
  put8(bytes, from, KIND.noOperation);
  put8(bytes, from + 1, KIND.noOperation);
  put8(bytes, from + 2, KIND.sack);
  put8(bytes, from + 3, 2 + 8 * blocks);
  for (let i = 0; i < 2 * blocks; i++) put32(bytes, from + 4 + 4 * i, edges[i] as number);
}
