/** Ethernet II frames as IP sees them: RFC 894, IEEE 802.3 clause 3.1.1 without preamble and FCS. */
import type { Mac } from '../base/address.ts';
import { put16, put48, u16, u48 } from '../base/bytes.ts';

const at = { destination: 0, source: 6, type: 12, payload: 14 } as const;
export const ETHERNET_HEADER = at.payload;
export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806 } as const;

export type EthernetDrop = 'ethernet:truncated';

export class EthernetView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Checks the length once; after that no getter reads outside the frame. */
  static parse(bytes: Uint8Array): EthernetView | EthernetDrop {
    return bytes.length < at.payload ? 'ethernet:truncated' : new EthernetView(bytes);
  }

  /** Writes the header into the first ETHERNET_HEADER octets. */
  static write(bytes: Uint8Array, destination: Mac, source: Mac, type: number): void {
    put48(bytes, at.destination, destination);
    put48(bytes, at.source, source);
    put16(bytes, at.type, type);
  }

  get destination(): Mac {
    return u48(this.bytes, at.destination) as Mac;
  }
  get source(): Mac {
    return u48(this.bytes, at.source) as Mac;
  }

  /** EtherType; below 0x0600 it is IEEE 802.3's length. */
  get type(): number {
    return u16(this.bytes, at.type);
  }

  /** To the frame's end, padding included: Ethernet does not say where its padding begins. */
  get payload(): Uint8Array {
    return this.bytes.subarray(at.payload);
  }
}
