import type { BuildJobSpec, Volume } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { renderPod, timeoutsOf } from './render-pod.ts';
import { byName, podDefaults, renderRefusal, sampleEnvironment, sampleJob, sampleJobId } from './testing/index.ts';

describe('what is refused', () => {
  it.each(['agent', 'container-0'])('a sidecar with the name %s, which is ours', name => {
    const job = sampleJob({ extraContainers: [{ name, image: 'x' }] });
    expect(renderRefusal(() => renderPod(job, new Map(), podDefaults))).toMatchObject({
      code: 'NameTaken',
      field: 'spec.extraContainers[0].name',
    });
  });

  it('an init container and a sidecar of one environment, both without a name', () => {
    const job = sampleJob({ initContainers: [{ environment: 'db' }], extraContainers: [{ environment: 'db' }] });
    const environments = byName([sampleEnvironment('db', { container: { image: 'x' } })]);
    expect(renderRefusal(() => renderPod(job, environments, podDefaults))).toMatchObject({
      code: 'NameTaken',
      field: 'spec.extraContainers[0].name',
    });
  });

  it('a mount over the workspace', () => {
    const environments = byName([
      sampleEnvironment('node', {
        volumes: [{ name: 'v', emptyDir: {} }],
        container: { image: 'x', volumeMounts: [{ name: 'v', mountPath: '/workspace/' }] },
      }),
    ]);
    expect(renderRefusal(() => renderPod(sampleJob({ environment: 'node' }), environments, podDefaults))).toMatchObject({
      code: 'VolumeConflict',
      field: 'environment node: spec.container.volumeMounts[0].mountPath',
    });
  });
});

const mirrors = (volume: Volume, path = '/mirrors') => ({ checkout: { gitMirrors: { volume, path } } });

describe('everything that is wrong', () => {
  const tokenSecret = podDefaults.agentTokenSecret.name;
  const stolen = { name: 'STOLEN', valueFrom: { secretKeyRef: { name: tokenSecret, key: 'token' } } };

  it('is refused at once, each with its field, the first of them in front', () => {
    const node = sampleEnvironment('node', {
      container: { image: 'node', volumeMounts: [{ name: 'cache', mountPath: '/cache' }], resources: { limits: { memory: '1Gi' } } },
      extraContainers: [{ environment: 'gone' }],
      architecture: 'amd64',
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    });
    const job = sampleJob({
      environment: 'node',
      env: [stolen, { name: 'LONG', value: 'x'.repeat(131_072) }],
      resources: { requests: { memory: '2Gi' } },
      initContainers: [{ name: 'empty', environment: 'node', image: 'x' }],
      extraContainers: [{ environment: 'missing' }, { name: 'tools', image: 'x', env: [{ name: 'A' }, stolen] }],
      podPatch: { restartPolicy: 'Always', hostPID: true, containers: [{ name: 'agent', image: 'mine' }] },
    });
    const refusal = renderRefusal(() => renderPod(job, byName([node]), podDefaults));
    expect(refusal?.problems.map(({ code, field }) => [code, field])).toStrictEqual([
      ['EnvironmentNotFound', 'environment node: spec.extraContainers[0].environment'],
      ['EnvironmentNotFound', 'spec.extraContainers[0].environment'],
      ['ResourcesInvalid', 'spec.resources.requests.memory'],
      ['NodeRulesConflict', 'environment node: spec.architecture'],
      ['TooLarge', 'spec.env[LONG]'],
      ['PatchRefused', 'spec.podPatch.restartPolicy'],
      ['PatchRefused', 'spec.podPatch.containers[agent].image'],
      ['VolumeMissing', 'environment node: spec.container.volumeMounts[0].name'],
      ['TokenExposed', 'spec.extraContainers[1].env[1]'],
      ['TokenExposed', 'spec.env[0]'],
      ['TokenExposed', 'spec.podPatch.hostPID'],
    ]);
    expect(refusal).toMatchObject({ code: 'EnvironmentNotFound', field: 'environment node: spec.extraContainers[0].environment' });
    expect(refusal?.message.split('\n')[1]).toBe(
      'spec.extraContainers[0].environment: "missing" is no BuildEnvironment in the namespace (it has node); create it or name another',
    );
  });

  it('is not what a patch has put right', () => {
    const node = sampleEnvironment('node', { container: { image: 'node', volumeMounts: [{ name: 'cache', mountPath: '/cache' }] } });
    const job = sampleJob({ environment: 'node', podPatch: { volumes: [{ name: 'cache', emptyDir: {} }] } });
    expect(renderRefusal(() => renderPod(job, byName([node]), podDefaults))).toBeUndefined();
  });

  it('names the checkout where its credentials are the agent token', () => {
    const job = sampleJob({ checkout: { credentialsSecret: tokenSecret } });
    const fields = renderRefusal(() => renderPod(job, new Map(), podDefaults))?.problems.map(({ field }) => field);
    expect(new Set(fields)).toStrictEqual(new Set(['spec.checkout.credentialsSecret']));
  });

  it.each<[string, Partial<BuildJobSpec>, string, string]>([
    ['is the agent token', mirrors({ name: 'm', secret: { secretName: tokenSecret } }), 'TokenExposed', 'volume'],
    ["has the name of one of the operator's own", mirrors({ name: 'agent-token', emptyDir: {} }), 'VolumeConflict', 'volume.name'],
    ["has the name of another one of the environment's", mirrors({ name: 'cache', emptyDir: {} }), 'VolumeConflict', 'volume.name'],
    ['is mounted over the workspace', mirrors({ name: 'm', emptyDir: {} }, '/workspace'), 'VolumeConflict', 'path'],
    ['is mounted over the sockets', mirrors({ name: 'm', emptyDir: {} }, '/workspace/sockets'), 'VolumeConflict', 'path'],
  ])("names the job's volume with git mirrors where it %s", (_title, spec, code, field) => {
    const node = sampleEnvironment('node', { container: { image: 'node' }, volumes: [{ name: 'cache', hostPath: { path: '/c' } }] });
    const job = sampleJob({ environment: 'node', ...spec });
    const problems = renderRefusal(() => renderPod(job, byName([node]), podDefaults))?.problems;
    expect(problems).toContainEqual(expect.objectContaining({ code, field: `spec.checkout.gitMirrors.${field}` }));
  });
});

describe('the limits of a job', () => {
  it("are the operator's where the job has none", () => {
    expect(timeoutsOf(sampleJob(), podDefaults)).toStrictEqual({
      timeoutSeconds: 21_600,
      pendingTimeoutSeconds: 900,
      ttlSecondsAfterFinished: 0,
      terminationGracePeriodSeconds: 60,
    });
  });

  it("are the job's own", () => {
    const own = { timeoutSeconds: 1, pendingTimeoutSeconds: 2, ttlSecondsAfterFinished: 3, terminationGracePeriodSeconds: 15 };
    expect(timeoutsOf(sampleJob(own), podDefaults)).toStrictEqual(own);
    expect(renderPod(sampleJob(own), new Map(), podDefaults).spec).toMatchObject({
      terminationGracePeriodSeconds: 15,
      activeDeadlineSeconds: 78,
    });
  });
});

describe('the queue', () => {
  it.each([
    ['bk-operator', undefined],
    ['linux', 'linux'],
  ])('in the labels is %s', (queue, own) => {
    const job = sampleJob({ buildkite: { jobId: sampleJobId, ...(own !== undefined && { queue: own }) } });
    expect(renderPod(job, new Map(), podDefaults).metadata?.labels?.['buildkite-operator.io/queue']).toBe(queue);
  });
});
