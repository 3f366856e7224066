/** README.md is true: its commands run, its example prints, its documents exist. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { freePorts } from '../src/bridge/transports/free-ports.ts';
import { type Ended, run, start } from './cli/run.ts';
import { StandInPico } from './cli/stand-in-pico.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string);

const folder = mkdtempSync(join(tmpdir(), 'glassnic-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a laptop can run: on the mock board and the emulated Pico, and what needs no board at all. */
const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => /^npx glassnic ([^#]*)/.exec(line)?.[1]?.trim())
  .filter((command) => command !== undefined)
  .filter((command) => !/--board(?! emulator:pico)|--cable/.test(command))
  .filter((command) => !/^(ports|flash)\b(?!.*--dry-run)/.test(command));

describe('README.md', () => {
  test('shows commands for all three ways of use', () => {
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });

  test.for(commands)('its command works: glassnic %s', async (command) => {
    const { code, stdout, stderr } = await run(folder, ...command.split(' '));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });

  test('its example of the library runs and prints the size of an answer with 1,024 octets', async () => {
    const [example = ''] = blocks('ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', example], {
      cwd: root,
    });
    expect(Number(stdout)).toBeGreaterThan(1_024);
    expect(Number(stdout)).toBeLessThan(1_300);
  });

  test('its documents and files exist', () => {
    const named = [...readme.matchAll(/`((?:src|test|hw|firmware-bridge)\/[\w./-]+|[A-Z]+\.md)`/g)].map(
      (match) => match[1] as string,
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

/** A block of the shell in a list, and the block of output behind it. */
const STEP = /^ {3}```sh\n {3}npx glassnic ([^\n]*)\n {3}```\n {3}```\n([\s\S]*?)^ {3}```$/gm;
/** Times differ from run to run, and how often a board says again, after 60 ms, what a busy computer has not acknowledged; nothing else does. */
const timeless = (text: string): string => text.replace(/\d+\.\d{3}(?=\/| ms)|\d+(?= cells sent again)/g, '#');

describe("README.md's path of a new user with a Pico, walked with the emulated one", () => {
  const steps = [...readme.matchAll(STEP)].map(([, command = '', output = '']) => ({
    command,
    output: output.replace(/^ {3}/gm, ''),
  }));
  const step = (name: string) => steps.find(({ command }) => command.startsWith(name)) ?? { command: name, output: '' };
  const withPico = (command: string, ...more: string[]): Promise<Ended> => {
    const [onSerial, ...others] = command.split('serial:/dev/ttyACM0');
    expect(others).toHaveLength(1);
    return run(folder, ...`${onSerial}emulator:pico${others[0]}`.split(' '), ...more);
  };

  test('has its four steps, and each has its output', () => {
    expect(steps.map(({ command }) => command.split(' ')[0])).toEqual(['flash', 'selftest', 'ping', 'get']);
  });

  test('flash prints what it says', async () => {
    const { command, output } = step('flash');
    const pico = await StandInPico.plug(join(folder, 'RPI-RP2'));
    const { code, stdout, stderr } = await run(
      folder,
      ...[...command.split(' '), '--drive', pico.drive, '--board', pico.board],
    ).finally(() => pico.unplug());
    const seen = stdout.replaceAll(pico.drive, '/media/you/RPI-RP2').replaceAll(pico.board, 'serial:/dev/ttyACM0');
    expect({ code, stderr, seen }).toEqual({ code: 0, stderr: '', seen: output });
  });

  test('selftest prints what it says', async () => {
    const { command, output } = step('selftest');
    const { code, stdout, stderr } = await withPico(command);
    expect({ code, stderr, seen: timeless(stdout) }).toEqual({ code: 0, stderr: '', seen: timeless(output) });
  });

  test('ping and get print what they say, where another glassnic serves at 192.168.1.1', async () => {
    const [near, far] = await freePorts();
    const cable = (own: number, other: number): string[] => ['--cable', `udp:${own}:127.0.0.1:${other}`];
    const server = start(folder, 'serve', ...cable(far, near), '--ip', '192.168.1.1/24');
    try {
      await server.says('serving');
      for (const name of ['ping', 'get']) {
        const { command, output } = step(name);
        const { code, stdout, stderr } = await withPico(command, ...cable(near, far));
        expect({ code, stderr, seen: timeless(stdout) }).toEqual({ code: 0, stderr: '', seen: timeless(output) });
      }
    } finally {
      server.child.kill('SIGINT');
      await server.ended;
    }
  });
});
