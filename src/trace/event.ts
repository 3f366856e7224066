/** What happened, as facts: a closed union. Text, pcapng and VCD are printers of it; a forgotten kind does not compile. */
import type { Ip, Mac } from '../base/address.ts';
import type { Instant } from '../base/time.ts';

export type RegisterMap = 'card' | 'board';

export type TraceEvent =
  /** One 32-bit access. `register` is the name from the map's table, or the address in hex where there is none. */
  | {
      readonly kind: 'register';
      readonly at: Instant;
      readonly map: RegisterMap;
      readonly op: 'read' | 'write';
      readonly register: string;
      readonly address: number;
      readonly value: number;
    }
  /** A block transfer of `bytes`; borrowed until the tracer returns. */
  | {
      readonly kind: 'block';
      readonly at: Instant;
      readonly map: RegisterMap;
      readonly op: 'read' | 'write';
      readonly address: number;
      readonly bytes: Uint8Array;
    }
  /** The interrupt line moved; `causes` is status AND enable. */
  | {
      readonly kind: 'interrupt';
      readonly at: Instant;
      readonly map: RegisterMap;
      readonly level: boolean;
      readonly causes: number;
    }
  /** A place in the card's buffer memory changed hands: `offset` and `length` in bytes. */
  | {
      readonly kind: 'slot';
      readonly at: Instant;
      readonly memory: 'transmit' | 'receive';
      readonly slot: number;
      readonly offset: number;
      readonly length: number;
      readonly state: 'filled' | 'sending' | 'sent' | 'failed' | 'received' | 'freed';
    }
  /** The MAC circuit's state. `attempt` counts from 1. */
  | {
      readonly kind: 'mac';
      readonly at: Instant;
      readonly state: 'idle' | 'transmit' | 'receive' | 'backoff' | 'reset';
      readonly attempt: number;
    }
  | {
      readonly kind: 'phy';
      readonly at: Instant;
      readonly link: boolean;
      readonly speed: 10 | 100;
      readonly duplex: 'half' | 'full';
    }
  /**
   * Octets on the line, borrowed until the tracer returns. `bytes` runs from the first preamble octet (or, where a chip makes
   * preamble and FCS itself, `raw` is false and it runs from the destination address without FCS). `at` is the first bit for 'out', the last for 'in'.
   */
  | {
      readonly kind: 'frame';
      readonly at: Instant;
      readonly direction: 'in' | 'out';
      readonly raw: boolean;
      readonly bytes: Uint8Array;
      readonly drop?: string;
    }
  /** Something was thrown away, and why: `layer:reason`. `bytes` is what was dropped, if it is at hand. */
  | { readonly kind: 'drop'; readonly at: Instant; readonly reason: string; readonly bytes?: Uint8Array }
  /** One 64-byte cell on the serial line, borrowed until the tracer returns; `again`: it was sent before. */
  | {
      readonly kind: 'cell';
      readonly at: Instant;
      readonly direction: 'in' | 'out';
      readonly bytes: Uint8Array;
      readonly again: boolean;
    }
  /** The session of the serial link. */
  | {
      readonly kind: 'link';
      readonly at: Instant;
      readonly state: 'connecting' | 'open' | 'resumed' | 'lost' | 'closed';
      readonly detail: string;
    }
  | {
      readonly kind: 'arp';
      readonly at: Instant;
      readonly ip: Ip;
      readonly mac: Mac | undefined;
      readonly state: 'asking' | 'known' | 'expired' | 'unreachable';
    }
  /** A socket's control information changed. */
  | {
      readonly kind: 'socket';
      readonly at: Instant;
      readonly descriptor: number;
      readonly protocol: 'tcp' | 'udp';
      readonly state: string;
      readonly local: string;
      readonly remote: string;
    }
  /** What an application asked of the socket library: `write(3, 1460 bytes)`. */
  | {
      readonly kind: 'call';
      readonly at: Instant;
      readonly descriptor: number;
      readonly call: string;
      readonly detail: string;
    };

export type TraceKind = TraceEvent['kind'];
/** Takes one fact. It copies what it keeps: the bytes belong to the caller. Undefined where nobody looks, so that looking is what costs. */
export type Tracer = (event: TraceEvent) => void;
