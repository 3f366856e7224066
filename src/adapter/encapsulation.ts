/** Before and behind a frame on the line: preamble and start frame delimiter, padding, frame check sequence (IEEE 802.3 clause 3). */
import { put32le, u16, u32le } from '../base/bytes.ts';
import { crc32 } from '../base/crc.ts';

export const HEADER_OCTETS = 14;
export const FCS_OCTETS = 4;
/** minFrameSize (clause 4.4.2) without FCS. */
export const MIN_UNCHECKED = 60;
/** maxBasicFrameSize and, with a tag, maxEnvelopeFrameSize as far as we go (clause 3.2.7), both without FCS. */
const MAX_UNTAGGED = 1514;
export const MAX_UNCHECKED = 1518;

/** Clause 3.2.1: 10101010 seven times; clause 3.2.2: 10101011. The first bit on the line is the lowest. */
const PREAMBLE_OCTETS = 7;
const PREAMBLE = 0x55;
const SFD = 0xd5;
const FRAME_AT = PREAMBLE_OCTETS + 1;

const TYPE_AT = 12;
const TAG_TYPE = 0x8100;

/** One frame as it goes onto the line; preamble and SFD are always in place. */
export class LineFrame {
  readonly #octets = new Uint8Array(FRAME_AT + MAX_UNCHECKED + FCS_OCTETS).fill(PREAMBLE, 0, PREAMBLE_OCTETS);

  constructor() {
    this.#octets[PREAMBLE_OCTETS] = SFD;
  }

  /**
   * `frame` (destination address … payload, at most MAX_UNCHECKED octets), padded (clause 4.2.3.3) and, if `raw`, between preamble
   * and FCS. Valid until the next call.
   */
  encapsulate(frame: Uint8Array, raw: boolean): Uint8Array {
    const octets = this.#octets;
    octets.set(frame, FRAME_AT);
    let end = FRAME_AT + frame.length;
    if (frame.length < MIN_UNCHECKED) {
      octets.fill(0, end, FRAME_AT + MIN_UNCHECKED);
      end = FRAME_AT + MIN_UNCHECKED;
    }
    if (!raw) return octets.subarray(FRAME_AT, end);
    put32le(octets, end, crc32(octets, 0, FRAME_AT, end));
    return octets.subarray(0, end + FCS_OCTETS);
  }
}

/**
 * Where the frame starts: bits are discarded until the first SFD (PhysicalSignalDecap, clause 4.2.9), however little of the preamble
 * a PHY let through. Undefined: there is none.
 */
export function afterSfd(octets: Uint8Array): number | undefined {
  const sfd = octets.indexOf(SFD);
  return sfd < 0 ? undefined : sfd + 1;
}

/** What is wrong with octets[start …], which end with an FCS; undefined: nothing. */
export function checkFrame(octets: Uint8Array, start: number): 'mac:runt' | 'mac:giant' | 'mac:fcs' | undefined {
  const end = octets.length - FCS_OCTETS;
  if (end - start < MIN_UNCHECKED) return 'mac:runt';
  if (isTooLong(octets, start, end)) return 'mac:giant';
  return crc32(octets, 0, start, end) === u32le(octets, end) ? undefined : 'mac:fcs';
}

/** As checkFrame for a frame whose FCS a chip has checked and kept. Emulated chips hand over unpadded ones. */
export function checkStripped(octets: Uint8Array): 'mac:runt' | 'mac:giant' | undefined {
  if (octets.length < HEADER_OCTETS) return 'mac:runt';
  return isTooLong(octets, 0, octets.length) ? 'mac:giant' : undefined;
}

const isTooLong = (octets: Uint8Array, start: number, end: number): boolean =>
  end - start > (u16(octets, start + TYPE_AT) === TAG_TYPE ? MAX_UNCHECKED : MAX_UNTAGGED);
