/** `emulator:<board>`: an emulator as a child process, its serial line as a stream. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LanError } from '../../base/errors.ts';
import {
  buildPosix,
  type EmulatedBoard,
  type EmulatorCable,
  type EmulatorSerial,
  emulatorProgram,
  onPath,
} from './emulator-program.ts';
import { openPty, PTY } from './emulator-pty.ts';
import type { Transport } from './transport.ts';

export interface EmulatorOptions {
  readonly board: EmulatedBoard;
  /** Default: QEMU's user network; `posix`: no cable. */
  readonly cable?: EmulatorCable;
  /** Default `socket`: the emulator connects to a port here. A pty loses the first second (QEMU looks for a reader once a second). */
  readonly serial?: 'socket' | 'pty';
}

/** From the start of the program to its serial line; a lost socket is made again within it (QEMU tries once a second). */
const CONNECT_WITHIN_MS = 8_000;
/** Of what the program wrote to stderr, kept for the error message; what is older is dropped. */
const STDERR_KEPT = 2_000;

/** A program that was started is ended with this one: whatever else happens, none is left behind. */
const running = new Set<ChildProcess>();
const endAll = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

export class EmulatorTransport implements Transport {
  readonly name: string;
  readonly #options: EmulatorOptions;
  #server: Server | undefined;
  #child: ChildProcess | undefined;
  #stream: Duplex | undefined;
  #onSocket: ((socket: Socket) => void) | undefined;
  #output = '';
  #errors = '';

  constructor(options: EmulatorOptions) {
    this.name = `emulator:${options.board}`;
    this.#options = options;
  }

  /** Of the emulator, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Does beforehand what may take longer than a board may take to answer: builds `posix`. Rejects as `open` does. */
  async prepare(): Promise<void> {
    if (this.#options.board === 'posix') await buildPosix();
  }

  /**
   * Starts the emulator; where it still runs and only its stream was closed, waits for the line to be made again: the board has then kept its session.
   * Rejects with EMULATOR_MISSING, EMULATOR_CABLE, EMULATOR_BUILD or EMULATOR_FAILED.
   */
  async open(): Promise<Duplex> {
    this.#stream?.destroy();
    this.#stream = undefined;
    try {
      this.#stream = this.#options.serial === 'pty' ? await this.#openPty() : await this.#openSocket();
      return this.#stream;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends the emulator. */
  async close(): Promise<void> {
    this.#stream?.destroy();
    this.#stream = undefined;
    this.#server?.close();
    this.#server = undefined;
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async #openSocket(): Promise<Duplex> {
    this.#server ??= await this.#listen();
    const connected = new Promise<Socket>((resolve) => {
      this.#onSocket = resolve;
    });
    const { port } = this.#server.address() as { port: number };
    const ready = await this.#start({ kind: 'socket', port });
    const [socket] = await this.#orFailure(Promise.all([connected, this.#heard(ready)]));
    socket.setNoDelay(true);
    return socket;
  }

  async #openPty(): Promise<Duplex> {
    const ready = await this.#start({ kind: 'pty' });
    const [[, path = '']] = await this.#orFailure(Promise.all([this.#heard(PTY), this.#heard(ready)]));
    return openPty(path);
  }

  /** Resolves when the program's output has it. */
  #heard(wanted: RegExp | undefined): Promise<RegExpExecArray | []> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found: RegExpExecArray | [] | null = wanted === undefined ? [] : wanted.exec(this.#output);
        if (found === null) return;
        this.#child?.stdout?.off('data', look);
        resolve(found);
      };
      this.#child?.stdout?.on('data', look);
      look();
    });
  }

  /** One line at a time: who connects while nobody waits is sent away. */
  #listen(): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        const take = this.#onSocket;
        this.#onSocket = undefined;
        if (take === undefined) socket.destroy();
        else take(socket);
      });
      server.once('error', (cause) =>
        reject(new LanError('EMULATOR_FAILED', `${this.name}: ${cause.message}`, { cause })),
      );
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  }

  /** Starts the program, unless it runs; returns what its output has once it does, if that is to be waited for. */
  async #start(serial: EmulatorSerial): Promise<RegExp | undefined> {
    if (this.#child !== undefined) return;
    const { board, cable = { kind: 'user' } } = this.#options;
    const program = await emulatorProgram(board, cable, serial);
    // Where there is setpriv (util-linux), the emulator ends even if this program is killed.
    const setpriv = process.platform === 'linux' ? await onPath('setpriv') : undefined;
    const [file, args] =
      setpriv === undefined
        ? [program.file, program.args]
        : [setpriv, ['--pdeathsig', 'KILL', '--', program.file, ...program.args]];
    const child = spawn(file, args, { stdio: 'pipe' });
    child.stdin.on('error', () => {});
    if (program.question !== undefined) child.stdin.write(program.question);
    this.#output = this.#errors = '';
    child.stdout.on('data', (text) => {
      this.#output = (this.#output + text).slice(-STDERR_KEPT);
    });
    child.stderr.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-STDERR_KEPT);
    });
    if (running.size === 0) process.on('exit', endAll);
    running.add(child);
    this.#child = child;
    child.once('close', () => {
      running.delete(child);
      if (running.size === 0) process.off('exit', endAll);
      this.#child = undefined;
      this.#stream?.destroy();
    });
    // An error of spawn's is followed by 'close'; its text is what the message needs.
    child.once('error', (error) => {
      this.#errors += error.message;
    });
    return program.ready;
  }

  /** `wanted`, unless the program ends before or the time does. */
  #orFailure<T>(wanted: Promise<T>): Promise<T> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const fail = (what: string): void =>
        reject(new LanError('EMULATOR_FAILED', `${this.name} ${what}${this.#why()}`));
      const onClose = (code: number | null, signal: string | null): void => {
        clearTimeout(timer);
        fail(`ended (${signal ?? `exit code ${code}`})`);
      };
      const timer = setTimeout(() => {
        child?.off('close', onClose);
        fail('did not open its serial line');
      }, CONNECT_WITHIN_MS);
      if (child === undefined) onClose(null, null);
      child?.once('close', onClose);
      wanted.then((value) => {
        clearTimeout(timer);
        child?.off('close', onClose);
        resolve(value);
      });
    });
  }

  #why(): string {
    const lines = this.#errors
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('Timer with period zero'));
    return lines.length === 0 ? '' : `: ${lines.join('; ')}`;
  }
}
