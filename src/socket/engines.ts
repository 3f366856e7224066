/** What the socket library asks of TCP. src/transport/tcp is it. */
import type { Endpoint } from '../transport/ports.ts';

export interface StreamEngine {
  connect(local: Endpoint | undefined, remote: Endpoint): Connection;
  listen(local: Endpoint, options?: { readonly backlog?: number }): Listener;
}

export interface Listener {
  readonly local: Endpoint;
  accept(): Connection | undefined;
  close(): void;
  onReady: (() => void) | undefined;
}

export interface Connection {
  readonly state: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly error: string | undefined;
  readonly writable: number;
  write(bytes: Uint8Array): number;
  readonly readable: number;
  read(into: Uint8Array): number;
  readonly atEnd: boolean;
  shutdown(): void;
  close(): void;
  abort(): void;
  noDelay: boolean;
  onChange: (() => void) | undefined;
  snapshot(): object;
}
