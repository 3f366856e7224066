/** Flashing a Raspberry Pi Pico: its ROM shows a drive, takes a UF2 file and restarts (RP2040 data sheet 2.8.4). */
import { LanError } from '../base/errors.ts';
import type { PortInfo } from '../bridge/transports/serial.ts';
import { decodePicoUf2 } from '../firmware/uf2.ts';
import { BOARD_ID, copyToDrive, type DriveFiles, driveFiles, driveRoots, findDrives, refusal } from './flash-drive.ts';
import { awaitReturn, enterBootLoader, FIRMWARE, type Surroundings, surroundings } from './flash-port.ts';
import type { Flasher, FlashJob, FlashStep } from './flash-step.ts';
import { formatBytes, Progress } from './terminal.ts';

/** A desktop mounts a new drive within a second or two; a board restarts first. */
const DRIVE_WITHIN_MS = { plugged: 5_000, restarted: 15_000 } as const;
const PORT_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;

/** What a Pico is flashed from: this computer, or a test's. */
export interface Workbench {
  readonly files: DriveFiles;
  readonly roots: ReturnType<typeof driveRoots>;
  readonly at: Surroundings;
}

export const pico: Flasher = {
  extension: '.uf2',
  hasDrive: true,
  check: (image) => {
    const decoded = decodePicoUf2(image);
    return typeof decoded === 'string' ? decoded : undefined;
  },
  steps: (job) => picoSteps(job, { files: driveFiles, roots: driveRoots(process.platform), at: surroundings }),
};

/** Each step leaves to the next what it found. */
export function picoSteps(job: FlashJob, bench: Workbench): readonly FlashStep[] {
  let drive = job.drive ?? '';
  let before: readonly PortInfo[] = [];
  const named = job.drive ?? 'DRIVE';
  return [
    {
      kind: 'prepare',
      what: job.reboot === true ? 'restarting the Pico into its boot loader' : 'looking for a Pico in its boot loader',
      command:
        job.reboot === true
          ? `write 'BOOT' to BOOT_LOADER at ${job.board ?? 'the port of the Pico'}, then find its drive`
          : `find ${job.drive === undefined ? 'the drive' : `'${job.drive}'`} whose INFO_UF2.TXT says Board-ID ${BOARD_ID}`,
      run: async (signal) => {
        const restarted = await restartFor(job, bench, signal);
        drive = await awaitDrive(job, bench, signal);
        before = await bench.at.listPorts();
        return `${restarted === undefined ? '' : `${restarted}; `}the Pico's drive is ${drive}`;
      },
    },
    {
      kind: 'write',
      what: 'writing the image',
      command: `cp ${job.path} ${named}`,
      run: async () => {
        const progress = new Progress();
        const end = await copyToDrive(bench.files, drive, job.image, (written) =>
          progress.update(() => `${formatBytes(written)} of ${formatBytes(job.image.length)}`),
        ).finally(() => progress.clear());
        const note = end === 'vanished' ? 'and the Pico has restarted' : `to ${drive}`;
        return `${job.image.length} bytes written ${note}`;
      },
    },
    {
      kind: 'verify',
      what: 'waiting for the Pico to come back',
      command: `say HELLO at ${job.board ?? 'the serial port that appears'}: pico${job.isOwn ? `, firmware ${FIRMWARE}` : ''}`,
      run: (signal) => {
        const firmware = job.isOwn ? FIRMWARE : undefined;
        return awaitReturn(bench.at, { before, board: job.board, withinMs: PORT_WITHIN_MS, firmware }, signal);
      },
    },
  ];
}

/** Not where the Pico waits in its boot loader already. */
async function restartFor(job: FlashJob, bench: Workbench, signal: AbortSignal): Promise<string | undefined> {
  if (job.reboot !== true || (await look(job, bench)).drive !== undefined) return;
  return enterBootLoader(bench.at, job.board, signal);
}

async function awaitDrive(job: FlashJob, bench: Workbench, signal: AbortSignal): Promise<string> {
  // A directory that was named is there, or is not, unless a restart brings it.
  const patience =
    job.reboot === true ? DRIVE_WITHIN_MS.restarted : job.drive === undefined ? DRIVE_WITHIN_MS.plugged : 0;
  const end = bench.at.now() + patience;
  for (;;) {
    signal.throwIfAborted();
    const found = await look(job, bench);
    if (found.drive !== undefined) return found.drive;
    if (bench.at.now() >= end || found.error.code === 'DRIVE_AMBIGUOUS') throw found.error;
    await bench.at.pause(LOOK_EVERY_MS);
  }
}

type Look = { readonly drive: string } | { readonly drive: undefined; readonly error: LanError };

async function look(job: FlashJob, { files, roots }: Workbench): Promise<Look> {
  if (job.drive !== undefined) {
    const why = await refusal(files, job.drive);
    return why === undefined ? { drive: job.drive } : { drive: undefined, error: new LanError('OUTPUT_NO_DRIVE', why) };
  }
  const found = await findDrives(files, roots);
  const [drive] = found;
  if (drive !== undefined && found.length === 1) return { drive };
  return { drive: undefined, error: found.length === 0 ? missing() : several(found) };
}

const missing = (): LanError =>
  new LanError(
    'DRIVE_MISSING',
    `no Pico waits in its boot loader: hold BOOTSEL while plugging it in (or, if it runs glassnic's firmware, use --reboot), and mount its drive (Linux without a desktop: udisksctl mount -b /dev/disk/by-label/${BOARD_ID}); --drive DIR names it`,
  );
const several = (found: readonly string[]): LanError =>
  new LanError(
    'DRIVE_AMBIGUOUS',
    `several Picos wait in their boot loader: ${found.join(', ')}; --drive DIR says which`,
  );
