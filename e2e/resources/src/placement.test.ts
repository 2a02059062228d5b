import { attachCluster } from '@buildkite-operator/e2e-cluster';
import type { BuildJobInput } from '@buildkite-operator/e2e-testbed';
import {
  held,
  makeObject,
  makePriorityClass,
  outcome,
  release,
  runs,
  startRunning,
  useTestbed,
} from '@buildkite-operator/e2e-testbed/vitest';
import type { Live, Pod } from '@buildkite-operator/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endedByCommand } from './ending-case.ts';
import { offerResource } from './extended-resource.ts';
import { OwnNode } from './own-node.ts';

const testbed = useTestbed();

/** A label of this file alone: the one shared node has 5, the other 20. */
const level = `e2e.example.com/level-${crypto.randomUUID().slice(0, 8)}`;

async function kubectl(...parameters: string[]): Promise<string> {
  return (await attachCluster()).kubectl(...parameters);
}

beforeAll(async () => {
  await kubectl('label', 'node', 'node-1', `${level}=5`);
  await kubectl('label', 'node', 'node-2', `${level}=20`);
});

afterAll(async () => {
  await kubectl('label', 'node', 'node-1', 'node-2', `${level}-`);
});

/** Runs a job, which must be good, and gives its pod. */
async function podOf(input: BuildJobInput): Promise<Live<Pod>> {
  const { job } = await testbed.run(runs('true'), {}, input);
  expect(outcome(job)).toMatchObject(endedByCommand(0));
  const pods = testbed.session.podWatch.ofJob(job.id);
  expect(pods).toHaveLength(1);
  const [pod] = pods;
  if (pod === undefined) throw new Error('the job has had no pod');
  return pod.last;
}

describe.concurrent('given nodes that differ', () => {
  const either = { key: level, operator: 'Exists' } as const;

  it.each([
    { asked: 'a level of 20 or 21', rules: [{ key: level, operator: 'In' as const, values: ['20', '21'] }], node: 'node-2' },
    { asked: 'any level but 20', rules: [either, { key: level, operator: 'NotIn' as const, values: ['20'] }], node: 'node-1' },
    { asked: 'a level above 10', rules: [{ key: level, operator: 'Gt' as const, values: ['10'] }], node: 'node-2' },
    { asked: 'a level below 10', rules: [{ key: level, operator: 'Lt' as const, values: ['10'] }], node: 'node-1' },
  ])('when a job requires $asked, then it runs on $node', async ({ rules, node }) => {
    expect((await podOf({ jobNodeRequirements: rules })).spec?.nodeName).toBe(node);
  });

  it.each(['node-1', 'node-2'])('when a job prefers %s by weight, then it runs there', async node => {
    const preference = (name: string) => ({
      weight: name === node ? 100 : 1,
      requirements: [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: [name] }],
    });
    const pod = await podOf({ jobNodePreferences: ['node-1', 'node-2'].map(preference) });
    expect(pod.spec?.nodeName).toBe(node);
  });

  it('when a job prefers what no node has, then it runs all the same', async () => {
    const impossible = { weight: 100, requirements: [{ key: level, operator: 'In' as const, values: ['never'] }] };
    expect((await podOf({ jobNodePreferences: [impossible] })).spec?.nodeName).toMatch(/^node-[12]$/);
  });

  it("when a job's nodeSelector differs from its environment's, then the job's holds, key by key", async () => {
    const environment = `selector-${crypto.randomUUID()}`;
    await testbed.createEnvironment(environment, { nodeSelector: { [level]: '5', 'kubernetes.io/os': 'linux' } });
    const pod = await podOf({ environment, nodeSelector: { [level]: '20' } });
    expect(pod.spec?.nodeName).toBe('node-2');
    expect(pod.spec?.nodeSelector).toMatchObject({ [level]: '20', 'kubernetes.io/os': 'linux' });
  });

  it('when an environment and a job have node rules, then both hold', async () => {
    const environment = `rules-${crypto.randomUUID()}`;
    await testbed.createEnvironment(environment, { nodeRequirements: [{ key: level, operator: 'In', values: ['5', '20'] }] });
    const pod = await podOf({ environment, jobNodeRequirements: [{ key: level, operator: 'NotIn', values: ['5'] }] });
    expect(pod.spec?.nodeName).toBe('node-2');
  });

  it('when a job asks for the architecture and operating system that the nodes have, then it runs', async () => {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    expect((await podOf({ architecture, operatingSystem: 'linux' })).spec?.nodeName).toMatch(/^node-[12]$/);
  });

  it('when jobs of an environment are to be spread over the nodes, then they are', async () => {
    const app = `spread-${crypto.randomUUID().slice(0, 8)}`;
    const spread = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app } },
      // The nodes of other tests do not count.
      nodeTaintsPolicy: 'Honor',
    };
    await testbed.createEnvironment(app, { podLabels: { app }, topologySpreadConstraints: [spread] });
    const lives = await Promise.all([held, held].map(command => startRunning(testbed, command, { environment: app })));
    const nodes = lives.map(({ job }) => testbed.session.podWatch.ofJob(job.id)[0]?.last.spec?.nodeName ?? '');
    expect(nodes.toSorted((a, b) => a.localeCompare(b))).toEqual(['node-1', 'node-2']);
    await Promise.all(lives.map(({ job }) => release(testbed.session, job)));
    await Promise.all(lives.map(({ job, buildJob }) => testbed.session.waitForBothEnds(job, buildJob)));
  });
});

