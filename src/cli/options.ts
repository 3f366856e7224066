/** The options of every command that runs a host, and the run itself. */
import { Command, Option } from 'commander';
import { parseIp, parseMac, parsePrefix } from '../base/address.ts';
import { Interrupted, usage } from './exit.ts';
import { type HostOptions, openHost, type RunningHost } from './open-host.ts';

/** What the command line says of a host, and how patient to be. */
export interface CommonOptions extends Omit<HostOptions, 'signal' | 'onTraceError'> {
  /** Seconds. */
  readonly timeout: number;
}

/** A parser that leaves the text as it is, once `check` has not thrown. */
const checked =
  (check: (text: string) => unknown) =>
  (text: string): string => {
    check(text);
    return text;
  };

/** A number between two bounds; `what` names it in the error. */
export const numberBetween =
  (what: string, low: number, high: number, whole = true) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value) || value < low || value > high || (whole && !Number.isInteger(value)))
      throw usage(`'${text}' is no ${what} (${whole ? 'a whole number' : 'a number'} from ${low} to ${high})`);
    return value;
  };

/** `--board` and `--cable`, of every command that has them. */
export const withBoard = (command: Command): Command =>
  command
    .option('--board <board>', 'mock, serial:PATH[?baud=N], tcp:HOST:PORT or emulator:NAME[?serial=…]', 'mock')
    .option('--cable <cable>', 'what a mock or emulated board is plugged into: lan, tap:NAME, udp:… or user', 'lan');

/** A command with the options of a host on it. */
export function hostCommand(name: string, timeout: number): Command {
  return withBoard(new Command(name))
    .option('--ip <address/length>', 'own address (on lan: 192.0.2.2/24, on user: 10.0.2.15/24)', checked(parsePrefix))
    .option('--gateway <address>', 'next hop for other networks (on user: 10.0.2.2)', checked(parseIp))
    .option('--mac <address>', "what the card's ROM holds", checked(parseMac))
    .option('--seed <number>', 'of everything random', numberBetween('seed', 0, 0xffff_ffff))
    .option('--trace <file>', 'write what happens to a pcapng file')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for an answer')
        .default(timeout)
        .argParser(numberBetween('time in seconds', 0.001, 86_400, false)),
    );
}

/** Chance that nobody asked to be the same twice still has a seed. */
export const freshSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;

function hostOptions(options: CommonOptions, signal: AbortSignal, onTraceError: (error: Error) => void): HostOptions {
  const { board, cable, ip, gateway, mac, seed = freshSeed(), trace } = options;
  return {
    board,
    cable,
    seed,
    ...(ip === undefined ? {} : { ip }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(mac === undefined ? {} : { mac }),
    ...(trace === undefined ? {} : { trace }),
    onTraceError,
    signal,
  };
}

/** Runs `work` until it is done or SIGINT or SIGTERM came; a second signal ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(new Interrupted('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Opens a host, runs `work` on it and closes it, however `work` ends. A trace that could not be written fails the run, but only at its end. */
export function withHost<T>(
  options: CommonOptions,
  work: (host: RunningHost, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(async (signal) => {
    let traceError: Error | undefined;
    const host = await openHost(
      hostOptions(options, signal, (error) => {
        traceError = error;
      }),
    );
    let result: T;
    try {
      result = await work(host, signal);
    } finally {
      await host.close();
    }
    if (traceError !== undefined) throw traceError;
    return result;
  });
}
