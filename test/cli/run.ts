/** Runs the built program as a user does, in a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr contains `text`. */
  says(text: string): Promise<void>;
  /** Resolves when stdout contains `text`. */
  prints(text: string): Promise<void>;
}

export function start(cwd: string, ...args: string[]): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  const waitFor = (stream: Readable, said: () => string, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (said().includes(text)) resolve();
      };
      stream.on('data', look);
      void ended.then(() => reject(new Error(`it ended without saying '${text}': ${stderr}`)));
      look();
    });
  return {
    child,
    ended,
    says: (text) => waitFor(child.stderr, () => stderr, text),
    prints: (text) => waitFor(child.stdout, () => stdout, text),
  };
}

export const run = (cwd: string, ...args: string[]): Promise<Ended> => start(cwd, ...args).ended;
