import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { podAnnotations, podLabels, toLabelValue } from './metadata.ts';
import { sampleJob, sampleJobId } from './testing/index.ts';
import { freeText } from './testing/kubernetes-text.ts';

const labelValue = /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/;

describe('a label value', () => {
  it.each([
    ['main', 'main'],
    ['feature/login', 'feature-login'],
    ['ünïcode ✓', 'n-code'],
    ['--a_b.c--', 'a_b.c'],
    ['///', ''],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)}/y`, 'x'.repeat(62)],
    ['', ''],
  ])('of %j is %j', (text, value) => {
    expect(toLabelValue(text)).toBe(value);
  });

  it('is valid, and as it was where it was valid, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(freeText(100), fc.stringMatching(/^[A-Za-z0-9._-]{0,70}$/)), text => {
        const value = toLabelValue(text);
        expect(value.length).toBeLessThanOrEqual(63);
        expect(value).toMatch(labelValue);
        expect(value === text).toBe(text.length <= 63 && labelValue.test(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the labels of a pod', () => {
  const buildkite = { jobId: sampleJobId, pipeline: 'web/app' };

  it("are the operator's own and the environment's, over which the job's win key by key", () => {
    const labels = podLabels(sampleJob({ buildkite, podLabels: { team: 'web' } }), 'linux', {
      environmentName: 'node',
      environment: { podLabels: { team: 'ci', tier: 'test' } },
    });
    expect(labels).toStrictEqual({
      team: 'web',
      tier: 'test',
      'buildkite-operator.io/pipeline': 'web-app',
      'buildkite-operator.io/queue': 'linux',
      'buildkite-operator.io/environment': 'node',
      'buildkite-operator.io/buildjob': `bk-${sampleJobId}`,
      'buildkite-operator.io/job-id': sampleJobId,
      'app.kubernetes.io/managed-by': 'buildkite-operator',
    });
  });

  it('leave out what the job does not have, even where the environment or the job itself would say it', () => {
    const own = ['pipeline', 'queue', 'environment', 'buildjob', 'job-id'].map(name => `buildkite-operator.io/${name}`);
    const forged = Object.fromEntries([...own, 'app.kubernetes.io/managed-by'].map(key => [key, 'forged']));
    const labels = podLabels(sampleJob({ podLabels: forged }), '///', { environmentName: undefined, environment: { podLabels: forged } });
    expect(labels).toStrictEqual({
      'buildkite-operator.io/buildjob': `bk-${sampleJobId}`,
      'buildkite-operator.io/job-id': sampleJobId,
      'app.kubernetes.io/managed-by': 'buildkite-operator',
    });
  });
});

describe('the annotations of a pod', () => {
  const buildkite = { jobId: sampleJobId, branch: 'feature/ü', buildUrl: 'https://example.com/1', pipeline: 'web', stepKey: 'test' };

  it('say unshortened where the job comes from', () => {
    expect(podAnnotations(sampleJob({ buildkite }), { environment: {}, sidecars: [] })).toStrictEqual({
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      'buildkite-operator.io/branch': 'feature/ü',
      'buildkite-operator.io/build-url': 'https://example.com/1',
      'buildkite-operator.io/pipeline': 'web',
      'buildkite-operator.io/step-key': 'test',
    });
  });

  it("are the environment's and the job's to add and to override, but for the operator's own", () => {
    const own = ['branch', 'build-url', 'pipeline', 'step-key', 'essential-containers'].map(name => `buildkite-operator.io/${name}`);
    const forged = Object.fromEntries(own.map(key => [key, 'forged']));
    const annotations = podAnnotations(
      sampleJob({ buildkite: { jobId: sampleJobId, branch: 'main' }, podAnnotations: { note: 'y', ...forged } }),
      {
        environment: { podAnnotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true', note: 'x', more: 'z', ...forged } },
        sidecars: [],
      },
    );
    expect(annotations).toStrictEqual({
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
      note: 'y',
      more: 'z',
      'buildkite-operator.io/branch': 'main',
    });
  });

  it('name the essential sidecars, sorted', () => {
    const sidecars = [
      { name: 'web', essential: true },
      { name: 'logs', essential: false },
      { name: 'db', essential: true },
    ].map(sidecar => ({ ...sidecar, template: { image: 'x' }, field: 'spec.extraContainers[0]' }));
    expect(podAnnotations(sampleJob(), { environment: {}, sidecars })['buildkite-operator.io/essential-containers']).toBe('db,web');
  });
});
