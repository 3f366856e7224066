/** Traces in files. The only file of this folder that knows Node. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { arch, release, type } from 'node:os';
import { LanError } from '../base/errors.ts';
import type { TraceEvent } from './event.ts';
import { PcapngEncoder } from './pcapng.ts';
import { PcapngReader } from './pcapng-reader.ts';

/** Octets collected before they are written. When it is full it is written at once, so it never overflows. */
const BUFFER = 0x1_0000;
const FLUSH_MS = 200;
const READ_CHUNK = 0x10_0000;

export interface TraceFileOptions {
  /** shb_userappl and shb_hardware: `glassnic 0.1.0`, `board mock`. */
  readonly application: string;
  readonly hardware: string;
  /** Seconds since 1970 at Instant 0, fractions are cut; now, where it is left out. */
  readonly epoch?: number;
  /** Told once, when the file cannot be written any more (disk full, pipe closed): the trace ends there, the run goes on. */
  readonly onError: (error: LanError) => void;
}

/** Node's message without its code and its system call: `no such file or directory`. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^E\w+: /, '').replace(/, \w+( '.*')?$/, '');

/** A trace that is being written: give `trace` to whoever takes a Tracer. */
export class TraceFile {
  readonly path: string;
  readonly #encoder = new PcapngEncoder();
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #onError: (error: LanError) => void;
  readonly #timer: NodeJS.Timeout;
  /** The file's head, until the first events come. */
  #header: Uint8Array | undefined;
  readonly #isNew: boolean;
  #used = 0;
  /** Octets in the file that end with a whole block. */
  #whole = 0;
  #fd: number | undefined;

  /** Opens the file. What is in it stays until the first events come: a run that never starts leaves all as it was. Throws TRACE_WRITE. */
  constructor(path: string, options: TraceFileOptions) {
    this.path = path;
    this.#onError = options.onError;
    this.#header = this.#encoder.header({
      application: options.application,
      hardware: options.hardware,
      operatingSystem: `${type()} ${release()} ${arch()}`,
      epoch: Math.floor(options.epoch ?? Date.now() / 1_000),
    });
    try {
      this.#isNew = !existsSync(path);
      this.#fd = openSync(path, 'a');
    } catch (error) {
      throw this.#failure(error);
    }
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref();
  }

  readonly trace = (event: TraceEvent): void => {
    if (this.#fd === undefined) return;
    const block = this.#encoder.event(event);
    if (this.#used + block.length > BUFFER) this.#flush();
    if (block.length > BUFFER) {
      this.#attempt(block);
      return;
    }
    this.#buffer.set(block, this.#used);
    this.#used += block.length;
  };

  /** Writes what is left and closes the file, or removes it where nothing ever came; safe to call twice. */
  close(): void {
    const wasOpen = this.#fd !== undefined;
    this.#flush();
    this.#release();
    if (wasOpen && this.#isNew && this.#header !== undefined) rmSync(this.path, { force: true });
  }

  /** Closes the file without what has not been written yet: a run that failed before it began leaves all as it was. */
  discard(): void {
    this.#used = 0;
    this.close();
  }

  #flush(): void {
    if (this.#used > 0) this.#attempt(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #attempt(blocks: Uint8Array): void {
    if (this.#fd === undefined) return;
    try {
      this.#begin(this.#fd);
      this.#write(this.#fd, blocks);
    } catch (error) {
      this.#dropTail(this.#fd);
      this.#release();
      this.#onError(this.#failure(error));
    }
  }

  #begin(fd: number): void {
    if (this.#header === undefined) return;
    if (fstatSync(fd).isFile()) ftruncateSync(fd, 0);
    const header = this.#header;
    this.#header = undefined;
    this.#write(fd, header);
  }

  #write(fd: number, blocks: Uint8Array): void {
    for (let done = 0; done < blocks.length; ) done += writeSync(fd, blocks, done);
    this.#whole += blocks.length;
  }

  /** A block that was only partly written is taken off again, where the file is one that can be cut. */
  #dropTail(fd: number): void {
    try {
      if (fstatSync(fd).isFile()) ftruncateSync(fd, this.#whole);
    } catch {
      // The reader copes with a cut tail, and the error that matters is the one that led here.
    }
  }

  #release(): void {
    clearInterval(this.#timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #failure(error: unknown): LanError {
    return new LanError('TRACE_WRITE', `cannot write trace '${this.path}': ${reasonOf(error)}`, { cause: error });
  }
}

/** The events of a trace file, in order. Throws TRACE_READ, TRACE_FORMAT, and, after the whole events, TRACE_TRUNCATED or TRACE_DAMAGED. */
export async function* readTraceFile(path: string): AsyncGenerator<TraceEvent, void> {
  const file = await open(path).catch((error: unknown) => {
    throw new LanError('TRACE_READ', `cannot read trace '${path}': ${reasonOf(error)}`, { cause: error });
  });
  try {
    const reader = new PcapngReader(path);
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(new Uint8Array(READ_CHUNK), 0, READ_CHUNK)
        .catch((error: unknown) => {
          throw new LanError('TRACE_READ', `cannot read trace '${path}': ${reasonOf(error)}`, { cause: error });
        });
      if (bytesRead === 0) break;
      yield* reader.push(buffer.subarray(0, bytesRead));
    }
    const fault = reader.end();
    if (fault !== undefined) throw fault;
  } finally {
    await file.close();
  }
}
