/** Which destination addresses the MAC circuit lets in (IEEE 802.3 clause 4.2.4.1.1, LayerMgmtRecognizeAddress). */
import { BROADCAST_MAC, type Mac } from '../base/address.ts';
import { put48, u8, u48 } from '../base/bytes.ts';
import { crc32 } from '../base/crc.ts';
import { RX_ENTRY_FLAGS } from './registers.ts';

const ADDRESS_OCTETS = 6;
/** The group bit, in the first octet. */
const GROUP = 0x01;
export const REFUSED = -1;

/** Bit of the multicast hash filter for the address at `at`: the top six bits of its CRC-32. */
const hashAt = (bytes: Uint8Array, at: number): number => crc32(bytes, 0, at, at + ADDRESS_OCTETS) >>> 26;

/** Bit of the multicast hash filter (MULTICAST_LOW: 0–31, MULTICAST_HIGH: 32–63) for a group address. */
export function multicastHash(group: Mac): number {
  const octets = new Uint8Array(ADDRESS_OCTETS);
  put48(octets, 0, group);
  return hashAt(octets, 0);
}

export class AddressFilter {
  station = 0 as Mac;
  promiscuous = false;
  allMulticast = false;
  hashLow = 0;
  hashHigh = 0;

  /** Flags of the ring entry (RX_ENTRY_FLAGS) for a frame whose destination address is at `at`, or REFUSED. */
  classify(frame: Uint8Array, at: number): number {
    if ((u8(frame, at) & GROUP) === 0) {
      if (u48(frame, at) === this.station) return 0;
      return this.promiscuous ? RX_ENTRY_FLAGS.promiscuous : REFUSED;
    }
    if (u48(frame, at) === BROADCAST_MAC) return RX_ENTRY_FLAGS.broadcast;
    if (this.allMulticast || this.#hashed(hashAt(frame, at))) return RX_ENTRY_FLAGS.multicast;
    return this.promiscuous ? RX_ENTRY_FLAGS.multicast | RX_ENTRY_FLAGS.promiscuous : REFUSED;
  }

  #hashed(bit: number): boolean {
    return (((bit < 32 ? this.hashLow : this.hashHigh) >>> (bit & 31)) & 1) === 1;
  }
}
