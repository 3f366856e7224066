/** The Pico's serial port before and after it is flashed: into the boot loader, and who has come back. */
import { LanError } from '../base/errors.ts';
import { seconds } from '../base/time.ts';
import { PROTOCOL } from '../bridge/link/greeting.ts';
import type { BoardIdentity } from '../bridge/register-bus.ts';
import { BOARD_NUMBERS, BOARD_REGISTERS, BOOT_MAGIC, board } from '../bridge/registers.ts';
import { listPorts, PICO_USB, type PortInfo, touch } from '../bridge/transports/serial.ts';
import { type BoardSession, withSession } from './board-session.ts';
import { freshSeed } from './options.ts';

/** Of the firmware in firmware-bridge/images: firmware-bridge/core/board.c. */
export const FIRMWARE = '1.0';
/** The line is lost as soon as the board restarts; one that says nothing of it (a port server) is not waited for. */
const RESTART_WITHIN = seconds(2);

/** The computer as flashing sees it, beside its files; tests give their own. `board`: as `--board` says it. */
export interface Surroundings {
  listPorts(): Promise<readonly PortInfo[]>;
  /** Opens a session and tells who answers. Rejects with a LanError. */
  greet(board: string, signal: AbortSignal): Promise<BoardIdentity>;
  /** Opens a session and tells the board to enter its boot loader. Rejects with a LanError. */
  restart(board: string, signal: AbortSignal): Promise<void>;
  touch(path: string): Promise<void>;
  /** Milliseconds. */
  now(): number;
  pause(ms: number): Promise<void>;
}

export const surroundings: Surroundings = {
  listPorts,
  greet: (name, signal) => session(name, signal, (open) => open.identity()),
  restart: (name, signal) => session(name, signal, (open) => restart(name, open)),
  touch,
  now: () => performance.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const session = <T>(name: string, signal: AbortSignal, work: (session: BoardSession) => Promise<T>): Promise<T> =>
  withSession({ board: name, cable: 'lan', seed: freshSeed(), signal }, work);

async function restart(name: string, open: BoardSession): Promise<void> {
  const identity = await open.identity();
  refuseOther(name, identity);
  if (!board.get('CAPS', 'bootLoader', identity.caps))
    throw new LanError(
      'NO_BOOT_LOADER',
      `${name}: the firmware there cannot start the boot loader: hold BOOTSEL while plugging it in`,
    );
  open.write(BOARD_REGISTERS.BOOT_LOADER.address, BOOT_MAGIC);
  await open.until(() => open.end !== undefined, RESTART_WITHIN);
}

function refuseOther(at: string, { name, board: number }: BoardIdentity): void {
  if (name !== 'pico' || number !== BOARD_NUMBERS.pico)
    throw new LanError('OTHER_BOARD', `${at}: the board there is '${name}', not pico`);
}

/** Tells a running Pico to enter its boot loader; what was done. */
export async function enterBootLoader(
  at: Surroundings,
  named: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const name = named ?? `serial:${await onlyPico(at)}`;
  try {
    await at.restart(name, signal);
    return `${name} restarts into its boot loader`;
  } catch (error) {
    const path = /^serial:([^?]+)/.exec(name)?.[1];
    // Other firmware may know the touch at 1200 baud; a port that cannot be opened knows nothing.
    const isDeaf = error instanceof LanError && /^(LINK_|NO_BOOT_LOADER)/.test(error.code);
    if (!isDeaf || path === undefined) throw error;
    await at.touch(path);
    return `no session at ${name}: touched at 1200 baud`;
  }
}

async function onlyPico(at: Surroundings): Promise<string> {
  const picos = (await at.listPorts()).filter(({ usb }) => usb === PICO_USB);
  const [pico] = picos;
  if (pico === undefined)
    throw new LanError(
      'PORT_NOT_FOUND',
      'no running Pico was found on USB: hold BOOTSEL while plugging it in, or name its port (--board serial:PATH)',
    );
  if (picos.length > 1)
    throw new LanError(
      'PORT_AMBIGUOUS',
      `there are several: ${picos.map(({ path }) => path).join(', ')}; --board serial:PATH says which`,
    );
  return pico.path;
}

const LOOK_EVERY_MS = 250;

export interface Return {
  /** The ports that were there while the board was not. */
  readonly before: readonly PortInfo[];
  /** As `--board` says it, if it does. */
  readonly board: string | undefined;
  readonly withinMs: number;
  /** The firmware that has to answer; undefined: any. */
  readonly firmware: string | undefined;
}

/** Waits for the flashed board, says HELLO and checks who answers: a line that says so. Rejects with NOT_VERIFIED. */
export async function awaitReturn(at: Surroundings, wanted: Return, signal: AbortSignal): Promise<string> {
  const end = at.now() + wanted.withinMs;
  let why = `no serial port has appeared within ${wanted.withinMs / 1_000} s`;
  for (;;) {
    signal.throwIfAborted();
    const name = wanted.board ?? newcomer(await at.listPorts(), wanted.before);
    if (name !== undefined)
      try {
        const identity = await at.greet(name, signal);
        refuseOther(name, identity);
        if (wanted.firmware !== undefined && identity.firmware !== wanted.firmware)
          throw new LanError(
            'OTHER_FIRMWARE',
            `${name}: it says firmware ${identity.firmware}, not ${wanted.firmware}`,
          );
        return `${name} answers: ${identity.name}, firmware ${identity.firmware}, protocol ${PROTOCOL}`;
      } catch (error) {
        // A port that has just come may still belong to the system, and a board that has just started may not answer yet.
        if (!(error instanceof LanError)) throw error;
        why = error.message;
        if (/^(OTHER_|LINK_PROTOCOL)/.test(error.code)) break;
      }
    if (at.now() >= end) break;
    await at.pause(LOOK_EVERY_MS);
  }
  throw new LanError(
    'NOT_VERIFIED',
    `the firmware was written, but nothing could be verified: ${why}; glassnic ports shows what is plugged in, --board names it, --no-verify leaves this step out`,
  );
}

/** The port that has come since, as `--board` would say it. */
function newcomer(ports: readonly PortInfo[], before: readonly PortInfo[]): string | undefined {
  const known = new Set(before.map(({ path }) => path));
  const news = ports.filter(({ path }) => !known.has(path));
  const pico = news.find(({ usb }) => usb === PICO_USB) ?? (news.length === 1 ? news[0] : undefined);
  return pico && `serial:${pico.path}`;
}
