import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    // A real SerialPort in a worker thread ends the process (node-serialport's poller runs on the main loop).
    pool: 'forks',
    globalSetup: 'test/seed.ts',
    testTimeout: 30_000,
    // `npm run soak`: the same suites, for as long as their claims need.
    env: mode === 'soak' ? { SOAK: '1' } : {},
  },
}));
