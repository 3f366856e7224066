import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    // A real SerialPort in a worker thread ends the process (node-serialport's poller runs on the main loop).
    pool: 'forks',
    // vitest leaves one core idle by itself; on two that is half of them, and many suites wait for time-outs.
    maxWorkers: availableParallelism(),
    globalSetup: 'test/seed.ts',
    testTimeout: 30_000,
    // `npm run soak`: the same suites, for as long as their claims need.
    env: mode === 'soak' ? { SOAK: '1' } : {},
  },
}));
