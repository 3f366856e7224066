/** Flashing with openocd, and what an image for a Cortex-M must look like. */
import { spawn } from 'node:child_process';
import { u32le } from '../base/bytes.ts';
import { LanError } from '../base/errors.ts';
import { BOARD_NUMBERS } from '../bridge/registers.ts';
import type { Flasher, FlashStep } from './flash-step.ts';

/** LM3S6965 data sheet, chapter 2.4: 256 KiB of flash at 0, 64 KiB of SRAM at 0x2000_0000. */
const LM3S6965 = { flash: 0x4_0000, ram: 0x2000_0000, ramEnd: 0x2001_0000 } as const;
const BOARD_CONFIG = 'board/ek-lm3s6965.cfg';

export const lm3s6965evb: Flasher = {
  extension: '.bin',
  hasDrive: false,
  check: (image) => faultOf(image, 'lm3s6965evb', LM3S6965),
  steps: ({ path }) => [
    openocd('prepare', 'looking for openocd', ['--version']),
    // `program` erases and writes; `reset` starts what it wrote.
    openocd('write', 'writing with openocd', script(`program ${word(path)} reset exit 0x0`)),
    openocd('verify', 'reading back with openocd', script(verify(word(path)))),
  ],
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

const script = (text: string): readonly string[] => ['-f', BOARD_CONFIG, '-c', text];
const verify = (file: string): string => `init; reset halt; verify_image ${file} 0x0 bin; reset run; shutdown`;
/** A Tcl word: braces keep spaces and backslashes; a path with unbalanced braces of its own cannot be said. */
const word = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `{${path}}`);

function openocd(kind: FlashStep['kind'], what: string, args: readonly string[]): FlashStep {
  const typed = args.map((arg) => (/^[\w./-]+$/.test(arg) ? arg : `"${arg}"`)).join(' ');
  const done = { prepare: 'openocd is there', write: 'written', verify: 'the flash holds the image' }[kind];
  return { kind, what, command: `openocd ${typed}`, run: (signal) => runOpenocd(args, signal).then(() => done) };
}

function runOpenocd(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('openocd', args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-65_536);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const hint =
        error.code === 'ENOENT'
          ? 'openocd is not installed (Debian: apt install openocd; macOS: brew install open-ocd)'
          : error.message;
      reject(new LanError('FLASH_TOOL', hint, { cause: error }));
    });
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else
        reject(
          new LanError(
            'FLASH_FAILED',
            `openocd failed (${killedBy ?? `exit code ${code}`}): ${firstError(log)}; is the board plugged in, and may you use its USB port?`,
          ),
        );
    });
  });
}

const firstError = (log: string): string =>
  /^Error: (.*)$/m.exec(log)?.[1] ?? log.trim().split('\n').at(-1) ?? 'it said nothing';
