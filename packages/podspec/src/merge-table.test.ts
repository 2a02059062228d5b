import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironmentSpec, buildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../../docs/merging.md'), 'utf8');
const table = page.slice(page.indexOf('## The table'), page.indexOf('Not in the pod'));
const fieldColumn = table
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|')[1] ?? '');
const named = new Set(fieldColumn.flatMap(cell => [...cell.matchAll(/`([a-zA-Z]+)/g)].map(([, name]) => name)));

/** Fields that no pod is made of, or not yet. */
const notComposed = {
  job: ['artifactExporter', 'buildkite', 'cancelled', 'logExporter', 'metricsExporter', 'repoMirror', 'ttlSecondsAfterFinished'],
  environment: ['artifactExporter', 'description', 'logExporter', 'metricsExporter', 'repoMirror'],
};

describe('the table of how a pod is merged', () => {
  it.each([
    ['BuildJob', Object.keys(buildJobSpec.shape), notComposed.job],
    ['BuildEnvironment', Object.keys(buildEnvironmentSpec.shape), notComposed.environment],
  ])('names every field of a %s, but for those that it says are not in the pod', (_kind, fields, others) => {
    expect(fields.filter(field => !named.has(field)).toSorted()).toStrictEqual(others);
    for (const field of others) expect(page).toContain(`\`${field}\``);
  });

  it('names no field that there is not', () => {
    const known = new Set([...Object.keys(buildJobSpec.shape), ...Object.keys(buildEnvironmentSpec.shape)]);
    expect([...named].filter(name => name === undefined || !known.has(name))).toStrictEqual([]);
  });
});
