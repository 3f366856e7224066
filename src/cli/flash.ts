/** `glassnic flash`: put the bridge firmware onto a board. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { LanError } from '../base/errors.ts';
import { usage } from './exit.ts';
import { type Flasher, lm3s6965evb } from './flash-openocd.ts';
import { note, print } from './terminal.ts';

interface FlashOptions {
  readonly dryRun?: boolean;
  readonly image?: string;
}

/** One entry a board; its firmware's image has its name. */
const FLASHERS: Readonly<Record<string, Flasher>> = { lm3s6965evb };

export function flashCommand(): Command {
  return new Command('flash')
    .description('put the bridge firmware onto a board')
    .argument('<board>', Object.keys(FLASHERS).join(', '))
    .option('--dry-run', 'check the image and print what would be run')
    .option('--image <file>', 'another image than the one that came with glassnic')
    .action(flash);
}

async function flash(board: string, options: FlashOptions): Promise<void> {
  const flasher = Object.hasOwn(FLASHERS, board) ? FLASHERS[board] : undefined;
  if (flasher === undefined)
    throw usage(`no way is known to flash '${board}' (known: ${Object.keys(FLASHERS).join(', ')})`);
  const path = options.image ?? fileURLToPath(new URL(`../../firmware-bridge/images/${board}.bin`, import.meta.url));
  const image = await readFile(path).catch((error: unknown) => {
    throw new LanError(
      'IMAGE_READ',
      `cannot read the image '${path}': ${error instanceof Error ? error.message : error}`,
    );
  });
  const fault = flasher.check(image);
  if (fault !== undefined) throw new LanError('IMAGE_WRONG', `'${path}' is no image for ${board}: ${fault}`);
  for (const step of flasher.steps(path)) {
    if (options.dryRun === true) print(step.command);
    else {
      note(`glassnic: ${step.what}`);
      await step.run();
    }
  }
  if (options.dryRun !== true) note(`glassnic: ${board} runs ${image.length} bytes of new firmware`);
}
