/**
 * Writes traces as pcapng (draft-ietf-opsawg-pcapng-02): one section, one interface for the line and one for the card. Sans-IO: it makes
 * blocks, each whole by itself, so that a file may end after any of them and grow by any of them.
 */
import { put8, put16le, put32le } from '../base/bytes.ts';
import type { TraceEvent } from './event.ts';
import { encodedRoom, encodeEvent, TEXT_LIMIT } from './event-codec.ts';
import { FCS_OCTETS, PREAMBLE_OCTETS, preambleLength } from './line-octets.ts';

/** Block types, draft §4 and §10.1. */
export const BLOCK = { section: 0x0a0d_0d0a, interface: 1, packet: 6 } as const;
/** What a little-endian section header says at its byte 8, draft §4.1. */
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** LINKTYPE_ETHERNET and LINKTYPE_USER0 of the tcpdump registry. */
export const LINK_TYPE = { ethernet: 1, user0: 147 } as const;
/** Interface numbers, in the order of their description blocks. */
const INTERFACE = { line: 0, card: 1 } as const;

/** Option codes, draft §3.5, §4.1 (shb), §4.2 (if), §4.3 (epb). */
export const OPTION = {
  end: 0,
  comment: 1,
  hardware: 2,
  operatingSystem: 3,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceSpeed: 8,
  timeResolution: 9,
  fcsLength: 13,
  timeOffset: 14,
  packetFlags: 2,
} as const;
/** Word of option epb_flags, draft §4.3.1: direction in bits 1:0, length of the FCS in bits 8:5. */
const FLAGS = { in: 1, out: 2 } as const;
export const flagsFcsLength = (flags: number): number => (flags >>> 5) & 15;
export const flagsDirection = (flags: number): 'in' | 'out' => ((flags & 3) === FLAGS.out ? 'out' : 'in');

/** Beginnings of comments that carry a frame's facts. */
export const COMMENT = { dropped: 'dropped: ', preamble: 'preamble octets: ' } as const;
/** Both addresses, EtherType and FCS: a shorter piece of a frame is nothing that an Ethernet dissector could read. */
const SHORTEST_ETHERNET = 18;

export interface SectionInfo {
  /** shb_hardware, shb_os, shb_userappl. */
  readonly hardware: string;
  readonly operatingSystem: string;
  readonly application: string;
  /** Seconds since 1970 at Instant 0, whole. */
  readonly epoch: number;
}

const encoder = new TextEncoder();
const padded = (length: number): number => (length + 3) & ~3;

/** Makes the blocks of one trace. What it returns is valid until the next call. */
export class PcapngEncoder {
  #block = new Uint8Array(4096);
  #end = 0;

