/** The register bus: how the card talks to a board, whatever lies between (DESIGN.md, "The register bus"). */
import type { Engine } from '../base/engine.ts';

/** Who answered: from the board's registers (mock) or from its WELCOME (serial link). */
export interface BoardIdentity {
  /** `mock`, `lm3s6965evb`, …: at most 16 ASCII characters. */
  readonly name: string;
  /** Number of the board, as in VERSION.board. */
  readonly board: number;
  /** `1.0`. */
  readonly firmware: string;
  /** The CAPS register. */
  readonly caps: number;
  /** The BUFFERS register. */
  readonly buffers: number;
}

/** What a board raises by itself. */
export type BoardEvent =
  /** A frame came. `bytes` is borrowed until the handler returns; `time` is the board's µs clock (modulo 2³²) at the last bit. */
  | { readonly kind: 'received'; readonly bytes: Uint8Array; readonly flags: number; readonly time: number }
  /** A transmission ended; `status` has the layout of TX_STATUS and names the buffer. */
  | { readonly kind: 'transmitted'; readonly status: number; readonly time: number }
  /** A cause became pending; `causes` is IRQ_STATUS AND IRQ_ENABLE, `status` is STATUS. */
  | { readonly kind: 'interrupt'; readonly causes: number; readonly status: number };

/** The card, as the bus sees it. The bus calls it from `poll` only, never from within a call of the card's. */
export interface BusClient {
  /** A session began: registers are at their reset values, nothing that was posted before will happen. */
  onOpen(identity: BoardIdentity): void;
  onEvent(event: BoardEvent): void;
  /** The session ended; reads that were under way have been completed with undefined. `onOpen` follows when the board is back. */
  onLost(reason: string): void;
  /**
   * The board cannot be reached now: its line is cut, or it is silent. The session is kept and what is posted is done later, once, but nobody knows
   * what the board's line does meanwhile. `onResumed` or `onLost` follows. The mock in process is always there and never tells it.
   */
  onSuspended?(reason: string): void;
  /** The board is back and its session goes on: nothing was lost, nothing was done twice. */
  onResumed?(): void;
}

/** A read's end: the value, or undefined when the session ended before it came. */
export type ReadDone = (value: number | undefined) => void;
/** `bytes` is borrowed until the handler returns. */
export type BlockDone = (bytes: Uint8Array | undefined) => void;

/**
 * Ordered and pipelined: operations happen on the board exactly once and in the order of the calls. Writes are posted; reads complete
 * later (with the mock: within the call). Operations while no session is open are dropped, and reads complete with undefined.
 */
export interface RegisterBus extends Engine {
  /** One client; a second call replaces it. If a session is open, the next poll tells the client. */
  attach(client: BusClient): void;
  readonly isOpen: boolean;
  /** Bytes of block and register operations that can be posted now without going over the bus's bound. Infinity with the mock. */
  readonly room: number;
  /** Throws BUS_OVERFLOW where `room` is exceeded: the caller should have looked. */
  write(address: number, value: number): void;
  read(address: number, done: ReadDone): void;
  /** Copies `bytes` before it returns. */
  writeBlock(address: number, bytes: Uint8Array): void;
  readBlock(address: number, length: number, done: BlockDone): void;
}

/** A bus with an end in the real world (a serial port): opened and closed, and waking its host when cells came. */
export interface BusDevice extends RegisterBus {
  start(wake: () => void): Promise<void>;
  stop(): Promise<void>;
}
