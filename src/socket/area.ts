/** A socket is a memory area with control information (S8): this is the area, and what can be read in it. */
import { ANY_IP } from '../base/address.ts';
import { type Endpoint, formatEndpoint } from '../transport/ports.ts';
import type { TcpConnection, TcpSnapshot } from '../transport/tcp/connection.ts';
import type { TcpListener } from '../transport/tcp/listener.ts';
import type { UdpEndpoint } from '../transport/udp-endpoint.ts';

export type SocketKind = 'stream' | 'datagram';

/** What the socket has become; each state carries only its own data. */
export type SocketBody =
  | { readonly state: 'unbound' }
  /** A stream's address is only noted; listen or connect claims it. */
  | { readonly state: 'bound'; readonly local: Endpoint }
  | { readonly state: 'listening'; readonly listener: TcpListener }
  /** `ended`: this side has said that it will write no more. */
  | { readonly state: 'connection'; readonly connection: TcpConnection; ended: boolean }
  | { readonly state: 'datagram'; readonly endpoint: UdpEndpoint };

export interface SocketArea {
  readonly descriptor: number;
  /** False once the application has closed it: the descriptor may be another's by now, and only the stack works with the area. */
  isOpen: boolean;
  readonly kind: SocketKind;
  noDelay: boolean;
  body: SocketBody;
  watcher: (() => void) | undefined;
  /** The state that was traced last. */
  traced: string;
}

/** One line of `netstat`, and every field that the stack keeps besides (S9–S12). */
export interface SocketRow {
  /** Undefined once the application has closed the socket. */
  readonly descriptor: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  /** RFC 9293's names for a connection; `UNBOUND`, `BOUND`, `LISTEN`; `CONNECTED` for a datagram socket with a peer. */
  readonly state: string;
  /** `address:port`, with `*` for what is open. */
  readonly local: string;
  readonly remote: string;
  /** Octets that the application has not read yet. */
  readonly receiveQueued: number;
  /** Octets that were written and not acknowledged (TCP) or not sent (UDP) yet. */
  readonly sendQueued: number;
  readonly error: string | undefined;
  readonly noDelay: boolean;
  /** A connection's whole control block: sequence numbers, windows, timers, how long ago it last sent (S11). */
  readonly control: TcpSnapshot | undefined;
}

const NOBODY = '*:*';

/** `*:80`, `192.0.2.1:*`: what is open is a star. */
export function formatOpen(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return NOBODY;
  const [ip, port] = formatEndpoint(endpoint).split(':');
  return `${endpoint.ip === ANY_IP ? '*' : ip}:${endpoint.port === 0 ? '*' : port}`;
}

export function localOf(body: SocketBody): Endpoint | undefined {
  switch (body.state) {
    case 'unbound':
      return undefined;
    case 'bound':
      return body.local;
    case 'listening':
      return body.listener.local;
    case 'connection':
      return body.connection.local;
    case 'datagram':
      return body.endpoint.local;
  }
}

export function remoteOf(body: SocketBody): Endpoint | undefined {
  if (body.state === 'connection') return body.connection.remote;
  return body.state === 'datagram' ? body.endpoint.remote : undefined;
}

export function stateOf(body: SocketBody): string {
  switch (body.state) {
    case 'unbound':
      return 'UNBOUND';
    case 'listening':
      return 'LISTEN';
    case 'connection':
      return body.connection.state;
    case 'datagram':
      return body.endpoint.remote === undefined ? 'BOUND' : 'CONNECTED';
    case 'bound':
      return 'BOUND';
  }
}

/** The peer has not answered yet (S11). */
export const isConnecting = ({ state }: TcpConnection): boolean => state === 'SYN-SENT' || state === 'SYN-RECEIVED';

/** The peer has acknowledged our FIN, and so everything before it; or there is nobody any more who could. */
export const isDelivered = ({ state }: TcpConnection): boolean =>
  state === 'FIN-WAIT-2' || state === 'TIME-WAIT' || state === 'CLOSED';

export const protocolOf = (area: SocketArea): 'tcp' | 'udp' => (area.kind === 'stream' ? 'tcp' : 'udp');

export function rowOf(area: SocketArea): SocketRow {
  const { body } = area;
  const connection = body.state === 'connection' ? body.connection : undefined;
  const endpoint = body.state === 'datagram' ? body.endpoint : undefined;
  const control = connection?.snapshot();
  return {
    descriptor: area.isOpen ? area.descriptor : undefined,
    protocol: protocolOf(area),
    state: stateOf(body),
    local: formatOpen(localOf(body)),
    remote: formatOpen(remoteOf(body)),
    receiveQueued: control?.receive.queued ?? endpoint?.receiveQueued ?? 0,
    sendQueued: control?.send.queued ?? endpoint?.sendQueued ?? 0,
    error: control?.error ?? endpoint?.error,
    noDelay: area.noDelay,
    control,
  };
}
