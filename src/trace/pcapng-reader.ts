/** Reads what `pcapng.ts` writes, and what Wireshark makes of it when it saves it again. Bytes in, events out; a cut tail is a value. */
import { u8, u16le, u32le } from '../base/bytes.ts';
import { LanError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import type { TraceEvent } from './event.ts';
import { decodeEvent } from './event-codec.ts';
import { FCS_OCTETS, PREAMBLE_OCTET, PREAMBLE_OCTETS, SFD } from './line-octets.ts';
import { BLOCK, BYTE_ORDER_MAGIC, COMMENT, flagsDirection, flagsFcsLength, LINK_TYPE, OPTION } from './pcapng.ts';

/** The first twelve octets of a little-endian section header; the length (bytes 4–7) may be anything. */
const MAGIC = [0x0a, 0x0d, 0x0d, 0x0a, -1, -1, -1, -1, 0x4d, 0x3c, 0x2b, 0x1a] as const;
/** Our longest block is a read of the whole buffer memory, 128 KiB; a longer one than this is damage, and nobody waits for its end. */
const LONGEST_BLOCK = 0x100_0000;
const NONE = new Uint8Array(0);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

interface Interface {
  readonly linkType: number;
  /** Time stamps count this many to a microsecond. */
  readonly perMicrosecond: number;
}

export class PcapngReader {
  readonly #name: string;
  #pending: Uint8Array = NONE;
  /** Where in the file `#pending` begins. */
  #offset = 0;
  #interfaces: Interface[] = [];
  #skipped = 0;
  #damage: LanError | undefined;

  /** `name` is the file's, for messages. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Packets that were no trace event: of another program, of a later version, or damaged. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The events of the blocks that are whole now, in order; they keep using the octets of `chunk`. Throws TRACE_FORMAT where it is no trace from its first octets on. */
  *push(chunk: Uint8Array): Generator<TraceEvent, void> {
    this.#pending = join(this.#pending, chunk);
    if (this.#offset === 0) this.#checkMagic();
    while (this.#damage === undefined && this.#pending.length >= 12) {
      const length = u32le(this.#pending, 4);
      if (length < 12 || length % 4 !== 0 || length > LONGEST_BLOCK) {
        this.#spoil(`a block at byte ${this.#offset} cannot be ${length} bytes long`);
        return;
      }
      if (length > this.#pending.length) return;
      const block = this.#pending.subarray(0, length);
      if (u32le(block, length - 4) !== length) {
        this.#spoil(`the block at byte ${this.#offset} does not end as it begins`);
        return;
      }
      this.#pending = this.#pending.subarray(length);
      this.#offset += length;
      const event = this.#block(block);
      if (event !== undefined) yield event;
    }
  }

  /** What is wrong with the file's end, once everything was pushed: TRACE_TRUNCATED, TRACE_DAMAGED or nothing. Throws TRACE_FORMAT for an empty file. */
  end(): LanError | undefined {
    if (this.#damage !== undefined) return this.#damage;
    if (this.#offset === 0 && this.#pending.length === 0)
      throw new LanError('TRACE_FORMAT', `${this.#name}: no trace, the file is empty`);
    if (this.#pending.length === 0) return;
    return new LanError(
      'TRACE_TRUNCATED',
      `${this.#name}: trace ends in the middle of a block at byte ${this.#offset}`,
    );
  }

  #checkMagic(): void {
    const wrong = MAGIC.some((octet, i) => octet >= 0 && i < this.#pending.length && u8(this.#pending, i) !== octet);
    if (wrong)
      throw new LanError(
        'TRACE_FORMAT',
        `${this.#name}: no trace (it does not begin like a little-endian pcapng file)`,
      );
  }

  #spoil(what: string): void {
    this.#damage = new LanError('TRACE_DAMAGED', `${this.#name}: trace is damaged: ${what}`);
  }

  #block(block: Uint8Array): TraceEvent | undefined {
    switch (u32le(block, 0)) {
      case BLOCK.section:
        if (block.length < 28 || u32le(block, 8) !== BYTE_ORDER_MAGIC)
          this.#spoil('a section header in it is not ours');
        this.#interfaces = [];
        return;
      case BLOCK.interface:
        this.#interfaces.push(readInterface(block));
        return;
      case BLOCK.packet: {
        const event = this.#packet(block);
        if (event === undefined) this.#skipped++;
        return event;
      }
      default:
        return; // Statistics, names, secrets: other programs' blocks.
    }
  }

  #packet(block: Uint8Array): TraceEvent | undefined {
    if (block.length < 32) return;
    const from = this.#interfaces[u32le(block, 8)];
    const length = u32le(block, 20);
    if (from === undefined || length > block.length - 32) return;
    const at = ((u32le(block, 12) * 0x1_0000_0000 + u32le(block, 16)) / from.perMicrosecond) as Instant;
    const octets = block.subarray(28, 28 + length);
    if (from.linkType === LINK_TYPE.user0) return decodeEvent(octets, at);
    if (from.linkType !== LINK_TYPE.ethernet) return;
    return readFrame(octets, at, block, 28 + ((length + 3) & ~3));
  }
}

/** A frame of the line interface, with the preamble and SFD that were taken off. */
function readFrame(octets: Uint8Array, at: Instant, block: Uint8Array, optionsAt: number): TraceEvent {
  let flags = 0;
  let preamble = PREAMBLE_OCTETS;
  let drop: string | undefined;
  for (const { code, value } of options(block, optionsAt)) {
    if (code === OPTION.packetFlags && value.length === 4) flags = u32le(value, 0);
    if (code !== OPTION.comment) continue;
    const comment = decoder.decode(value);
    if (comment.startsWith(COMMENT.dropped)) drop = comment.slice(COMMENT.dropped.length);
    const count = comment.startsWith(COMMENT.preamble) ? Number(comment.slice(COMMENT.preamble.length)) : preamble;
    if (Number.isInteger(count) && count >= 0 && count <= 0xffff) preamble = count;
  }
  const raw = flagsFcsLength(flags) === FCS_OCTETS;
  let bytes = octets;
  if (raw) {
    bytes = new Uint8Array(preamble + 1 + octets.length).fill(PREAMBLE_OCTET, 0, preamble);
    bytes[preamble] = SFD;
    bytes.set(octets, preamble + 1);
  }
  const frame = { kind: 'frame', at, direction: flagsDirection(flags), raw, bytes } as const;
  return drop === undefined ? frame : { ...frame, drop };
}

function readInterface(block: Uint8Array): Interface {
  let resolution = 6; // draft §4.2: microseconds, where nothing is said
  for (const { code, value } of options(block, 16))
    if (code === OPTION.timeResolution && value.length === 1) resolution = u8(value, 0);
  // The top bit means a power of two instead of ten.
  const perSecond = resolution >= 0x80 ? 2 ** (resolution - 0x80) : 10 ** resolution;
  return { linkType: block.length < 20 ? -1 : u16le(block, 8), perMicrosecond: perSecond / 1_000_000 };
}

/** The options from `at` to the end mark or the block's end; a broken one ends them. */
function* options(block: Uint8Array, at: number): Generator<{ code: number; value: Uint8Array }, void> {
  const end = block.length - 4;
  while (at + 4 <= end) {
    const code = u16le(block, at);
    const length = u16le(block, at + 2);
    if (code === OPTION.end || at + 4 + length > end) return;
    yield { code, value: block.subarray(at + 4, at + 4 + length) };
    at += 4 + ((length + 3) & ~3);
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
