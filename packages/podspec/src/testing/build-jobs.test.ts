import { buildEnvironmentSpec, buildJobSpec, buildJobStatus, parseBuildEnvironment, parseBuildJob } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { renderCases } from './build-jobs.ts';
import { schemaPaths, valuePaths } from './schema-paths.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

describe('the random jobs and environments', () => {
  it('are what the schemas accept, with nothing that the schemas do not know', () => {
    fc.assert(
      fc.property(renderCases, ({ job, environments }) => {
        expect(parseBuildJob(job)).toStrictEqual(job);
        for (const environment of environments) expect(parseBuildEnvironment(environment)).toStrictEqual(environment);
      }),
      { numRuns: 500 },
    );
  });

  const sample = fc.sample(renderCases, { numRuns: 600, seed: 20_261_124 });
  // Probes and hooks are for sidecars: the API server takes none in an init container.
  const sidecarsOnly = ['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'].map(part => `initContainers[].${part}`);

  it.each([
    ['the spec of a BuildJob', buildJobSpec, sample.map(({ job }) => job.spec), sidecarsOnly],
    ['the status of a BuildJob', buildJobStatus, sample.map(({ job }) => job.status), []],
    [
      'the spec of a BuildEnvironment',
      buildEnvironmentSpec,
      sample.flatMap(({ environments }) => environments.map(({ spec }) => spec)),
      sidecarsOnly,
    ],
  ])('together have every field of %s', (_what, schema, values, except) => {
    const used = new Set(values.flatMap(value => valuePaths(value)));
    expect([...schemaPaths(schema)].filter(path => !used.has(path))).toStrictEqual(except);
  });
});
