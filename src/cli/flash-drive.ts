/** The drive that an RP2040 shows while it waits for firmware (data sheet 2.8.4): found by the INFO_UF2.TXT on it, written to until it vanishes. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LanError } from '../base/errors.ts';

const INFO = 'INFO_UF2.TXT';
/** Of every RP2040's ROM. */
export const BOARD_ID = 'RPI-RP2';
const FILE = 'glassnic.uf2';

/** What of a file system is used here; tests give their own. */
export interface DriveFiles {
  /** Names in a directory; none where there is no such directory. */
  list(directory: string): Promise<readonly string[]>;
  /** Rejects as node:fs does. */
  read(file: string): Promise<string>;
  create(file: string): Promise<DriveFile>;
}
export interface DriveFile {
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const driveFiles: DriveFiles = {
  list: (directory) => readdir(directory).catch(() => []),
  read: (file) => readFile(file, 'latin1'),
  create: (file) => open(file, 'w'),
};

/** Where this system mounts drives: directories full of them, and, on Windows, the drives themselves. */
export function driveRoots(platform: NodeJS.Platform): {
  readonly parents: readonly string[];
  readonly drives: readonly string[];
} {
  if (platform === 'win32')
    return { parents: [], drives: [...'DEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `${letter}:\\`) };
  if (platform === 'darwin') return { parents: ['/Volumes'], drives: [] };
  // With sudo the drive is still mounted for the user who plugged it in.
  const users = new Set([process.env['SUDO_USER'], process.env['USER']].filter((user) => user !== undefined));
  return { parents: [...[...users].flatMap((user) => [`/run/media/${user}`, `/media/${user}`]), '/media'], drives: [] };
}

/** The Picos in their boot loader among all drives. */
export async function findDrives(files: DriveFiles, roots: ReturnType<typeof driveRoots>): Promise<readonly string[]> {
  const lists = await Promise.all(
    roots.parents.map(async (parent) => (await files.list(parent)).map((name) => join(parent, name))),
  );
  const found: string[] = [];
  for (const drive of [...roots.drives, ...lists.flat()])
    if ((await refusal(files, drive)) === undefined) found.push(drive);
  return found;
}

/** Why a directory is not the drive of a Pico in its boot loader; undefined: it is. */
export async function refusal(files: DriveFiles, drive: string): Promise<string | undefined> {
  let info: string;
  try {
    info = await files.read(join(drive, INFO));
  } catch {
    return `'${drive}' is no UF2 drive: there is no ${INFO} that can be read in it`;
  }
  const id = /^Board-ID:[ \t]*(.*?)\s*$/m.exec(info)?.[1] ?? '';
  if (id === BOARD_ID) return;
  return `'${drive}' is the drive of another board: its Board-ID is '${id}', a Pico's is ${BOARD_ID}`;
}

const BLOCK = 512;
const CHUNK = 8 * BLOCK;
/** The board restarts when the last block has come, and its drive with it. UNKNOWN: libuv has no name for what Windows says of a device that has gone. */
const VANISHED = /^(EIO|ENODEV|ENOENT|ENXIO|UNKNOWN)$/;

/**
 * Copies `image`, whole UF2 blocks, to the drive. That the drive vanishes is success once every byte has been handed over, and DRIVE_GONE before that.
 * Rejects with DRIVE_FULL, DRIVE_DENIED, DRIVE_READ_ONLY or DRIVE_FAILED, too.
 */
export async function copyToDrive(
  files: DriveFiles,
  drive: string,
  image: Uint8Array,
  onProgress: (written: number) => void,
): Promise<'kept' | 'vanished'> {
  let written = 0;
  let file: DriveFile | undefined;
  try {
    file = await files.create(join(drive, FILE));
    while (written < image.length) {
      // The last block goes by itself: if its write fails, all the others have been taken.
      const last = image.length - BLOCK;
      const end = written >= last ? image.length : Math.min(written + CHUNK, last);
      const isLast = end === image.length;
      const size = end - written;
      const writing = file.write(image.subarray(written, end));
      // From here on the board may have all of it, whatever becomes of the call.
      if (isLast) written = image.length;
      if ((await writing).bytesWritten < size) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      written = end;
      onProgress(written);
    }
    await file.sync();
    await file.close();
    return 'kept';
  } catch (error) {
    await file?.close().catch(() => {});
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (written >= image.length && VANISHED.test(code)) return 'vanished';
    throw explain(drive, code, written, error);
  }
}

function explain(drive: string, code: string, written: number, cause: unknown): LanError {
  const failed = (name: string, what: string): LanError => new LanError(name, `'${drive}' ${what}`, { cause });
  if (VANISHED.test(code) && written > 0)
    return failed(
      'DRIVE_GONE',
      `vanished after ${written} bytes, too early: check the USB cable, hold BOOTSEL and plug in again`,
    );
  switch (code) {
    case 'ENOSPC':
      return failed(
        'DRIVE_FULL',
        `is full after ${written} bytes: hold BOOTSEL and plug the Pico in again, then its drive is empty`,
      );
    case 'EACCES':
    case 'EPERM':
      return failed(
        'DRIVE_DENIED',
        'may not be written by you: mount it as yourself (udisksctl mount -b /dev/disk/by-label/RPI-RP2)',
      );
    case 'EROFS':
      return failed(
        'DRIVE_READ_ONLY',
        'is mounted read-only: mount it again for writing, or plug the Pico in again with BOOTSEL held',
      );
    default:
      return failed('DRIVE_FAILED', `cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
