import { buildEnvironmentSpec, buildJobSpec } from '@buildkite-operator/crds';
import { schemaPaths, valuePaths } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { goodEnvironments, goodJobs } from './index.ts';

// Probes and hooks are for sidecars: the API server takes none in an init container.
const sidecarsOnly = ['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'].map(part => `initContainers[].${part}`);

describe('the good objects', () => {
  it('are at least 60 jobs, each with a name of its own', () => {
    expect(goodJobs.length).toBeGreaterThanOrEqual(60);
    expect(new Set(goodJobs.map(({ name }) => name)).size).toBe(goodJobs.length);
  });

  it.each([
    ['a BuildJob', buildJobSpec, goodJobs.map(({ spec }) => spec)],
    ['a BuildEnvironment', buildEnvironmentSpec, Object.values(goodEnvironments)],
  ])('together use every field of %s', (_kind, schema, specs) => {
    const used = new Set(specs.flatMap(spec => valuePaths(spec)));
    expect([...schemaPaths(schema)].filter(path => !used.has(path))).toEqual(sidecarsOnly);
  });

  it('use every environment of the corpus', () => {
    const text = JSON.stringify([goodJobs, goodEnvironments]);
    expect(Object.keys(goodEnvironments).filter(name => !text.includes(`"environment":"${name}"`))).toEqual([]);
  });
});
