/** README.md is true: its commands run, its example prints, its documents exist. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string);

const folder = mkdtempSync(join(tmpdir(), 'glassnic-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a laptop can run: on the mock board and the simulated LAN, and what needs no board at all. */
const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => /^npx glassnic ([^#]*)/.exec(line)?.[1]?.trim())
  .filter((command) => command !== undefined)
  .filter((command) => !/--board|--cable/.test(command) && !/^(ports|flash)\b(?!.*--dry-run)/.test(command));

describe('README.md', () => {
  test('shows commands for all three ways of use', () => {
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });

  test.for(commands)('its command works: glassnic %s', async (command) => {
    const { stdout } = await run(process.execPath, [join(root, 'dist/cli/main.js'), ...command.split(' ')], {
      cwd: folder,
    });
    expect(stdout).not.toBe('');
  });

  test('its example of the library runs and prints the size of an answer with 1,024 octets', async () => {
    const [example = ''] = blocks('ts');
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', example], { cwd: root });
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
