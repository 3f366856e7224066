/** Between a line (preamble … FCS) and a network that takes frames without either: TAP and datagrams. */
import { put32le, u32le } from '../base/bytes.ts';
import { crc32 } from '../base/crc.ts';
import type { Instant } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';

/** IEEE 802.3 clause 3.2.1 and 3.2.2: seven octets of preamble, first bit first, and the start frame delimiter. */
const PREAMBLE = 0x55;
const SFD = 0xd5;
const PREAMBLE_SIZE = 8;
const FCS_SIZE = 4;
const HEADER_SIZE = 14;
/** minFrameSize and maxBasicFrameSize without FCS, the latter with one VLAN tag (clause 4.4.2, 3.2.7). */
const MIN_FRAME = 60;
export const MAX_FRAME = 1518;

export interface ConverterCounters {
  toLine: number;
  fromLine: number;
  /** From the line: no start frame delimiter, wrong FCS, shorter than an Ethernet header. */
  noSfd: number;
  badFcs: number;
  runt: number;
  /** To the line: shorter than an Ethernet header, longer than 1518 octets without FCS. */
  tooShort: number;
  tooLong: number;
}

export class MediaConverter {
  readonly counters: ConverterCounters = {
    toLine: 0,
    fromLine: 0,
    noSfd: 0,
    badFcs: 0,
    runt: 0,
    tooShort: 0,
    tooLong: 0,
  };
  readonly #line = new Uint8Array(PREAMBLE_SIZE + MAX_FRAME + FCS_SIZE);
  /** Where a frame for the line may be put, so that it need not be copied; one octet longer than the longest, so that a longer one is noticed. */
  readonly place: Uint8Array;
  readonly #trace: Tracer | undefined;

  constructor(trace?: Tracer) {
    this.#trace = trace;
    this.#line.fill(PREAMBLE, 0, PREAMBLE_SIZE - 1);
    this.#line[PREAMBLE_SIZE - 1] = SFD;
    this.place = this.#line.subarray(PREAMBLE_SIZE, PREAMBLE_SIZE + MAX_FRAME + 1);
  }

  /** A frame as it goes over the line, padded to 60 octets; borrowed until the next call. Undefined: dropped and counted. */
  toLine(frame: Uint8Array, now: Instant): Uint8Array | undefined {
    if (frame.length > MAX_FRAME) return this.#drop('tooLong', 'media:too-long', frame, now);
    this.place.set(frame);
    return this.finish(frame.length, now);
  }

  /** As `toLine`, for a frame of `length` octets that lies in `place`. */
  finish(length: number, now: Instant): Uint8Array | undefined {
    if (length > MAX_FRAME) return this.#drop('tooLong', 'media:too-long', this.place, now);
    if (length < HEADER_SIZE) return this.#drop('tooShort', 'media:too-short', this.place.subarray(0, length), now);
    const size = Math.max(length, MIN_FRAME);
    this.place.fill(0, length, size);
    put32le(this.#line, PREAMBLE_SIZE + size, crc32(this.place.subarray(0, size)));
    this.counters.toLine++;
    return this.#line.subarray(0, PREAMBLE_SIZE + size + FCS_SIZE);
  }

  /** The frame within line octets, without preamble, SFD and FCS: a view. Undefined: dropped and counted. */
  fromLine(octets: Uint8Array, now: Instant): Uint8Array | undefined {
    let start = 0;
    while (octets[start] === PREAMBLE) start++;
    if (octets[start] !== SFD) return this.#drop('noSfd', 'media:no-sfd', octets, now);
    const frame = octets.subarray(start + 1, Math.max(start + 1, octets.length - FCS_SIZE));
    if (frame.length < HEADER_SIZE) return this.#drop('runt', 'media:runt', octets, now);
    if (crc32(frame) !== u32le(octets, octets.length - FCS_SIZE))
      return this.#drop('badFcs', 'media:bad-fcs', octets, now);
    this.counters.fromLine++;
    return frame;
  }

  #drop(counter: keyof ConverterCounters, reason: string, bytes: Uint8Array, at: Instant): undefined {
    this.counters[counter]++;
    this.#trace?.({ kind: 'drop', at, reason, bytes });
  }
}
