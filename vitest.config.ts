import { defineConfig } from 'vitest/config';

/** They look at what Vite has built, by `needBuiltPages()`. A run without them builds nothing. */
const ofBuiltPages = ['web/first-load.test.ts'];

const settings = { testTimeout: 20_000, hookTimeout: 60_000, pool: 'forks' } as const;

export default defineConfig({
  test: {
    globalSetup: ['src/testing/global-setup.ts'],
    // Half of the time is spent waiting for PostgreSQL and for processes.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...settings,
          name: 'tests',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'web/**/*.test.ts'],
          exclude: ofBuiltPages,
        },
      },
      {
        test: {
          ...settings,
          name: 'built pages',
          include: ofBuiltPages,
          globalSetup: ['web/testing/build-pages.ts'],
        },
      },
    ],
  },
});
