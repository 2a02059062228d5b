import { randomUUID } from 'node:crypto';
import { parseBuildEnvironment } from '@buildkite-operator/crds';
import { builtin, defineResource, isKubeError, type KubeError, type KubeObject } from '@buildkite-operator/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, never, WebhooksBed } from '../testing/webhooks-bed.ts';

describe('admission by a real API server', () => {
  let bed: WebhooksBed;

  beforeAll(async () => {
    bed = await WebhooksBed.start({
      environment_defaults: { extraContainers: [{ name: 'logs', image: 'Registry.example.com/logs' }], podLabels: { team: 'platform' } },
    });
    const replica = await bed.replica();
    await bed.register(replica.port);
    await replica.ready();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  const job = (spec: object = {}) => {
    const jobId = randomUUID();
    return { metadata: { name: `bk-${jobId}`, namespace }, spec: { buildkite: { jobId }, command: 'true', cancelled: false, ...spec } };
  };
  const environment = (name: string, spec: object = {}) => ({ metadata: { name, namespace }, spec });
  const create = async (object: object) => bed.jobs.create(object as never, {}, never);
  const createEnvironment = async (object: object) => bed.environments.create(object as never, {}, never);
  const refusal = async (action: Promise<unknown>): Promise<KubeError> => {
    try {
      await action;
    } catch (error) {
      if (isKubeError(error)) return error;
      throw error;
    }
    throw new Error('it was not refused');
  };
  const fields = ({ causes }: KubeError) => causes.map(({ field }) => field);

  it('takes a good job', async () => {
    expect((await create(job())).metadata.uid).not.toBe('');
  });

  it('refuses an unknown environment, and takes it as soon as it is there', async () => {
    const error = await refusal(create(job({ environment: 'later' })));
    expect(error).toMatchObject({ code: 'Invalid', status: 422, message: expect.stringContaining('later') });
    expect(fields(error)).toEqual(['spec.environment']);
    await createEnvironment(environment('later'));
    expect((await create(job({ environment: 'later' }))).spec.environment).toBe('later');
  });

  it('refuses what the API server would refuse of the pod, in its words and with the field of the job', async () => {
    const error = await refusal(create(job({ podPatch: { dnsPolicy: 'Nowhere', tolerations: [{ key: 'a', operator: 'Never' }] } })));
    expect(error.code).toBe('Invalid');
    expect(fields(error).toSorted()).toEqual(['spec.podPatch.dnsPolicy', 'spec.podPatch.tolerations']);
    expect(error.message).toContain('Nowhere');
  });

  it('takes a job with a warning while a quota is full, and refuses one that is more than the whole of it', async () => {
    const quotas = defineResource<KubeObject & { spec: object; status?: object }>({
      group: '',
      version: 'v1',
      kind: 'ResourceQuota',
      plural: 'resourcequotas',
      namespaced: true,
    });
    const client = bed.client(quotas);
    const hard = { 'requests.nvidia.com/gpu': '2' };
    await client.create({ metadata: { name: 'team', namespace }, spec: { hard } }, {}, never);
    // No controller counts here, so the test says what is used.
    await client.mergePatch({ name: 'team', namespace }, { status: { hard, used: hard } }, { subresource: 'status' }, never);
    const gpus = (count: number) => job({ resources: { limits: { 'nvidia.com/gpu': count } } });
    const error = await refusal(create(gpus(3)));
    expect(error.message).toContain('exceeded quota: team, requested: requests.nvidia.com/gpu=3');
    expect((await create(gpus(1))).metadata.uid).not.toBe('');
    await client.delete({ name: 'team', namespace }, {}, never);
  });

  it('lets nothing but the cancellation change once the pod exists', async () => {
    const { metadata } = await create(job({ podPatch: { nodeName: 'a' } }));
    const ref = { name: metadata.name, namespace };
    await bed.jobs.mergePatch(ref, { status: { phase: 'Pending', podUid: 'p', podAttempts: 1 } }, { subresource: 'status' }, never);
    const error = await refusal(bed.jobs.mergePatch(ref, { spec: { podPatch: { nodeName: null, hostname: 'a' } } }, {}, never));
    expect(error.code).toBe('Invalid');
    expect((await bed.jobs.mergePatch(ref, { spec: { cancelled: true } }, {}, never)).spec.cancelled).toBe(true);
  });

  it('stores an environment with the defaults, in one form', async () => {
    const stored = await createEnvironment(
      environment('go', { container: { image: 'HOST.example.com/Go', resources: { limits: { cpu: '1000m', memory: '1024Mi' } } } }),
    );
    expect(parseBuildEnvironment(stored).spec).toMatchObject({
      container: { image: 'host.example.com/Go:latest', resources: { limits: { cpu: '1', memory: '1Gi' } } },
      extraContainers: [{ name: 'logs', image: 'registry.example.com/logs:latest' }],
      podLabels: { team: 'platform' },
    });
  });

  it('keeps an environment that waiting jobs need, and lets it go with the last of them', async () => {
    await createEnvironment(environment('needed'));
    const names: string[] = [];
    for (let count = 0; count < 12; count += 1) names.push((await create(job({ environment: 'needed' }))).metadata.name);
    const ref = { name: 'needed', namespace };
    const error = await refusal(bed.environments.delete(ref, {}, never));
    expect(error).toMatchObject({ code: 'Conflict', message: expect.stringContaining('12 waiting BuildJobs need') });
    expect(error.message).toContain('and 2 more');
    for (const name of names) await bed.jobs.delete({ name, namespace }, {}, never);
    expect(await bed.environments.delete(ref, {}, never)).toBe(true);
  });

  it('lets an environment go with its namespace', async () => {
    await createEnvironment(environment('leaving'));
    const { metadata } = await create(job({ environment: 'leaving' }));
    await bed.client(builtin.namespaces).delete({ name: namespace }, {}, never);
    expect(await bed.environments.delete({ name: 'leaving', namespace }, {}, never)).toBe(true);
    expect(metadata.name).not.toBe('');
  });
});