  /** The section header and both interface descriptions: what a file begins with. */
  header(info: SectionInfo): Uint8Array {
    const section = this.#section(info).slice();
    const line = this.#interface(
      LINK_TYPE.ethernet,
      'line0',
      'the line: frames as they were on the cable',
      info,
    ).slice();
    const card = this.#interface(
      LINK_TYPE.user0,
      'card0',
      'registers, interrupts, memory and state (hw/TRACE.md)',
      info,
    );
    const header = new Uint8Array(section.length + line.length + card.length);
    header.set(section);
    header.set(line, section.length);
    header.set(card, section.length + line.length);
    return header;
  }

  /** The block of one event. */
  event(event: TraceEvent): Uint8Array {
    return event.kind === 'frame' && this.#frame(event) ? this.#close() : this.#other(event);
  }

  /** A frame goes to the line interface without preamble and SFD; false where it is no frame that begins like one. */
  #frame(event: Extract<TraceEvent, { kind: 'frame' }>): boolean {
    const preamble = event.raw ? preambleLength(event.bytes) : 0;
    const start = event.raw ? preamble + 1 : 0;
    const length = event.bytes.length - start;
    if (preamble < 0 || length < SHORTEST_ETHERNET - (event.raw ? 0 : FCS_OCTETS)) return false;
    this.#packet(INTERFACE.line, event.at, length);
    this.#block.set(event.raw ? event.bytes.subarray(start) : event.bytes, this.#end);
    this.#endPacket(length);
    this.#option32(OPTION.packetFlags, FLAGS[event.direction] | ((event.raw ? FCS_OCTETS : 0) << 5));
    if (event.raw && preamble !== PREAMBLE_OCTETS) this.#optionText(OPTION.comment, COMMENT.preamble + preamble);
    if (event.drop !== undefined) this.#optionText(OPTION.comment, COMMENT.dropped + event.drop);
    this.#put32(OPTION.end);
    return true;
  }

  #other(event: TraceEvent): Uint8Array {
    this.#packet(INTERFACE.card, event.at, encodedRoom(event));
    const length = encodeEvent(event, this.#block, this.#end) - this.#end;
    this.#endPacket(length);
    const reason = event.kind === 'drop' ? event.reason : event.kind === 'frame' ? event.drop : undefined;
    if (reason !== undefined) {
      this.#optionText(OPTION.comment, COMMENT.dropped + reason);
      this.#put32(OPTION.end);
    }
    return this.#close();
  }

  #section(info: SectionInfo): Uint8Array {
    this.#open(BLOCK.section, 4 * TEXT_LIMIT);
    this.#put32(BYTE_ORDER_MAGIC);
    this.#put16(1); // version 1.0
    this.#put16(0);
    this.#put32(0xffff_ffff); // Length of the section: not known beforehand.
    this.#put32(0xffff_ffff);
    this.#optionText(OPTION.hardware, info.hardware);
    this.#optionText(OPTION.operatingSystem, info.operatingSystem);
    this.#optionText(OPTION.application, info.application);
    this.#put32(OPTION.end);
    return this.#close();
  }

  #interface(linkType: number, name: string, description: string, info: SectionInfo): Uint8Array {
    this.#open(BLOCK.interface, 4 * TEXT_LIMIT);
    this.#put16(linkType);
    this.#put16(0);
    this.#put32(0); // no snap length
    this.#optionText(OPTION.interfaceName, name);
    this.#optionText(OPTION.interfaceDescription, description);
    if (linkType === LINK_TYPE.ethernet) this.#option64(OPTION.interfaceSpeed, 100_000_000);
    this.#option8(OPTION.timeResolution, 9); // 10⁻⁹ s
    // Frames that a chip hands over without FCS carry 0 in their flags, which means "see the interface"; the others say 4.
    if (linkType === LINK_TYPE.ethernet) this.#option8(OPTION.fcsLength, 0);
    this.#option64(OPTION.timeOffset, info.epoch);
    this.#put32(OPTION.end);
    return this.#close();
  }

  #open(type: number, room: number): void {
    const needed = room + 256;
    if (this.#block.length < needed) this.#block = new Uint8Array(2 * needed);
    this.#end = 0;
    this.#put32(type);
    this.#put32(0);
  }

  #close(): Uint8Array {
    const length = this.#end + 4;
    put32le(this.#block, 4, length);
    this.#put32(length);
    return this.#block.subarray(0, length);
  }

  /** Everything of an enhanced packet block before its octets, with room for `length` of them and for two comments. */
  #packet(index: number, at: number, length: number): void {
    this.#open(BLOCK.packet, length + 2 * TEXT_LIMIT);
    const nanoseconds = Math.round(at * 1000);
    this.#put32(index);
    this.#put32(Math.floor(nanoseconds / 0x1_0000_0000));
    this.#put32(nanoseconds % 0x1_0000_0000);
    this.#put32(length);
    this.#put32(length);
  }

  /** `length` octets have been put behind the head: their true number, and their padding. */
  #endPacket(length: number): void {
    put32le(this.#block, 20, length);
    put32le(this.#block, 24, length);
    this.#pad(length);
  }

  #pad(length: number): void {
    const end = this.#end + padded(length);
    this.#block.fill(0, this.#end + length, end);
    this.#end = end;
  }

  #put16(value: number): void {
    put16le(this.#block, this.#end, value);
    this.#end += 2;
  }

  #put32(value: number): void {
    put32le(this.#block, this.#end, value);
    this.#end += 4;
  }

  #optionHead(code: number, length: number): void {
    this.#put16(code);
    this.#put16(length);
  }

  #option8(code: number, value: number): void {
    this.#optionHead(code, 1);
    put8(this.#block, this.#end, value);
    this.#pad(1);
  }

  #option32(code: number, value: number): void {
    this.#optionHead(code, 4);
    this.#put32(value);
  }

  #option64(code: number, value: number): void {
    this.#optionHead(code, 8);
    this.#put32(value % 0x1_0000_0000);
    this.#put32(Math.floor(value / 0x1_0000_0000));
  }

  #optionText(code: number, text: string): void {
    const start = this.#end + 4;
    const { written } = encoder.encodeInto(text, this.#block.subarray(start, start + TEXT_LIMIT));
    this.#optionHead(code, written);
    this.#pad(written);
  }
}
