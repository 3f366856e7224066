/** `tcp:host:port`: a serial port that a server somewhere gives out raw (ser2net, socat), or an emulator's. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LanError } from '../../base/errors.ts';
import type { Transport } from './transport.ts';

const CONNECT_MS = 3_000;

export class TcpTransport implements Transport {
  readonly name: string;
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.name = `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#host = host;
    this.#port = port;
  }

  /** Rejects with CONNECTION_REFUSED, HOST_NOT_FOUND, CONNECT_TIMEOUT or CONNECT_FAILED. */
  async open(): Promise<Duplex> {
    await this.close();
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
      this.#socket = socket;
      const fail = (error: LanError): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        // What a dying socket still says is of no interest.
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      };
      const timer = setTimeout(() => {
        fail(new LanError('CONNECT_TIMEOUT', `${this.name}: no connection within ${CONNECT_MS / 1_000} s`));
      }, CONNECT_MS);
      socket.once('error', (error: NodeJS.ErrnoException) => fail(this.#explain(error)));
      socket.once('close', () => fail(new LanError('CLOSED', `${this.name}: closed while connecting`)));
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        socket.removeAllListeners('close');
        resolve(socket);
      });
    });
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #explain(error: NodeJS.ErrnoException): LanError {
    switch (error.code) {
      case 'ECONNREFUSED':
        return new LanError('CONNECTION_REFUSED', `${this.name}: nothing listens there; is the port server running?`, {
          cause: error,
        });
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return new LanError('HOST_NOT_FOUND', `${this.name}: there is no host '${this.#host}'`, { cause: error });
      default:
        return new LanError('CONNECT_FAILED', `${this.name}: ${error.message}`, { cause: error });
    }
  }
}
