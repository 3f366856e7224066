/** The driver's end of the receive ring: reads entries where RX_TAIL stands, gives their place back to the card. */
import {
  CARD_REGISTERS,
  entrySize,
  RX_ENTRY_FLAGS,
  RX_ENTRY_HEADER,
  RX_RING_SIZE,
  RX_RING_START,
} from '../adapter/registers.ts';
import { u16le } from '../base/bytes.ts';
import type { Instant } from '../base/time.ts';
import type { Card } from './card.ts';

const FCS_OCTETS = 4;

export type FrameHandler = (frame: Uint8Array, now: Instant) => void;

export class ReceiveQueue {
  frames = 0;
  octets = 0;
  readonly #card: Card;
  readonly #memory: Uint8Array;
  #tail = 0;

  constructor(card: Card) {
    this.#card = card;
    this.#memory = card.memory;
  }

  /**
   * Hands up to `budget` frames to `take`, without FCS and in the card's memory, then moves RX_TAIL past them. True when the ring
   * is empty now.
   */
  drain(budget: number, take: FrameHandler, now: Instant): boolean {
    const head = this.#card.read(CARD_REGISTERS.RX_HEAD.address);
    const start = this.#tail;
    for (let taken = 0; taken < budget && this.#tail !== head; ) {
      const at = RX_RING_START + this.#tail;
      const flags = u16le(this.#memory, at + 2);
      if ((flags & RX_ENTRY_FLAGS.wrap) !== 0) {
        this.#tail = 0;
        continue;
      }
      const stored = u16le(this.#memory, at);
      const length = (flags & RX_ENTRY_FLAGS.noFcs) !== 0 ? stored : stored - FCS_OCTETS;
      const first = at + RX_ENTRY_HEADER;
      this.#tail = (this.#tail + entrySize(stored)) % RX_RING_SIZE;
      this.frames++;
      this.octets += length;
      taken++;
      take(this.#memory.subarray(first, first + length), now);
    }
    if (this.#tail !== start) this.#card.write(CARD_REGISTERS.RX_TAIL.address, this.#tail);
    return this.#tail === head;
  }
}
