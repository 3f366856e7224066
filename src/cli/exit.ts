/** How a run ends: exit codes, and the one line an error gets. */
import { LanError } from '../base/errors.ts';

export const EXIT = { ok: 0, network: 1, usage: 2, board: 3, internal: 4, interrupted: 130 } as const;

export const EXIT_HELP = `
Exit codes: 0 all well; 1 the network said no (refused, unreachable, timed out, HTTP error); 2 bad arguments, files or addresses;
3 trouble with the board or its link; 4 a fault in glassnic; 130 interrupted.`;

/** The run was ended by SIGINT or SIGTERM: nothing to explain. */
export class Interrupted extends Error {}

const USAGE = /^(USAGE|BAD_|UNKNOWN_|TRACE_|OUTPUT_|INPUT_|IMAGE_)/;
const INTERNAL = /^(ASSERTION|WORLD_)/;
// POSIX names of sockets' errors, and those of Node's HTTP parser.
const NETWORK = /^(E[A-Z0-9]+|HTTP_.*|HPE_.*)$/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Which exit code an error means. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  const code = codeOf(error);
  if (USAGE.test(code)) return EXIT.usage;
  if (NETWORK.test(code)) return EXIT.network;
  return error instanceof LanError && !INTERNAL.test(code) ? EXIT.board : EXIT.internal;
}

/** `glassnic: …`, one line and no stack trace; undefined where there is nothing to say. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof Interrupted) return;
  const text = (error instanceof Error ? error.message : String(error))
    .replace(/\s*\n\s*/g, '; ')
    .replace(/\p{Cc}/gu, '·');
  return exitCodeOf(error) === EXIT.internal ? `glassnic: this is a fault in glassnic: ${text}` : `glassnic: ${text}`;
}

export const usage = (message: string): LanError => new LanError('USAGE', message);
