/** The whole path against a stack that nobody here wrote: the Linux kernel on a TAP, both roles, on the mock board and on the emulated one. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { describeWith } from '../tools.ts';
import { GLASSNIC, Namespace } from './namespace.ts';

const seed = Number(process.env['SEED'] ?? 1);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** How much is fetched each way: the emulated Pico is slower than a real one. */
const boards = [
  ['mock', ['root', 'tun', 'ip', 'koffi', 'nginx', 'curl', 'ping', 'tshark'], 1_024],
  ['emulator:lm3s6965evb', ['root', 'tun', 'ip', 'nginx', 'curl', 'ping', 'tshark', 'qemu-system-arm'], 1_024],
  ['emulator:pico', ['root', 'tun', 'ip', 'koffi', 'nginx', 'curl', 'ping', 'tshark'], 64],
] as const;

for (const [board, needs, kilobytes] of boards) {
  const file = new Random(seed).fill(new Uint8Array(kilobytes << 10));
  /** Of full segments, without acknowledgements. */
  const framesAtLeast = file.length / 1_460;
  describeWith(needs, `${board} on a TAP with the Linux kernel (SEED=${seed})`, () => {
    let kernel: Namespace;
    let common: string[];
    beforeAll(async () => {
      kernel = new Namespace();
      common = ['--board', board, '--cable', `tap:${kernel.tap}`, '--ip', `${kernel.card}/24`, '--seed', String(seed)];
      writeFileSync(join(kernel.folder, 'file'), file);
      await kernel.nginx();
    });
    afterAll(() => kernel?.remove());

    test('glassnic pings the kernel', async () => {
      const capture = await kernel.capture('icmp', 6);
      const ping = await kernel.glassnic('ping', kernel.kernel, '--count', '3', '--interval', '0.05', ...common);
      expect(ping).toMatchObject({ code: 0, stdout: expect.stringMatching(/3 .*received/) });
      expect(await capture.stop()).toMatchObject({ faults: [] });
    });

    test(`glassnic gets ${kilobytes} KB from nginx, SHA-256 equal, and tshark finds no fault on the TAP`, async () => {
      const capture = await kernel.capture('tcp.flags.fin == 1', 2);
      const out = join(kernel.folder, 'got');
      const get = await kernel.glassnic('get', `http://${kernel.kernel}/file`, '-o', out, ...common);
      expect(get).toMatchObject({ code: 0 });
      expect(sha256(readFileSync(out))).toBe(sha256(file));
      const { faults, frames } = await capture.stop();
      expect(faults).toEqual([]);
      expect(frames).toBeGreaterThan(framesAtLeast);
    });

    describe('with glassnic serve running', () => {
      let server: { stop: () => Promise<string> };
      beforeAll(async () => {
        server = await kernel.start(
          /listening|serving/i,
          process.execPath,
          GLASSNIC,
          'serve',
          kernel.folder,
          '--port',
          '80',
          ...common,
        );
      });
      afterAll(async () => {
        await server?.stop();
      });

      test('the kernel pings it', async () => {
        const ping = await kernel.run('ping', '-c', '3', '-i', '0.1', '-W', '2', kernel.card);
        expect(ping).toMatchObject({ code: 0, stdout: expect.stringContaining('3 received') });
      });

      test(`curl gets ${kilobytes} KB from it, SHA-256 equal, and tshark finds no fault on the TAP`, async () => {
        const capture = await kernel.capture('tcp.flags.fin == 1', 2);
        const out = join(kernel.folder, 'curled');
        const curl = await kernel.run(
          'curl',
          '-sS',
          '--fail',
          '--max-time',
          '90',
          '-o',
          out,
          `http://${kernel.card}/file`,
        );
        expect(curl).toMatchObject({ code: 0 });
        expect(sha256(readFileSync(out))).toBe(sha256(file));
        const { faults, frames } = await capture.stop();
        expect(faults).toEqual([]);
        expect(frames).toBeGreaterThan(framesAtLeast);
      });
    });
  });
}
