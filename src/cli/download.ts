/** A file that is there whole or not at all: written under another name beside its place, and renamed at the end. */
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LanError } from '../base/errors.ts';

export class Download {
  /** As the user said it, for messages. */
  readonly #name: string;
  readonly #path: string;
  /** Undefined: `path` is a device or a pipe, which takes what it is given. */
  readonly #temporary: string | undefined;
  readonly #file: FileHandle;

  private constructor(name: string, path: string, temporary: string | undefined, file: FileHandle) {
    this.#name = name;
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Rejects with OUTPUT_WRITE where `name` could not be written. */
  static async to(name: string): Promise<Download> {
    // Behind a link lies what is meant: it stays a link.
    const path = await realpath(name).catch(() => name);
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory() === true) throw new LanError('OUTPUT_WRITE', `cannot write '${name}': it is a directory`);
    const isFile = there === undefined || there.isFile();
    const temporary = isFile ? join(dirname(path), `.${basename(path)}.${process.pid}.part`) : undefined;
    const file = await open(temporary ?? path, isFile ? 'wx' : 'w').catch((error) => refuse(name, error));
    return new Download(name, path, temporary, file);
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk).catch((error) => refuse(this.#name, error));
  }

  /** Everything came: puts it in its place. */
  async keep(): Promise<void> {
    await this.#file.close().catch((error) => refuse(this.#name, error));
    if (this.#temporary !== undefined)
      await rename(this.#temporary, this.#path).catch((error) => refuse(this.#name, error));
  }

  /** Takes away what there is; after `keep`, nothing. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    if (this.#temporary !== undefined) await rm(this.#temporary, { force: true });
  }
}

function refuse(name: string, error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  // Without Node's code, and without the temporary name, which means nothing to anybody.
  const reason = text.replace(/^E\w+: /, '').replace(/, \w+( '.*')?$/, '');
  throw new LanError('OUTPUT_WRITE', `cannot write '${name}': ${reason}`, { cause: error });
}
