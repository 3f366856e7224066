/** A file that is there whole or not at all: written under another name beside its place, and renamed at the end. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LanError } from '../base/errors.ts';

export class Download {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Rejects with OUTPUT_WRITE where `path` could not be written. */
  static async to(path: string): Promise<Download> {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    return new Download(path, temporary, await open(temporary, 'wx').catch((error) => refuse(path, error)));
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk).catch((error) => refuse(this.#path, error));
  }

  /** Everything came: puts it in its place. */
  async keep(): Promise<void> {
    await this.#file.close();
    await rename(this.#temporary, this.#path).catch((error) => refuse(this.#path, error));
  }

  /** Takes away what there is, after `keep` as well: then there is nothing. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}

function refuse(path: string, error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  // Without Node's code, and without the temporary name, which means nothing to anybody.
  const reason = text.replace(/^E\w+: /, '').replace(/, \w+( '.*')?$/, '');
  throw new LanError('OUTPUT_WRITE', `cannot write '${path}': ${reason}`, { cause: error });
}
