/** The far end of a board's cable, for tests: what left the board, and frames for it. A raw line at 100 Mb/s. */
import { put32le } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc.ts';
import type { Engine } from '../../src/base/engine.ts';
import { after, type Instant, microseconds, START } from '../../src/base/time.ts';
import type { LineState, Plug, Station } from '../../src/cable/plug.ts';

const PREAMBLE = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5];
const FCS_SIZE = 4;

/** Preamble, SFD, the frame, FCS: what is on the line. */
export function rawFrame(frame: Uint8Array): Uint8Array {
  const raw = new Uint8Array(PREAMBLE.length + frame.length + FCS_SIZE);
  raw.set(PREAMBLE);
  raw.set(frame, PREAMBLE.length);
  put32le(raw, PREAMBLE.length + frame.length, crc32(frame));
  return raw;
}

/** What lies between SFD and FCS. */
export const frameIn = (raw: Uint8Array): Uint8Array => raw.slice(PREAMBLE.length, raw.length - FCS_SIZE);

export class TapPlug implements Plug, Engine {
  readonly state: LineState = { up: true, speed: 100, duplex: 'full' };
  /** Octets from the first of the preamble to the last of the FCS. */
  readonly left: Uint8Array[] = [];
  #station: Station | undefined;
  #endsAt: Instant | undefined;
  #now: Instant = START;

  attach(station: Station | undefined): void {
    this.#station = station;
  }
  transmit(octets: Uint8Array, now: Instant): void {
    this.left.push(octets.slice());
    this.#endsAt = after(now, microseconds((octets.length * 8) / this.state.speed));
  }
  inject(octets: Uint8Array): void {
    this.#station?.receive(octets, true, this.#now);
  }
  poll(now: Instant): void {
    this.#now = now;
    if (this.#endsAt === undefined || now < this.#endsAt) return;
    this.#endsAt = undefined;
    this.#station?.transmitted({ kind: 'sent', deferred: false }, now);
  }
  nextDeadline(): Instant | undefined {
    return this.#endsAt;
  }
}
