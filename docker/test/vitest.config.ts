import { defineConfig } from 'vitest/config';

// Real containers: one file at a time, and nothing is tried twice.
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['docker/test/**/*.test.ts'],
    globalSetup: ['docker/test/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    teardownTimeout: 120_000,
    pool: 'forks',
    fileParallelism: false,
    retry: 0,
  },
});
