/** What a LAN8720 module can be told to be like, and what it counts. */
import type { Plug } from '../../cable/plug.ts';
import type { Tracer } from '../../trace/event.ts';
import type { Pins } from '../pins.ts';

export const NO_DROPS = {
  'phy:no-reference': 0,
  'phy:no-link': 0,
  /** The line runs at 100 Mb/s. */
  'phy:speed': 0,
  'phy:isolated': 0,
  'phy:loopback': 0,
  'phy:transmit-queue-full': 0,
  'phy:receive-queue-full': 0,
  'phy:collision': 0,
  'phy:jabber': 0,
  /** Not one octet. */
  'phy:short': 0,
};
/** Why a frame ended in the PHY. */
export type PhyDrop = keyof typeof NO_DROPS;

export interface Lan8720Options {
  readonly pins: Pins;
  readonly plug: Plug;
  /** PHYAD strap, 0–31. Default 1. */
  readonly address?: number;
  /** MODE straps, 0–7. Default 7: everything offered. */
  readonly mode?: number;
  /** Which REF_CLK of ten the PHY samples and drives at, 0–9. Default 0. */
  readonly phase?: number;
  /** ns from the partner's appearance to the link. Default 50 ms. */
  readonly negotiation?: number;
  /** Di-bits of 00 between the rise of CRS_DV and the first one decoded. Default 4. */
  readonly lead?: number;
  /** Di-bits of the preamble that are lost. Default 0. */
  readonly lostPreamble?: number;
  /** Nibbles at the end on which CRS_DV toggles. Default 2: what a lead of 4 has left in the FIFO. */
  readonly toggles?: number;
  /** Di-bits of silence between two frames, at least. Default 48, less what the lead takes of it, so that a line at full rate stays one. */
  readonly gap?: number;
  /** Di-bits behind the last octet of a frame whose carrier ended within one, 1–3. Default 2. */
  readonly extra?: number;
  /** In half duplex CRS_DV follows the PHY's own transmission, too. Unknown on silicon. Default no. */
  readonly ownCarrier?: boolean;
  /** ns from MDC's rise to a new level on MDIO. Default 300: the latest that clause 22.3.4 allows. */
  readonly mdioDelay?: number;
  readonly trace?: Tracer | undefined;
}

export interface Lan8720Counters {
  /** Frames that went to the cable whole. */
  transmitted: number;
  transmitDropped: number;
  /** Frames that were driven whole. */
  received: number;
  receiveDropped: number;
  /** Di-bits behind the last whole octet of transmissions: a plug carries octets. */
  oddDibits: number;
  jabbers: number;
  /** Edges of MDC at which both ends drove MDIO. */
  mdioContentions: number;
}
