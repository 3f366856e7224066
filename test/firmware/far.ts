/** The far end of an emulated board's UDP cable. */
import { createSocket, type Socket } from 'node:dgram';

/** What the board sent, and a way to send to it. */
export class Far {
  readonly frames: Buffer[] = [];
  readonly #socket: Socket;
  boardPort = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (frame) => this.frames.push(frame));
  }

  static async open(): Promise<Far> {
    const far = new Far(await bound());
    // A port that is free now: the emulator binds it next.
    const probe = await bound();
    far.boardPort = probe.address().port;
    await new Promise<void>((resolve) => probe.close(resolve));
    return far;
  }

  get port(): number {
    return this.#socket.address().port;
  }
  send(frame: Uint8Array): void {
    this.#socket.send(frame, this.boardPort, '127.0.0.1');
  }
  close(): void {
    this.#socket.close();
  }
}

const bound = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
