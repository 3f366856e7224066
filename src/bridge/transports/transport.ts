/** What lies under the serial link: anything that gives a stream of bytes both ways. */
import type { Duplex } from 'node:stream';

export interface Transport {
  /** As the user named it, for messages and traces: `serial:/dev/ttyACM0`. */
  readonly name: string;
  /** Bytes a second that the line carries each way, where that is known: cells are then not queued for longer than they must. */
  readonly bytesPerSecond?: number | undefined;
  /** Does once, beforehand, what may take longer than a board may take to answer (a build). Rejects with a LanError. */
  prepare?(): Promise<void>;
  /** Opens it, or opens it again after the stream has closed. Rejects with a LanError that names the thing. */
  open(): Promise<Duplex>;
  /** Closes it and frees what it holds; safe to call twice. */
  close(): Promise<void>;
  /** Told after each chunk how many bytes of an unfinished cell the receiver holds; for a transport that hands over blocks of one cell's size. */
  realign?(held: number): void;
}
