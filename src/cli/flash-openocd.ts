/** Flashing with openocd, and what an image for a Cortex-M must look like. */
import { spawn } from 'node:child_process';
import { u32le } from '../base/bytes.ts';
import { LanError } from '../base/errors.ts';
import { BOARD_NUMBERS } from '../bridge/registers.ts';

/** One thing to do: prepare, write or verify. */
interface FlashStep {
  /** `writing with openocd`. */
  readonly what: string;
  /** What a person would type for it. */
  readonly command: string;
  /** Rejects with a LanError that says what to do. */
  run(): Promise<void>;
}

/** How one board gets its firmware. */
export interface Flasher {
  /** What is wrong with an image for this board; undefined: nothing. */
  check(image: Uint8Array): string | undefined;
  steps(path: string): readonly FlashStep[];
}

/** LM3S6965 data sheet, chapter 2.4: 256 KiB of flash at 0, 64 KiB of SRAM at 0x2000_0000. */
const LM3S6965 = { flash: 0x4_0000, ram: 0x2000_0000, ramEnd: 0x2001_0000 } as const;
const BOARD_CONFIG = 'board/ek-lm3s6965.cfg';

export const lm3s6965evb: Flasher = {
  check: (image) => faultOf(image, 'lm3s6965evb', LM3S6965),
  steps: (path) => [programAndVerify(path)],
};

/** ARMv7-M, B1.5.3: word 0 is the stack's start, word 1 the reset handler with bit 0 set (Thumb). */
function faultOf(
  image: Uint8Array,
  board: string,
  chip: { readonly flash: number; readonly ram: number; readonly ramEnd: number },
): string | undefined {
  if (image.length < 64) return `it has ${image.length} bytes, less than a vector table`;
  if (image.length > chip.flash) return `it has ${image.length} bytes, more than the flash (${chip.flash})`;
  const [stack, reset] = [u32le(image, 0), u32le(image, 4)];
  if (stack <= chip.ram || stack > chip.ramEnd || stack % 4 !== 0)
    return `its stack would begin at 0x${stack.toString(16)}, outside of the RAM`;
  if (reset % 2 !== 1 || reset >= image.length)
    return `its reset handler would be at 0x${reset.toString(16)}, outside of the image`;
  const text = Buffer.from(image.buffer, image.byteOffset, image.length);
  // The firmware says its name in WELCOME, so the name is in it.
  if (text.includes(board)) return;
  const other = Object.keys(BOARD_NUMBERS).find((name) => name.length > 4 && text.includes(name));
  return other === undefined ? `the name ${board} is not in it` : `it is the firmware of ${other}`;
}

/** openocd's `program` erases, writes, reads back (`verify`) and starts the firmware (`reset`). */
function programAndVerify(path: string): FlashStep {
  // Tcl words: braces keep spaces and backslashes; a path with unbalanced braces of its own cannot be said.
  const word = /^[\w./-]+$/.test(path) ? path : `{${path}}`;
  const program = `program ${word} verify reset exit 0x0`;
  return {
    what: 'writing and verifying with openocd …',
    command: `openocd -f ${BOARD_CONFIG} -c "${program}"`,
    run: () => runOpenocd(['-f', BOARD_CONFIG, '-c', program]),
  };
}

function runOpenocd(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('openocd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-65_536);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'ENOENT'
          ? 'openocd is not installed (Debian: apt install openocd; macOS: brew install open-ocd)'
          : error.message;
      reject(new LanError('FLASH_TOOL', hint, { cause: error }));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new LanError(
            'FLASH_FAILED',
            `openocd failed (${signal ?? `exit code ${code}`}): ${firstError(log)}; is the board plugged in, and may you use its USB port?`,
          ),
        );
    });
  });
}

const firstError = (log: string): string =>
  /^Error: (.*)$/m.exec(log)?.[1] ?? log.trim().split('\n').at(-1) ?? 'it said nothing';
