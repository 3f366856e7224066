/** The computer's end of a board's serial line: USB or UART. Bounds, not back-pressure: look at `room`. */
export interface SerialEnd {
  /** The line is there: a UART always, USB between SET_CONTROL_LINE_STATE with DTR and the end of the device. */
  readonly isConnected: boolean;
  /** Bytes that `write` takes now. */
  readonly room: number;
  /** Copies them. Throws an assertion where there is no room. */
  write(bytes: Uint8Array): void;
  /** What came; borrowed until return. Called from within the board's poll. */
  onBytes: (bytes: Uint8Array) => void;
  onConnected: (isConnected: boolean) => void;
  /** `room` has become larger. */
  onRoom: () => void;
}
