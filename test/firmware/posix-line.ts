/** The C core at the end of a pipe, driven cell by cell: hw/LINK.md at the level of bytes, without the engine of src/bridge/link. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { put16le, u8, u16le } from '../../src/base/bytes.ts';
import { crc16 } from '../../src/base/crc.ts';

export const TYPE = { hello: 0, welcome: 1, refuse: 2, data: 3, ack: 4, nak: 5 } as const;

export interface Cell {
  readonly type: number;
  readonly tag?: number;
  readonly poll?: boolean;
  readonly seq?: number;
  readonly ack?: number;
  readonly credit?: number;
  readonly payload?: readonly number[] | Uint8Array;
}

export type Received = Required<Omit<Cell, 'payload'>> & { readonly payload: Uint8Array };

export const encode = ({
  type,
  tag = 0,
  poll = false,
  seq = 0,
  ack = 0,
  credit = 64,
  payload = [],
}: Cell): Uint8Array => {
  const bytes = new Uint8Array(64);
  bytes.set([0xa5, type | (poll ? 8 : 0) | (tag << 4), seq, ack, credit, payload.length]);
  bytes.set(payload, 6);
  put16le(bytes, 62, crc16(bytes, 0, 62));
  return bytes;
};

const decode = (bytes: Uint8Array): Received => {
  if (u8(bytes, 0) !== 0xa5 || u16le(bytes, 62) !== crc16(bytes, 0, 62))
    throw new Error('the board sent what is no cell');
  const kind = u8(bytes, 1);
  const [seq, ack, credit, length] = [u8(bytes, 2), u8(bytes, 3), u8(bytes, 4), u8(bytes, 5)];
  const payload = Uint8Array.from(bytes.subarray(6, 6 + length));
  return { type: kind & 7, tag: kind >> 4, poll: (kind & 8) !== 0, seq, ack, credit, payload };
};

export class PosixLine {
  readonly #child: ChildProcessWithoutNullStreams;
  #input = Buffer.alloc(0);
  #errors = '';
  #onNews: () => void = () => {};
  /** Why it ended, if it did; what the sanitizers had to say, too. */
  ended: string | undefined;

  /** Builds it first if it is stale. */
  constructor() {
    execFileSync('make', ['-s', '-C', 'firmware-bridge', 'build/posix']);
    this.#child = spawn('firmware-bridge/build/posix', ['--stdio']);
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#input = Buffer.concat([this.#input, bytes]);
      this.#onNews();
    });
    this.#child.stderr.on('data', (text) => {
      this.#errors += text;
    });
    this.#child.stdin.on('error', () => {});
    this.#child.on('close', (code, signal) => {
      this.ended = `${signal ?? code}: ${this.#errors}`;
      this.#onNews();
    });
  }

  /** Resolves when the board has taken all of it. */
  write(...pieces: Uint8Array[]): Promise<void> {
    return new Promise((resolve) => this.#child.stdin.write(Buffer.concat(pieces), () => resolve()));
  }

  send(...cells: Cell[]): Promise<void> {
    return this.write(...cells.map(encode));
  }

  /** The next cell; undefined: none within `ms`. */
  async next(ms = 2_000): Promise<Received | undefined> {
    const bytes = await this.nextBytes(ms);
    return bytes && decode(bytes);
  }

  /** As next, undecoded. */
  async nextBytes(ms: number): Promise<Uint8Array | undefined> {
    const end = performance.now() + ms;
    while (this.#input.length < 64) {
      if (this.ended !== undefined) throw new Error(`the board ended: ${this.ended}`);
      const left = end - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#onNews = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const cell = Uint8Array.from(this.#input.subarray(0, 64));
    this.#input = this.#input.subarray(64);
    return cell;
  }

  /** Everything that comes until `quiet` ms are silent. */
  async all(quiet = 30): Promise<Received[]> {
    const cells: Received[] = [];
    for (let cell = await this.next(quiet); cell !== undefined; cell = await this.next(quiet)) cells.push(cell);
    return cells;
  }

  async end(): Promise<void> {
    if (this.ended !== undefined) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }
}
