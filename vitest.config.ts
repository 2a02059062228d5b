import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** vitest leaves one to itself, which of two is half of the machine. */
const cores = availableParallelism();

/** A message that leaves out values tells nothing of a failure that does not come again. */
const chaiConfig = { truncateThreshold: 2000 };

export default defineConfig({
  test: {
    projects: [
      {
        name: 'unit',
        // Most of the time went into loading the same modules for each file.
        isolate: false,
        maxWorkers: cores,
        // No test waits for a clock; a busy machine may still take its time.
        testTimeout: 30_000,
        setupFiles: ['e2e/setup/src/property-seed.ts'],
        include: ['{packages,services,e2e}/*/src/**/*.test.ts'],
        exclude: [
          '**/*.integration.test.ts',
          'e2e/{skeleton,resources}/**',
          'e2e/chaos/src/*.test.ts',
          'e2e/{admission,jobspawner}/src/{,disruptive/,kubernetes-plugin/,whole-pipeline/}*.test.ts',
        ],
      },
      {
        // Against a real API server or a real agent of their own; each file starts what it needs.
        name: 'integration',
        setupFiles: ['e2e/setup/src/property-seed.ts'],
        include: ['{packages,services,e2e}/*/src/**/*.integration.test.ts'],
        testTimeout: 120_000,
        hookTimeout: 180_000,
        maxWorkers: cores,
      },
      {
        // Against the shared local cluster, which the runner has brought up.
        name: 'skeleton',
        include: ['e2e/skeleton/src/*.test.ts'],
        globalSetup: ['e2e/skeleton/src/global-setup.ts'],
        testTimeout: 600_000,
        hookTimeout: 180_000,
        // These wait more than they work.
        maxWorkers: 3,
        maxConcurrency: 8,
      },
      {
        // The same, in a run of its own: these kill the controller and the API server under whatever runs beside them.
        name: 'skeleton-disruptive',
        include: ['e2e/skeleton/src/disruptive/*.test.ts'],
        globalSetup: ['e2e/skeleton/src/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
        maxConcurrency: 16,
      },
      {
        // Every end that a job can have, and where jobs run. Tests that break a node have one of their own.
        name: 'resources',
        include: ['e2e/resources/src/*.test.ts'],
        globalSetup: ['e2e/resources/src/global-setup.ts'],
        testTimeout: 600_000,
        hookTimeout: 180_000,
        maxWorkers: 5,
        maxConcurrency: 8,
      },
      {
        name: 'resources-disruptive',
        include: ['e2e/resources/src/disruptive/*.test.ts'],
        globalSetup: ['e2e/resources/src/disruptive/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
        maxConcurrency: 16,
      },
      {
        // What is taken and what is refused, by the deployed webhooks. Some tests change the configuration or the namespace for all.
        name: 'admission',
        include: ['e2e/admission/src/*.test.ts'],
        setupFiles: ['e2e/setup/src/property-seed.ts'],
        globalSetup: ['e2e/admission/src/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
      },
      {
        // The webhooks killed, replaced and their certificates rotated while admissions go on.
        name: 'admission-disruptive',
        include: ['e2e/admission/src/disruptive/*.test.ts'],
        globalSetup: ['e2e/admission/src/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
      },
      {
        // Buildkite's jobs become BuildJobs by themselves: nobody makes one here. Each file has a queue of its own.
        name: 'jobspawner',
        include: ['e2e/jobspawner/src/**/*.test.ts'],
        exclude: ['e2e/jobspawner/src/disruptive/**', 'e2e/jobspawner/src/kubernetes-plugin/cases/**'],
        globalSetup: ['e2e/jobspawner/src/global-setup.ts', 'e2e/jobspawner/src/kubernetes-plugin/global-setup.ts'],
        testTimeout: 600_000,
        hookTimeout: 180_000,
        maxWorkers: 4,
        maxConcurrency: 16,
      },
      {
        // The jobspawner killed, replaced and configured anew.
        name: 'jobspawner-disruptive',
        include: ['e2e/jobspawner/src/disruptive/*.test.ts'],
        globalSetup: ['e2e/jobspawner/src/disruptive/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
        maxConcurrency: 16,
      },
      {
        // 300 jobs while everything beneath them is killed and Buildkite stumbles.
        name: 'chaos',
        include: ['e2e/chaos/src/*.test.ts'],
        globalSetup: ['e2e/chaos/src/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 180_000,
      },
    ].map(test => ({ test: { chaiConfig, ...test } })),
  },
});
