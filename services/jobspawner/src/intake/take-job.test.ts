import { parseConfig } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import { KubeError, type Live } from '@buildkite-operator/kube';
import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { type Job, StacksApiError } from '@buildkite-operator/stacks-api';
import { describe, expect, it } from 'vitest';
import { JobSpawnerMetrics } from '../jobspawner-metrics.ts';
import { type PodTemplate, takeJob, type WaitingJob } from './take-job.ts';

const jobId = '01938f5a-0000-4000-8000-000000000001';
const waiting: WaitingJob = { jobId, queue: 'ci', pipeline: 'web', priority: 3, scheduledAtMs: 0, agentQueryRules: ['queue=ci'] };
const plugins = (key: string, settings: unknown) =>
  JSON.stringify([{ [`github.com/buildkite-plugins/${key}-buildkite-plugin`]: settings }]);

/** Buildkite and the API server, each doing what the test says. */
class World {
  readonly created: BuildJob[] = [];
  readonly finished: { readonly exitStatus: number; readonly detail: string }[] = [];
  readonly told: string[] = [];
  readonly failures: Error[] = [];
  job: Job = { id: jobId, env: { BUILDKITE_PIPELINE_SLUG: 'web', SECRET: 'x'.repeat(100_000) }, command: 'make' };
  state = 'reserved';
  readonly #stop = new AbortController();

  take() {
    const template: Live<PodTemplate> = {
      metadata: { name: 'big', namespace: 'jobs', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
      template: { spec: { containers: [{ name: 'main', image: 'from-the-template' }] } },
    };
    return takeJob(
      waiting,
      {
        namespace: 'jobs',
        jobs: {
          create: async object => {
            const failure = this.failures.shift();
            if (failure !== undefined) throw failure;
            this.created.push(object);
            return object as Live<BuildJob>;
          },
        },
        podTemplates: {
          find: async ({ name }) => (name === 'big' ? template : undefined),
          list: async () => ({ items: [template], resourceVersion: '1' }),
        },
        stacksOf: () => ({
          getJob: async () => this.job,
          getJobStates: async () => ({ states: new Map([[jobId, this.state]]), missing: [], failed: [] }),
          finishJob: async ({ exitStatus, detail }) => {
            this.finished.push({ exitStatus, detail });
            return { outcome: 'finished' } as const;
          },
        }),
        config: () => parseConfig({ pod_defaults: 'agentImage: agent:1' }, { operatorNamespace: 'operator' }),
        tell: (_queue, _jobId, topic, text) => this.told.push(`${topic}: ${text}`),
        metrics: new JobSpawnerMetrics(createMetricsRegistry('test')),
        logger: createLogger('test', 'silent'),
        backoff: { initialMs: 1, maxMs: 2 },
      },
      this.#stop.signal,
    );
  }
}

describe('a reserved job', () => {
  it('becomes a BuildJob with its settings, and without its own environment', async () => {
    const world = new World();
    expect(await world.take()).toBe('created');
    const [object] = world.created;
    expect(object?.metadata.name).toBe(`bk-${jobId}`);
    expect(object?.spec).toMatchObject({ command: 'make', buildkite: { jobId, queue: 'ci', pipeline: 'web', priority: 3 } });
    expect(JSON.stringify(object)).not.toContain('xxx');
  });

  it('that has its BuildJob already needs nothing more', async () => {
    const world = new World();
    world.failures.push(new KubeError('AlreadyExists', 'exists'));
    expect(await world.take()).toBe('existed');
    expect(world.finished).toEqual([]);
  });

  it('whose settings are wrong is finished with each key that is', async () => {
    const world = new World();
    world.job = { ...world.job, env: { BUILDKITE_PLUGINS: plugins('buildkite-operator', { imag: 'x', timeoutSeconds: 'long' }) } };
    expect(await world.take()).toBe('refused');
    expect(world.finished).toEqual([{ exitStatus: -1, detail: expect.stringMatching(/^ {2}buildkite-operator\.timeoutSeconds: /m) }]);
    expect(world.finished[0]?.detail).toMatch(/^ {2}buildkite-operator\.imag: .* did you mean image\?/m);
  });

  it('that the cluster refuses for good is finished with its words', async () => {
    const world = new World();
    world.failures.push(new KubeError('Invalid', 'spec.image: is not allowed here'));
    expect(await world.take()).toBe('refused');
    expect(world.finished[0]?.detail).toContain('spec.image: is not allowed here');
    expect(world.created).toEqual([]);
  });

  it('that the cluster cannot take now is tried again, is told so, and becomes a BuildJob at last', async () => {
    const world = new World();
    world.failures.push(new KubeError('InternalError', 'webhook is down'), new KubeError('Timeout', 'no answer'));
    expect(await world.take()).toBe('created');
    expect(world.created).toHaveLength(1);
    expect(world.told).toEqual([expect.stringContaining('webhook is down'), expect.stringContaining('no answer')]);
    expect(world.finished).toEqual([]);
  });

  it.each(['canceled', 'finished', 'running'])('that is %s meanwhile is let be', async state => {
    const world = new World();
    world.failures.push(new KubeError('InternalError', 'webhook is down'));
    world.state = state;
    expect(await world.take()).toBe('gone');
    expect(world.created).toEqual([]);
    expect(world.finished).toEqual([]);
  });

  it('that is larger than the cluster stores is finished with its size', async () => {
    const world = new World();
    world.job = { id: jobId, command: 'ü'.repeat(900_000), env: {} };
    expect(await world.take()).toBe('refused');
    expect(world.finished[0]?.detail).toMatch(/MiB/);
  });

  it('gets the PodTemplate that it names, or is told of those that there are', async () => {
    const world = new World();
    world.job = { ...world.job, env: { BUILDKITE_PLUGINS: plugins('kubernetes', { podTemplate: 'big' }) } };
    expect(await world.take()).toBe('created');
    expect(JSON.stringify(world.created[0]?.spec)).toContain('from-the-template');
    world.job = { ...world.job, env: { BUILDKITE_PLUGINS: plugins('kubernetes', { podTemplate: '../secrets/x' }) } };
    expect(await world.take()).toBe('refused');
    expect(world.finished[0]?.detail).toMatch(/podTemplate: .*it has big/);
  });
});

describe('a job whose description nobody can read', () => {
  it('is finished with what is wrong', async () => {
    const world = new World();
    Object.defineProperty(world, 'job', {
      get: () => {
        throw new StacksApiError('BadAnswer', 'env is no object', { endpoint: 'get-job', status: 200 });
      },
    });
    expect(await world.take()).toBe('refused');
    expect(world.finished[0]?.detail).toContain('env is no object');
  });
});
