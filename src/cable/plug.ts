/** The plug: what the line side of a board and a cable say to each other. Octets run from the first of the preamble to the last of the FCS. */
import type { Instant } from '../base/time.ts';

export interface LineState {
  readonly up: boolean;
  /** Mb/s. */
  readonly speed: 10 | 100;
  readonly duplex: 'half' | 'full';
}

/** How a transmission ended. `bit` counts from the first bit of the preamble. */
export type Transmission =
  | { readonly kind: 'sent'; readonly deferred: boolean }
  | { readonly kind: 'collision'; readonly bit: number; readonly deferred: boolean }
  | { readonly kind: 'no-link' };

/** The station at the plug: a board's PHY. Called from the cable's poll only, never from within `transmit`. */
export interface Station {
  /** The last bit came. `octets` is borrowed until return; `aligned` is false when the carrier ended within an octet. */
  receive(octets: Uint8Array, aligned: boolean, now: Instant): void;
  /** The transmission begun by `transmit` has ended. */
  transmitted(outcome: Transmission, now: Instant): void;
  lineChanged(state: LineState, now: Instant): void;
}

/** One end of a cable. */
export interface Plug {
  readonly state: LineState;
  /** Puts the station at this end; undefined pulls it out. */
  attach(station: Station | undefined): void;
  /** Sends one frame, bit by bit at the line's speed; the cable copies it. One at a time: wait for `transmitted` before the next. */
  transmit(octets: Uint8Array, now: Instant): void;
}
