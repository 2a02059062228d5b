import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // No test waits for a clock; a busy machine may still take its time.
          testTimeout: 30_000,
          setupFiles: ['e2e/setup/src/property-seed.ts'],
          include: ['{packages,services,e2e}/*/src/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', 'e2e/skeleton/**'],
        },
      },
      {
        // Against a real API server or a real agent of their own; each file starts what it needs.
        test: {
          name: 'integration',
          setupFiles: ['e2e/setup/src/property-seed.ts'],
          include: ['{packages,services,e2e}/*/src/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        // Against the shared local cluster, which the runner has brought up.
        test: {
          name: 'skeleton',
          include: ['e2e/skeleton/src/*.test.ts'],
          globalSetup: ['e2e/skeleton/src/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // These wait more than they work.
          maxWorkers: 3,
          maxConcurrency: 8,
        },
      },
      {
        // The same, in a run of its own: these kill the controller and the API server under whatever runs beside them.
        test: {
          name: 'skeleton-disruptive',
          include: ['e2e/skeleton/src/disruptive/*.test.ts'],
          globalSetup: ['e2e/skeleton/src/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxConcurrency: 16,
        },
      },
    ],
  },
});
