/** Which program emulates a board, and with which arguments. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LanError } from '../../base/errors.ts';

/** `lm3s6965evb`: QEMU with the firmware's image. `posix`: the firmware's core as a program of this machine, for tests. */
export const EMULATED_BOARDS = ['lm3s6965evb', 'posix'] as const;
export type EmulatedBoard = (typeof EMULATED_BOARDS)[number];

/** What the emulated board is plugged into. */
export type EmulatorCable =
  /** QEMU's own network and router at 10.0.2.2: needs no rights. */
  | { readonly kind: 'user' }
  /** A TAP interface that exists, or that root lets QEMU make. */
  | { readonly kind: 'tap'; readonly name: string }
  /** UDP on loopback, one datagram one frame: the board is at `boardPort`, whoever is its cable at `hostPort`. `posix` sends line octets, preamble to FCS. */
  | { readonly kind: 'dgram'; readonly boardPort: number; readonly hostPort: number };

/** Where the board's serial line comes out. */
export type EmulatorSerial = { readonly kind: 'socket'; readonly port: number } | { readonly kind: 'pty' };

export interface EmulatorProgram {
  readonly file: string;
  readonly args: readonly string[];
  /** Written to its input: it answers with `ready` on its output once it runs. Until then it may still end with an error, its serial line open. */
  readonly question?: string;
  readonly ready?: RegExp;
}

// From src/bridge/transports as from dist/bridge/transports.
const FIRMWARE = fileURLToPath(new URL('../../../firmware-bridge/', import.meta.url));

/** Rejects with EMULATOR_MISSING or EMULATOR_CABLE, or with EMULATOR_BUILD where the host's program cannot be built. */
export async function emulatorProgram(
  board: EmulatedBoard,
  cable: EmulatorCable,
  serial: EmulatorSerial,
): Promise<EmulatorProgram> {
  return board === 'posix' ? posix(cable, serial) : qemu(board, cable, serial);
}

async function qemu(board: string, cable: EmulatorCable, serial: EmulatorSerial): Promise<EmulatorProgram> {
  const image = join(FIRMWARE, 'images', `${board}.bin`);
  if (!(await onPath('qemu-system-arm')))
    throw new LanError('EMULATOR_MISSING', `emulator:${board} needs qemu-system-arm (Debian package qemu-system-arm)`);
  if (!(await exists(image))) throw new LanError('EMULATOR_MISSING', `emulator:${board}: no firmware image ${image}`);
  const line =
    serial.kind === 'pty'
      ? ['-serial', 'pty']
      : [
          '-chardev',
          `socket,id=line,host=127.0.0.1,port=${serial.port},server=off,nodelay=on,reconnect=1`,
          '-serial',
          'chardev:line',
        ];
  return {
    file: 'qemu-system-arm',
    args: [
      ...['-M', board, '-kernel', image, '-display', 'none', '-nodefaults', '-qmp', 'stdio'],
      ...line,
      ...qemuCable(cable),
    ],
    question: '{"execute":"qmp_capabilities"}\n',
    ready: /"return"/,
  };
}

function qemuCable(cable: EmulatorCable): string[] {
  switch (cable.kind) {
    case 'user':
      return ['-nic', 'user'];
    case 'tap':
      // A comma would begin another option of QEMU's.
      if (!/^[\w.-]{1,15}$/.test(cable.name))
        throw new LanError('EMULATOR_CABLE', `'${cable.name}' cannot be the name of a network interface`);
      return ['-nic', `tap,ifname=${cable.name},script=no,downscript=no`];
    case 'dgram': {
      const end = (side: string, port: number): string =>
        `${side}.type=inet,${side}.host=127.0.0.1,${side}.port=${port}`;
      const ends = `${end('local', cable.boardPort)},${end('remote', cable.hostPort)}`;
      return ['-netdev', `dgram,id=cable,${ends}`, '-net', 'nic,netdev=cable'];
    }
  }
}

/** Up to date afterwards, or as it was before. */
export async function buildPosix(): Promise<void> {
  if (!(await onPath('cc')) || !(await onPath('make')))
    throw new LanError('EMULATOR_MISSING', 'emulator:posix needs cc and make (Debian package build-essential)');
  try {
    await promisify(execFile)('make', ['-s', '-C', FIRMWARE, 'build/posix']);
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new LanError('EMULATOR_BUILD', `emulator:posix cannot be built: ${stderr?.trim() ?? String(cause)}`, {
      cause,
    });
  }
}

async function posix(cable: EmulatorCable, serial: EmulatorSerial): Promise<EmulatorProgram> {
  if (cable.kind === 'tap')
    throw new LanError('EMULATOR_CABLE', 'emulator:posix has a raw line, which a TAP does not take; use a UDP cable');
  if (serial.kind === 'pty') throw new LanError('EMULATOR_CABLE', 'emulator:posix has no pty');
  await buildPosix();
  const args = ['--serial', String(serial.port)];
  if (cable.kind === 'dgram') args.push('--cable', String(cable.boardPort), String(cable.hostPort));
  return { file: join(FIRMWARE, 'build', 'posix'), args };
}

const exists = async (file: string): Promise<boolean> => {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
};

/** The program's path, or undefined where the PATH has none. */
export async function onPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder !== '' && (await exists(join(folder, program)))) return join(folder, program);
  }
  return;
}
