/** What the device end of the serial link drives: a board's register file and its events, in memory. */
import type { Engine } from '../../base/engine.ts';
import type { BoardEvent } from '../register-bus.ts';

/**
 * A board as its firmware sees it. Nothing here may throw, whatever address or length comes: what has no register reads 0 and ignores writes
 * (hw/LINK.md, 6). The link polls it before each batch of operations, so that `poll` also tells the board the time.
 */
export interface BoardDevice extends Engine {
  /** For WELCOME: `mock`, `pico`, …: at most 16 ASCII characters. */
  readonly name: string;
  /** LINK_BAD_CELLS and LINK_RESENT are answered by the link itself and never asked here. */
  read(address: number): number;
  write(address: number, value: number): void;
  /** Fills all of `into`: with zeros where the block does not lie inside a window. */
  readBlock(address: number, into: Uint8Array): void;
  /** `bytes` is borrowed until return. Does nothing where the block does not lie inside a window. */
  writeBlock(address: number, bytes: Uint8Array): void;
  /** Whether `takeEvent` would give one. */
  readonly hasEvent: boolean;
  /**
   * Takes the oldest event that waits, or undefined. Its bytes are borrowed until the next call of anything here. The link takes one only when it can
   * send it: received frames wait in the board's own receive queue, which is the one that drops (RX_DROPPED).
   */
  takeEvent(): BoardEvent | undefined;
  /** A new session begins: as CONTROL.reset, and IRQ_ENABLE and SCRATCH go to their reset values, too. */
  reset(): void;
}
