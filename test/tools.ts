/** Suites that need a tool of the machine: skipped with the reason printed, a failure where `CI=true`. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { describe } from 'vitest';

export type Need =
  | 'root'
  | 'tun'
  | 'cc'
  | 'arm-none-eabi-gcc'
  | 'qemu-system-arm'
  | 'tshark'
  | 'nginx'
  | 'curl'
  | 'ip'
  | 'ping'
  | 'socat'
  | 'openocd'
  | 'make'
  | 'mkfifo'
  | 'git'
  | 'koffi';

const has: Record<'root' | 'tun' | 'koffi' | 'git', () => boolean> = {
  // The program, and a clone for it to look at.
  git: () => onPath('git') && existsSync(new URL('../.git', import.meta.url)),
  root: () => process.getuid?.() === 0,
  tun: () => {
    try {
      accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  koffi: () => {
    try {
      import.meta.resolve('koffi');
      return true;
    } catch {
      return false;
    }
  },
};

const onPath = (tool: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const missing = (needs: readonly Need[]): Need[] =>
  needs.filter((need) => !(need in has ? has[need as keyof typeof has]() : onPath(need)));

/** As vitest's `describe`, for a suite that runs only where every need is met. */
export function describeWith(needs: readonly Need[], name: string, suite: () => void): void {
  const gaps = missing(needs);
  if (gaps.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `${name}: needs ${gaps.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(`CI must not skip: ${reason}`);
  process.stderr.write(`skipped — ${reason}\n`);
  describe.skip(`${name} (skipped: needs ${gaps.join(', ')})`, suite);
}
