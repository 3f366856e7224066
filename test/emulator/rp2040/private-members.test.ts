/** The driver reaches into rp2040js: a new version of it must not pass unseen. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RP2040 } from 'rp2040js';
import { expect, test } from 'vitest';
import { MEMBERS, RP2040JS_VERSION } from '../../../src/emulator/rp2040/private-members.ts';

const folder = dirname(dirname(dirname(createRequire(import.meta.url).resolve('rp2040js'))));
const esm = join(folder, 'dist', 'esm');
const sources = readdirSync(esm, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(join(esm, name), 'utf8'))
  .join('\n');
const manifest = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8'));

test('the installed version is the one that was read, and package.json asks for exactly it', () => {
  expect(manifest(join(folder, 'package.json'))['version']).toBe(RP2040JS_VERSION);
  const own = manifest(fileURLToPath(new URL('../../../package.json', import.meta.url)));
  expect(own['dependencies']).toMatchObject({ rp2040js: RP2040JS_VERSION });
});

const chip = new RP2040();
test.for(MEMBERS.map((member) => [`${member.of || 'the chip'} has ${member.member}: ${member.why}`, member] as const))(
  '%s',
  ([, { of, member, type, replacedIn }]) => {
    let owner: unknown = chip;
    for (const step of of.split('.').filter((name) => name !== '')) owner = (owner as Record<string, unknown>)[step];
    expect(typeof (owner as Record<string, unknown>)[member]).toBe(type);
    if (replacedIn !== undefined) expect(sources).toContain(replacedIn);
  },
);
