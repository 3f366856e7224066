/** `glassnic flash`: put the bridge firmware onto a board, in the same steps for every board. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { LanError } from '../base/errors.ts';
import { parseBoard } from '../bridge/transports/board-address.ts';
import { usage } from './exit.ts';
import { lm3s6965evb } from './flash-openocd.ts';
import { pico } from './flash-pico.ts';
import type { Flasher } from './flash-step.ts';
import { interruptible } from './options.ts';
import { Progress, print } from './terminal.ts';

interface FlashOptions {
  readonly dryRun?: boolean;
  readonly image?: string;
  readonly drive?: string;
  readonly board?: string;
  readonly reboot?: boolean;
  readonly verify: boolean;
}

/** One entry a board; its firmware's image has its name. */
const FLASHERS: Readonly<Record<string, Flasher>> = { pico, lm3s6965evb };

export function flashCommand(): Command {
  return new Command('flash')
    .description('put the bridge firmware onto a board: prepare, write, verify')
    .argument('<board>', Object.keys(FLASHERS).join(', '))
    .option('--dry-run', 'check the image and print what would be done')
    .option('--image <file>', 'another image than the one that came with glassnic')
    .option('--no-verify', 'do not ask the board, or read its flash, afterwards')
    .option('--drive <directory>', 'pico: where its drive is mounted, if that is not found by itself')
    .option('--reboot', 'pico: first tell the running firmware to enter the boot loader')
    .option('--board <board>', 'pico: where it answers before and after (serial:PATH), if that is not found by itself')
    .action(flash);
}

async function flash(name: string, options: FlashOptions): Promise<void> {
  const flasher = Object.hasOwn(FLASHERS, name) ? FLASHERS[name] : undefined;
  if (flasher === undefined)
    throw usage(`no way is known to flash '${name}' (known: ${Object.keys(FLASHERS).join(', ')})`);
  const { dryRun = false, drive, board, reboot = false } = options;
  if (!flasher.hasDrive && (drive !== undefined || board !== undefined || reboot))
    throw usage(`'${name}' is flashed with openocd: --drive, --board and --reboot are for boards with a drive (pico)`);
  if (board !== undefined) parseBoard(board);
  const own = new URL(`../../firmware-bridge/images/${name}${flasher.extension}`, import.meta.url);
  const path = options.image ?? fileURLToPath(own);
  const image = await readImage(path);
  const fault = flasher.check(image);
  if (fault !== undefined) throw new LanError('IMAGE_WRONG', `'${path}' is no image for ${name}: ${fault}`);
  const job = {
    path,
    image,
    isOwn: options.image === undefined,
    reboot,
    ...(drive === undefined ? {} : { drive }),
    ...(board === undefined ? {} : { board }),
  };
  const steps = flasher.steps(job).filter(({ kind }) => options.verify || kind !== 'verify');
  if (dryRun) {
    for (const { kind, command } of steps) print(`${kind.padEnd(7)}  ${command}`);
    return;
  }
  const progress = new Progress();
  await interruptible(async (signal) => {
    for (const { kind, what, run } of steps) {
      progress.update(() => `${what} …`);
      const result = await run(signal).finally(() => progress.clear());
      print(`${kind.padEnd(7)}  ${result}`);
      signal.throwIfAborted();
    }
  });
  if (!options.verify) print('verify   left out: whether the board runs it nobody has looked');
}

const readImage = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((error: unknown) => {
    throw new LanError(
      'IMAGE_READ',
      `cannot read the image '${path}': ${error instanceof Error ? error.message : error}`,
    );
  });
