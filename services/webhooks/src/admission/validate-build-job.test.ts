import { parseConfig } from '@buildkite-operator/config';
import type { BuildEnvironment } from '@buildkite-operator/crds';
import { KubeError, type Live } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../server/admission-review.ts';
import type { NamespaceObjects } from './admission-dependencies.ts';
import { validateBuildJob } from './validate-build-job.ts';

const never = new AbortController().signal;
const config = parseConfig({ pod_defaults: 'agentImage: agent:1' }, { operatorNamespace: 'jobs' });
const spec = { buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b' }, command: 'true', cancelled: false };
const job = (change: object = {}, more: object = {}) => ({
  apiVersion: 'buildkite-operator.io/v1alpha1',
  kind: 'BuildJob',
  metadata: { name: 'job', namespace: 'jobs' },
  spec: { ...spec, ...change },
  ...more,
});
const environment = (name: string): Live<BuildEnvironment> => ({
  apiVersion: 'buildkite-operator.io/v1alpha1',
  kind: 'BuildEnvironment',
  metadata: { name, namespace: 'jobs', uid: name, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' },
  spec: {},
});
const created = (object: object, oldObject?: object): AdmissionRequest => ({
  uid: 'u',
  kind: { group: 'buildkite-operator.io', version: 'v1alpha1', kind: 'BuildJob' },
  resource: { group: 'buildkite-operator.io', version: 'v1alpha1', resource: 'buildjobs' },
  namespace: 'jobs',
  operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
  object: { ...object },
  ...(oldObject !== undefined && { oldObject: { ...oldObject } }),
});

function world(environments: Partial<NamespaceObjects<Live<BuildEnvironment>>> = {}) {
  const tried: string[] = [];
  const deps = {
    config,
    environments: { cached: () => [], live: async () => [], ...environments },
    nodes: () => undefined,
    tryPod: async ({ metadata }: { metadata?: { name?: string | undefined } | undefined }) => {
      tried.push(metadata?.name ?? '');
    },
    logger: createLogger('test', 'silent'),
  };
  return { tried, judge: (request: AdmissionRequest) => validateBuildJob(request, deps, never) };
}

describe('a BuildJob that is created', () => {
  it('is taken when all is well, and its pod was tried', async () => {
    const { judge, tried } = world();
    expect(await judge(created(job()))).toEqual({ faults: [], warnings: [] });
    expect(tried).toEqual([`bk-${spec.buildkite.jobId}`]);
  });

  it('is refused for every fault of its schema at once, with the values', async () => {
    const { faults } = await world().judge(created(job({ timeoutSeconds: 0, image: 'a b', buildkite: { jobId: 'X' } })));
    expect(faults.map(({ field, value }) => [field, value])).toEqual([
      ['spec.buildkite.jobId', 'X'],
      ['spec.image', 'a b'],
      ['spec.timeoutSeconds', 0],
    ]);
  });

  it('is taken for an environment that the cache does not have yet', async () => {
    const { judge } = world({ live: async () => [environment('go')] });
    expect((await judge(created(job({ environment: 'go' })))).faults).toEqual([]);
  });

  it('is refused for an environment that the API server does not have either', async () => {
    const { judge, tried } = world({ live: async () => [environment('node')] });
    const { faults } = await judge(created(job({ environment: 'go' })));
    expect(faults).toEqual([expect.objectContaining({ field: 'spec.environment', problem: expect.stringContaining('node') })]);
    expect(tried).toEqual([]);
  });

  it('is refused for every fault of rendering and policy in one answer', async () => {
    const podPatch = { containers: [{ name: 'container-0', securityContext: { privileged: true } }] };
    const { faults } = await world().judge(created(job({ podPatch, environment: 'go', extraContainers: [{ environment: 'db' }] })));
    const fields = faults.map(({ field }) => field);
    expect(fields).toContain('spec.environment');
    expect(fields).toContain('spec.extraContainers[0].environment');
    expect(fields.some(field => field.startsWith('spec.podPatch.containers[0].securityContext'))).toBe(true);
  });

  it.each([
    ['the cache is not filled', { cached: () => undefined }],
    ['the cache lacks the environment', {}],
  ])('is taken with a warning when %s and the API server does not answer', async (_when, environments) => {
    const unreachable = async () => {
      throw new KubeError('Unreachable', 'refused');
    };
    const { faults, warnings } = await world({ ...environments, live: unreachable }).judge(created(job({ environment: 'go' })));
    expect(faults).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

describe('a BuildJob that is changed', () => {
  const running = { status: { phase: 'Running', podAttempts: 1 } };

  it.each<[string, object, object]>([
    ['is cancelled', job({ cancelled: true }, running), job({}, running)],
    ['is cancelled though its environment is gone', job({ environment: 'gone', cancelled: true }), job({ environment: 'gone' })],
    [
      'gets a label',
      job({ environment: 'gone' }, { metadata: { name: 'job', namespace: 'jobs', labels: { a: 'b' } } }),
      job({ environment: 'gone' }),
    ],
    [
      'loses its finalizers while it is deleted',
      job({ image: 'b' }, { metadata: { name: 'job', namespace: 'jobs', deletionTimestamp: '2030-01-01T00:00:00Z' } }),
      job({ image: 'a' }, running),
    ],
    ['changes before its pod exists', job({ image: 'b' }), job({ image: 'a' })],
  ])('is taken when it %s', async (_what, after, before) => {
    expect((await world().judge(created(after, before))).faults).toEqual([]);
  });

  it('is refused when its pod exists, for every field that changed', async () => {
    const { faults } = await world().judge(
      created(job({ image: 'b', podPatch: { a: 2 } }, running), job({ image: 'a', podPatch: { a: 1 } }, running)),
    );
    expect(faults.map(({ field }) => field)).toEqual(['spec.image', 'spec.podPatch.a']);
  });

  it('is judged as a new one before that', async () => {
    const { faults } = await world().judge(created(job({ environment: 'gone' }), job()));
    expect(faults).toHaveLength(1);
  });

  it.each<[string, Partial<AdmissionRequest>]>([
    ['a change of its status', { subResource: 'status', operation: 'UPDATE' }],
    ['its deletion', { operation: 'DELETE', object: null }],
  ])('is not asked about %s', async (_what, change) => {
    expect(await world().judge({ ...created(job({ environment: 'gone' })), ...change })).toEqual({ faults: [], warnings: [] });
  });
});
