/** The kept images are what the sources say. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeWith } from '../tools.ts';

const compiler = (): string =>
  execFileSync('arm-none-eabi-gcc', ['--version'], { encoding: 'utf8' }).split('\n')[0] as string;

for (const image of ['lm3s6965evb.bin', 'pico.uf2']) {
  describeWith(['arm-none-eabi-gcc', 'make'], `the firmware image ${image}`, () => {
    test('is rebuilt byte for byte by the compiler that is named beside it', ({ skip }) => {
      const made = readFileSync('firmware-bridge/images/toolchain.txt', 'utf8').trim();
      // Another version of the compiler makes other code. CI has the one that is named.
      if (process.env['CI'] !== 'true')
        skip(compiler() !== made, `the image was made by ${made}, here is ${compiler()}`);
      execFileSync('make', ['-s', '-B', '-C', 'firmware-bridge', `build/${image}`]);
      const [built, kept] = ['build', 'images'].map((folder) => readFileSync(`firmware-bridge/${folder}/${image}`));
      expect(kept?.length).toBeGreaterThan(1_000);
      expect(built?.equals(kept as Buffer)).toBe(true);
    });
  });
}
