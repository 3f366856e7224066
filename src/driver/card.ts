/** What the LAN driver sees of the LAN adapter: registers, buffer memory, interrupt line. No frame, no board, no cable. */
export interface Card {
  read(address: number): number;
  write(address: number, value: number): void;
  readonly memory: Uint8Array;
  /** Who is told of each new level of the interrupt line; it may come from within `read` and `write`. */
  onInterrupt: (level: boolean) => void;
}
