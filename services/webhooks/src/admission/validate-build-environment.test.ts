import { parseConfig } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import { KubeError, type Live } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../server/admission-review.ts';
import { validateBuildEnvironment } from './validate-build-environment.ts';

const never = new AbortController().signal;
const apiVersion = 'buildkite-operator.io/v1alpha1';
const meta = (name: string) => ({ name, namespace: 'jobs', uid: name, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' });
const environment = (name: string): Live<BuildEnvironment> => ({ apiVersion, kind: 'BuildEnvironment', metadata: meta(name), spec: {} });
const job = (name: string, change: Pick<BuildJob, 'status'> = {}, more: Partial<BuildJob['spec']> = {}): Live<BuildJob> => ({
  apiVersion,
  kind: 'BuildJob',
  metadata: meta(name),
  spec: { buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b' }, environment: 'go', cancelled: false, ...more },
  ...change,
});
const request = (change: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  uid: 'u',
  kind: { group: 'buildkite-operator.io', version: 'v1alpha1', kind: 'BuildEnvironment' },
  resource: { group: 'buildkite-operator.io', version: 'v1alpha1', resource: 'buildenvironments' },
  name: 'go',
  namespace: 'jobs',
  operation: 'DELETE',
  ...change,
});

interface World {
  readonly jobs?: readonly Live<BuildJob>[] | Error;
  readonly isEnding?: boolean;
}

function judge(given: AdmissionRequest, { jobs = [], isEnding = false }: World = {}) {
  const environments = [environment('go'), environment('node')];
  const deps = {
    config: parseConfig({ pod_defaults: 'agentImage: agent:1' }, { operatorNamespace: 'jobs' }),
    environments: { cached: () => environments, live: async () => environments },
    jobs: {
      live: async () => {
        if (jobs instanceof Error) throw jobs;
        return jobs;
      },
    },
    isNamespaceEnding: async () => isEnding,
    logger: createLogger('test', 'silent'),
  };
  return validateBuildEnvironment(given, deps, never);
}

describe('the deletion of a BuildEnvironment', () => {
  it.each<[string, World]>([
    ['no job is there', {}],
    ['no waiting job needs it', { jobs: [job('a', {}, { environment: 'node' })] }],
    ['the job that needs it has its pod', { jobs: [job('a', { status: { phase: 'Pending', podUid: 'p' } })] }],
    ['the job that needs it has ended', { jobs: [job('a', { status: { phase: 'Failed' } })] }],
    ['the job that needs it is cancelled', { jobs: [job('a', {}, { cancelled: true })] }],
    ['its namespace is being deleted', { jobs: [job('a')], isEnding: true }],
  ])('is allowed when %s', async (_when, world) => {
    expect(await judge(request(), world)).toEqual({ faults: [], warnings: [] });
  });

  it('is refused while jobs wait that need it, ten of which are named', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `job-${String(index).padStart(2, '0')}`);
    const { faults, reason } = await judge(request(), { jobs: names.map(name => job(name)) });
    expect(reason).toBe('Conflict');
    expect(faults).toEqual([{ field: 'metadata.name', problem: expect.stringMatching(/12 waiting BuildJobs need .*job-09 and 2 more/) }]);
  });

  it('is allowed with a warning when the jobs cannot be read', async () => {
    const { faults, warnings } = await judge(request(), { jobs: new KubeError('Unreachable', 'refused') });
    expect([faults.length, warnings.length]).toEqual([0, 1]);
  });
});

describe('a BuildEnvironment that is created', () => {
  it('is refused for every fault of its schema, with the values', async () => {
    const object = { ...environment('go'), spec: { operatingSystem: 'plan9', container: { image: 'a b' } } };
    const { faults } = await judge(request({ operation: 'CREATE', object: { ...object } }));
    expect(faults.map(({ field, value }) => `${field} ${String(value)}`).toSorted()).toEqual([
      'spec.container.image a b',
      'spec.operatingSystem plan9',
    ]);
  });

  it('is refused for what it lacks and for circles, with the path', async () => {
    const spec = { extraContainers: [{ environment: 'nowhere' }, { name: 'again', environment: 'go', image: 'x' }] };
    const { faults } = await judge(request({ operation: 'CREATE', object: { ...environment('go'), spec } }));
    expect(faults.map(({ field }) => field)).toEqual(['spec.extraContainers[0].environment', 'spec.extraContainers[1].environment']);
    expect(faults[1]?.problem).toContain('go → go');
  });

  it('is taken when all is well', async () => {
    expect(await judge(request({ operation: 'CREATE', object: { ...environment('go') } }))).toEqual({ faults: [], warnings: [] });
  });
});
