/** The interface that IP asks of a card. The LAN driver implements it; tests and `glassnic/stack` users may, too. */
import type { Mac } from '../base/address.ts';
import type { Instant } from '../base/time.ts';

export interface Link {
  readonly mac: Mac;
  /** Longest payload of a frame, in octets: 1500. */
  readonly mtu: number;
  readonly isUp: boolean;
  /** Who takes the frames; called from the driver's poll only. */
  onFrame: (frame: Uint8Array, now: Instant) => void;
  /**
   * A place for a frame of `length` octets (destination address … last payload octet; no padding, no FCS), in the card's own memory:
   * fill it, then call `end`. Undefined when every transmit slot is full (try again at a later poll) or the link is down.
   * Between `begin` and `end` no other call to the link is allowed.
   */
  begin(length: number): Uint8Array | undefined;
  /** Sends the frame that `begin` gave. */
  end(now: Instant): void;
  /** How many `begin`s would succeed now. */
  readonly room: number;
}