describe.concurrent('given a reserved node', () => {
  it('when the environment of a job tolerates and selects it, then the job runs there, and others do not', async () => {
    await using node = await OwnNode.add();
    const environment = `reserved-${node.reservation}`;
    await testbed.createEnvironment(environment, node.placement);
    const [reserved, ...others] = await Promise.all([podOf({ environment }), podOf({}), podOf({})]);
    expect(reserved.spec?.nodeName).toBe(node.name);
    expect(others.map(({ spec }) => spec?.nodeName)).not.toContain(node.name);
  });
});

describe.concurrent('given a node with one GPU', () => {
  it('when two jobs ask for it, then they take turns', async () => {
    await using gpu = await offerResource('node-2', 1);
    const input = { resources: { limits: { [gpu.name]: 1 } } };
    const records = await Promise.all(['one', 'two'].map(() => testbed.run(runs('sleep 1'), {}, input)));
    for (const { job } of records) {
      expect(outcome(job)).toMatchObject(endedByCommand(0));
      expect(testbed.session.podWatch.ofJob(job.id).map(({ last }) => last.spec?.nodeName)).toEqual(['node-2']);
    }
    const turns = records
      .map(({ record }) => record.last.status)
      .map(status => ({ from: Date.parse(status?.runningTime ?? ''), to: Date.parse(status?.finishedTime ?? '') }))
      .toSorted((a, b) => a.from - b.from);
    expect(turns[1]?.from).toBeGreaterThanOrEqual(turns[0]?.to ?? Number.POSITIVE_INFINITY);
  });
});

describe.concurrent('given classes of pods', () => {
  it('when a job names a priority class, then its pod has the priority', async () => {
    await using priority = await makePriorityClass(testbed, 7);
    expect((await podOf({ priorityClassName: priority.name })).spec).toMatchObject({ priorityClassName: priority.name, priority: 7 });
  });

  it('when a job names a runtime class, then its pod runs under that handler', async () => {
    await using runtime = await makeObject(testbed, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', handler: 'runc' });
    expect((await podOf({ runtimeClassName: runtime.name })).spec?.runtimeClassName).toBe(runtime.name);
  });

  it('when nothing is said, then the cluster autoscaler leaves the pod alone, and a job may say otherwise', async () => {
    const annotation = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
    const [usual, free] = await Promise.all([podOf({}), podOf({ podAnnotations: { [annotation]: 'true' } })]);
    expect(usual.metadata.annotations).toMatchObject({ [annotation]: 'false' });
    expect(free.metadata.annotations).toMatchObject({ [annotation]: 'true' });
  });
});
