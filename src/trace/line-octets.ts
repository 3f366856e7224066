/** The parts of what was on the line: IEEE 802.3 clause 3.1.1. */
import { u8 } from '../base/bytes.ts';
import type { TraceEvent } from './event.ts';

/** Clause 3.2.1 and 3.2.2: seven octets (alternating bits, lowest first), then the start frame delimiter. */
export const PREAMBLE_OCTET = 0x55;
export const PREAMBLE_OCTETS = 7;
export const SFD = 0xd5;
export const FCS_OCTETS = 4;

/** Octets of preamble before the SFD, or -1 where there is no SFD behind nothing but preamble. */
export function preambleLength(octets: Uint8Array): number {
  for (let i = 0; i < octets.length; i++) {
    const octet = u8(octets, i);
    if (octet === SFD) return i;
    if (octet !== PREAMBLE_OCTET) return -1;
  }
  return -1;
}

export interface LineParts {
  /** Preamble and SFD; empty where a chip keeps them to itself. */
  readonly start: Uint8Array;
  /** Destination address … last octet of payload or padding. */
  readonly frame: Uint8Array;
  readonly fcs: Uint8Array;
}

/** Cuts a frame event's octets where the standard does; undefined where no frame begins in them. */
export function partsOf(event: Extract<TraceEvent, { kind: 'frame' }>): LineParts | undefined {
  const { bytes } = event;
  if (!event.raw) return { start: bytes.subarray(0, 0), frame: bytes, fcs: bytes.subarray(bytes.length) };
  const from = preambleLength(bytes) + 1;
  if (from === 0 || bytes.length < from + FCS_OCTETS) return;
  const to = bytes.length - FCS_OCTETS;
  return { start: bytes.subarray(0, from), frame: bytes.subarray(from, to), fcs: bytes.subarray(to) };
}
