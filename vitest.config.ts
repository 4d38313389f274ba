import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'web/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    setupFiles: [],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Half of the time is spent waiting for PostgreSQL and for processes.
    maxWorkers: 2,
  },
});
