/** What is printed, and where: results on stdout, everything about the run on stderr. */

/** Colours for one stream: off where it is no terminal, or NO_COLOR is set (no-color.org). */
export class Style {
  readonly #on: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#on = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  }

  bold(text: string): string {
    return this.#sgr(1, text);
  }
  dim(text: string): string {
    return this.#sgr(2, text);
  }
  green(text: string): string {
    return this.#sgr(32, text);
  }
  yellow(text: string): string {
    return this.#sgr(33, text);
  }
  cyan(text: string): string {
    return this.#sgr(36, text);
  }

  #sgr(code: number, text: string): string {
    return this.#on ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

export const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};
export const printJson = (value: unknown): void => print(JSON.stringify(value));
export const note = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const REDRAW_MS = 100;

/** One line on stderr that is written over; nothing at all where stderr is no terminal. */
export class Progress {
  #drawn = 0;
  #shown = false;

  update(text: () => string): void {
    if (process.stderr.isTTY !== true) return;
    const now = performance.now();
    if (this.#shown && now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#shown = true;
    process.stderr.write(`\r\x1b[K${text()}`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** `1.0 MB`, `312 B`. */
export function formatBytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1_000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** `41.3 Mbit/s`. */
export const formatRate = (bytes: number, seconds: number): string =>
  seconds > 0 ? `${((bytes * 8) / seconds / 1_000_000).toFixed(1)} Mbit/s` : '–';
