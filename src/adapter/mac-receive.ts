/** The MAC circuit's receiver: from octets on the line to an entry of the receive ring (IEEE 802.3 clauses 4.2.4 and 4.2.9). */
import type { Register } from '../bridge/register-map.ts';
import { RX_FLAGS } from '../bridge/registers.ts';
import type { Tracer } from '../trace/event.ts';
import { type AddressFilter, REFUSED } from './address-filter.ts';
import type { BufferMemory } from './buffer-memory.ts';
import { afterSfd, checkFrame, checkStripped, FCS_OCTETS } from './encapsulation.ts';
import type { RegisterFile } from './register-file.ts';
import { CARD_REGISTERS, card, RX_ENTRY_FLAGS, RX_RING_SIZE } from './registers.ts';
import type { Scope } from './scope.ts';

const RX_READY = card.mask('IRQ_STATUS', 'rxReady');
const RX_OVERFLOW = card.mask('IRQ_STATUS', 'rxOverflow');
const R = CARD_REGISTERS;

/** Why a frame does not reach the ring. */
export type ReceiveDrop =
  | 'mac:disabled'
  | 'mac:line-error'
  | 'mac:no-sfd'
  | 'mac:runt'
  | 'mac:giant'
  | 'mac:alignment'
  | 'mac:fcs'
  | 'mac:filtered'
  | 'mac:ring-full';

/** A receiver that is switched off counts nothing (clause 5.2.4.3). */
const COUNTERS: Record<ReceiveDrop, Register | undefined> = {
  'mac:disabled': undefined,
  'mac:line-error': R.RX_LINE_ERROR,
  'mac:no-sfd': R.RX_NO_SFD,
  'mac:runt': R.RX_RUNT,
  'mac:giant': R.RX_GIANT,
  'mac:alignment': R.RX_ALIGNMENT_ERROR,
  'mac:fcs': R.RX_FCS_ERROR,
  'mac:filtered': R.RX_FILTERED,
  'mac:ring-full': R.RX_OVERFLOW,
};

export class MacReceive {
  enabled = false;
  readonly #memory: BufferMemory;
  readonly #file: RegisterFile;
  readonly #filter: AddressFilter;
  readonly #raise: (causes: number) => void;
  readonly #scope: Scope;
  /** Where in the ring the last frame lies. */
  #entry = 0;

  constructor(
    memory: BufferMemory,
    file: RegisterFile,
    filter: AddressFilter,
    raise: (causes: number) => void,
    scope: Scope,
  ) {
    this.#memory = memory;
    this.#file = file;
    this.#filter = filter;
    this.#raise = raise;
    this.#scope = scope;
  }

  /**
   * One frame from the line. `raw`: `octets` has preamble, SFD and FCS; otherwise it runs from the destination address to the last
   * octet before the FCS, which a chip has checked. `flags`: RX_FLAGS; `time`: the board's clock, in µs.
   */
  receive(octets: Uint8Array, flags: number, time: number, raw: boolean): void {
    const drop = this.#take(octets, flags, time, raw);
    const trace = this.#scope.trace;
    if (trace) this.#trace(trace, octets, raw, drop);
    if (drop === undefined) {
      this.#raise(RX_READY);
      return;
    }
    const counter = COUNTERS[drop];
    if (counter) this.#file.count(counter);
    if (drop === 'mac:ring-full') this.#raise(RX_OVERFLOW);
  }

  #take(octets: Uint8Array, flags: number, time: number, raw: boolean): ReceiveDrop | undefined {
    if (!this.enabled) return 'mac:disabled';
    if ((flags & (RX_FLAGS.error | RX_FLAGS.truncated)) !== 0) return 'mac:line-error';
    const start = raw ? afterSfd(octets) : 0;
    if (start === undefined) return 'mac:no-sfd';
    const bad = raw ? checkFrame(octets, start) : checkStripped(octets);
    // Up to seven dribbling bits behind a good frame do no harm (clause 4.2.4.2.1 b); behind a bad one they name the fault.
    if (bad === 'mac:fcs' && (flags & RX_FLAGS.alignment) !== 0) return 'mac:alignment';
    if (bad !== undefined) return bad;
    const kind = this.#filter.classify(octets, start);
    if (kind === REFUSED) return 'mac:filtered';
    const entry = this.#memory.receive(octets, start, raw ? kind : kind | RX_ENTRY_FLAGS.noFcs, time);
    if (entry === undefined) return 'mac:ring-full';
    this.#entry = entry;
    this.#count(kind, octets.length - start + (raw ? 0 : FCS_OCTETS));
    return undefined;
  }

  #trace(trace: Tracer, bytes: Uint8Array, raw: boolean, drop: ReceiveDrop | undefined): void {
    const at = this.#scope.now;
    trace({ kind: 'frame', at, direction: 'in', raw, bytes, ...(drop === undefined ? {} : { drop }) });
    if (drop !== undefined) return;
    const slot = this.#file.get(R.RX_FRAMES) - 1;
    const length = (this.#file.get(R.RX_HEAD) || RX_RING_SIZE) - this.#entry;
    trace({ kind: 'slot', at, memory: 'receive', slot, offset: this.#entry, length, state: 'received' });
  }

  #count(kind: number, octets: number): void {
    this.#file.count(R.RX_FRAMES);
    this.#file.count(R.RX_OCTETS, octets);
    if ((kind & RX_ENTRY_FLAGS.broadcast) !== 0) this.#file.count(R.RX_BROADCAST);
    if ((kind & RX_ENTRY_FLAGS.multicast) !== 0) this.#file.count(R.RX_MULTICAST);
  }
}
