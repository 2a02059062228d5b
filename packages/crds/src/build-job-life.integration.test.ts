import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CrdTestServer } from './crd-test-server.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { isObject } from './json-object.ts';
import { buildEnvironmentKind, buildJobKind } from './kinds.ts';

const jobId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';
const apiVersion = 'buildkite-operator.io/v1alpha1';
let server: CrdTestServer;
let name: string;
let made = 0;

beforeAll(async () => {
  server = await CrdTestServer.start();
  await server.install(customResourceDefinition(buildJobKind), customResourceDefinition(buildEnvironmentKind));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const spec = {
  buildkite: { jobId, pipeline: 'web', branch: 'main', priority: 1, agentTags: { arch: 'arm64' } },
  environment: 'node',
  command: 'make',
  env: [
    { name: 'A', value: 'b' },
    { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ],
  resources: { requests: { cpu: 2 } },
  initContainers: [{ environment: 'warm' }],
  jobNodeRequirements: [{ key: 'zone', operator: 'In', values: ['a'] }],
  tolerations: [{ operator: 'Exists' }],
  nodeSelector: { disk: 'ssd' },
  logExporter: { enabled: true, settings: { index: 'ci' } },
  checkout: { skip: false },
  podPatch: { hostNetwork: true, containers: [{ name: 'main', stdin: true }] },
  timeoutSeconds: 60,
};

beforeEach(async () => {
  name = `bk-${(made += 1)}`;
  await server.must(['create', '--filename=-'], { apiVersion, kind: 'BuildJob', metadata: { name }, spec });
});

const patch = (change: object) => server.kubectl(['patch', 'buildjob', name, '--type=merge', `--patch=${JSON.stringify(change)}`]);
const patchStatus = (status: object) =>
  server.must(['patch', 'buildjob', name, '--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`]);
const read = () => server.mustJson(['get', 'buildjob', name]);

describe('the spec of a BuildJob without a pod', () => {
  it('may still change', async () => {
    expect(await patch({ spec: { command: 'make test', env: [], podPatch: null } })).toMatchObject({ ok: true });
  });
});

describe('the spec of a BuildJob with a pod', () => {
  beforeEach(async () => {
    await patchStatus({ phase: 'Pending', podAttempts: 1, replacedPodUid: jobId });
  });

  const changes: readonly (readonly [string, object])[] = [
    ['buildkite', { buildkite: { branch: 'other' } }],
    ['buildkite', { buildkite: { agentTags: { arch: 'amd64' } } }],
    ['buildkite', { buildkite: { outsideAgent: { environmentSecret: 'job-environment' } } }],
    ['environment', { environment: null }],
    ['environment', { environment: 'other' }],
    ['image', { image: 'node:24' }],
    ['command', { command: 'true' }],
    ['env', { env: null }],
    ['env', { env: [{ name: 'A', value: 'c' }, spec.env[1]] }],
    ['env', { env: [spec.env[0], { name: 'S', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }] }],
    ['resources', { resources: { requests: { cpu: '2' } } }],
    ['initContainers', { initContainers: [{ environment: 'other' }] }],
    ['extraContainers', { extraContainers: [{ environment: 'db' }] }],
    ['commandContainers', { commandContainers: [{ name: 'test', command: 'make test' }] }],
    ['jobNodeRequirements', { jobNodeRequirements: [{ key: 'zone', operator: 'In', values: ['b'] }] }],
    ['jobNodePreferences', { jobNodePreferences: [{ weight: 1, requirements: [{ key: 'a', operator: 'Exists' }] }] }],
    ['tolerations', { tolerations: [] }],
    ['nodeSelector', { nodeSelector: { disk: 'hdd' } }],
    ['architecture', { architecture: 'arm64' }],
    ['operatingSystem', { operatingSystem: 'linux' }],
    ['topologySpreadConstraints', { topologySpreadConstraints: [{ maxSkew: 1 }] }],
    ['priorityClassName', { priorityClassName: 'high' }],
    ['runtimeClassName', { runtimeClassName: 'gvisor' }],
    ['podLabels', { podLabels: { team: 'b' } }],
    ['podAnnotations', { podAnnotations: { note: 'b' } }],
    ['serviceAccountName', { serviceAccountName: 'deployer' }],
    ['repoMirror', { repoMirror: { enabled: false } }],
    ['logExporter', { logExporter: { settings: { index: 'other' } } }],
    ['artifactExporter', { artifactExporter: { enabled: true } }],
    ['metricsExporter', { metricsExporter: { enabled: true } }],
    ['checkout', { checkout: { skip: true } }],
    ['podPatch', { podPatch: { hostNetwork: false } }],
    ['podPatch', { podPatch: { containers: [{ name: 'main', stdin: false }] } }],
    ['podPatch', { podPatch: null }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['pendingTimeoutSeconds', { pendingTimeoutSeconds: 1 }],
    ['ttlSecondsAfterFinished', { ttlSecondsAfterFinished: 1 }],
    ['terminationGracePeriodSeconds', { terminationGracePeriodSeconds: 60 }],
  ];
  it.each(changes)('is fixed: %s %j', async (field, change) => {
    const answer = await patch({ spec: change });
    expect(answer).toMatchObject({
      ok: false,
      stderr: expect.stringContaining(`spec.${field}: Forbidden: spec.${field} cannot change any more`),
    });
    expect((await read())['spec']).toEqual({ ...spec, cancelled: false });
  });

  it('is fixed in every field but cancelled', () => {
    const covered = new Set(changes.map(([field]) => field));
    expect(Object.keys(buildJobKind.spec.properties ?? {}).filter(field => !covered.has(field))).toEqual(['cancelled']);
  });

  it('may be sent again as it is, and labels may change', async () => {
    expect(await patch({ spec, metadata: { labels: { team: 'a' } } })).toMatchObject({ ok: true });
  });

  it('may be cancelled, which cannot be taken back', async () => {
    expect(await patch({ spec: { cancelled: true } })).toMatchObject({ ok: true });
    for (const cancelled of [false, null]) {
      expect(await patch({ spec: { cancelled } })).toMatchObject({
        ok: false,
        stderr: expect.stringContaining('spec.cancelled: Forbidden: a cancelled job'),
      });
    }
    expect((await read())['spec']).toMatchObject({ cancelled: true });
  });

  it('cannot be freed by one request that changes spec and status together', async () => {
    expect(await patch({ spec: { command: 'true' }, status: { podAttempts: null } })).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('spec.command: Forbidden'),
    });
  });
});

describe('the status of a BuildJob', () => {
  it('is ignored outside of /status, when the object is made and when it changes', async () => {
    await server.must(['create', '--filename=-'], {
      apiVersion,
      kind: 'BuildJob',
      metadata: { name: `${name}-x` },
      spec,
      status: { phase: 'Succeeded' },
    });
    expect(await server.mustJson(['get', 'buildjob', `${name}-x`])).not.toHaveProperty('status');
    await patch({ status: { phase: 'Succeeded' } });
    expect(await read()).not.toHaveProperty('status');
  });

  it('does not touch spec and generation when it changes', async () => {
    const before = await read();
    await server.must([
      'patch',
      'buildjob',
      name,
      '--subresource=status',
      '--type=merge',
      '--patch={"spec":{"command":"true"},"status":{"phase":"Running"}}',
    ]);
    const after = await read();
    expect(after).toMatchObject({ spec: before['spec'], status: { phase: 'Running' } });
    expect(generationOf(after)).toBe(generationOf(before));
  });

  it.each([
    ['an unknown phase', { phase: 'Sleeping' }, 'status.phase: Unsupported value: "Sleeping"'],
    ['an unknown reason', { reason: 'Because' }, 'status.reason: Unsupported value: "Because"'],
    ['a time that is none', { finishedTime: 'now' }, 'status.finishedTime: Invalid value: "now"'],
    ['a condition given twice', { conditions: [condition(), condition()] }, 'status.conditions[1]: Duplicate value'],
    [
      'a condition without a reason',
      { conditions: [{ ...condition(), reason: undefined }] },
      'status.conditions[0].reason: Required value',
    ],
  ])('refuses %s', async (_name, status, words) => {
    const answer = await server.kubectl([
      'patch',
      'buildjob',
      name,
      '--subresource=status',
      '--type=merge',
      `--patch=${JSON.stringify({ status })}`,
    ]);
    expect(answer).toMatchObject({ ok: false, stderr: expect.stringContaining(words) });
  });

  it('drops a field that does not exist', async () => {
    await patchStatus({ phase: 'Running', podname: 'x' });
    expect((await read())['status']).toEqual({ phase: 'Running' });
  });

  it('holds everything that the controller reports', async () => {
    const time = '2026-11-24T08:00:00Z';
    const status = {
      phase: 'Failed',
      observedGeneration: 1,
      conditions: [condition()],
      podName: name,
      podUid: jobId,
      podAttempts: 2,
      replacedPodUid: jobId,
      nodeName: 'node-1',
      pendingTime: time,
      schedulingTime: time,
      initializingTime: time,
      runningTime: time,
      finishedTime: time,
      exitCode: 137,
      reason: 'OOMKilled',
      message: 'Raise the memory limit.',
    };
    await patchStatus(status);
    expect((await read())['status']).toEqual(status);
    expect(Object.keys(status).toSorted((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(buildJobKind.status?.properties ?? {}).toSorted((a, b) => a.localeCompare(b)),
    );
  });
});

function condition() {
  return {
    type: 'Finished',
    status: 'True',
    lastTransitionTime: '2026-11-24T08:00:00Z',
    reason: 'OOMKilled',
    message: 'Raise the memory limit.',
  };
}

function generationOf(object: object): unknown {
  const metadata: unknown = Reflect.get(object, 'metadata');
  return isObject(metadata) ? metadata['generation'] : undefined;
}

describe('kubectl get', () => {
  it('shows the columns of a BuildJob', async () => {
    await patchStatus({ phase: 'Failed', nodeName: 'node-1', podName: name, reason: 'OOMKilled', exitCode: 137 });
    const rows = (await server.must(['get', 'bj', name])).split('\n').map(row => row.trim().split(/\s{2,}/));
    expect(rows).toEqual([
      ['NAME', 'PHASE', 'ENVIRONMENT', 'PIPELINE', 'BRANCH', 'NODE', 'AGE', 'REASON'],
      [name, 'Failed', 'node', 'web', 'main', 'node-1', expect.stringMatching(/^\d+s$/), 'OOMKilled'],
    ]);
    expect(await server.must(['get', 'bj', name, '--output=wide'])).toMatch(/EXIT +STEP +POD +BUILD +MESSAGE\n.*OOMKilled +137 +/);
  });

  it('shows the columns of a BuildEnvironment', async () => {
    const environment = {
      apiVersion,
      kind: 'BuildEnvironment',
      metadata: { name: 'node' },
      spec: { description: 'Node 24', container: { image: 'node:24' } },
    };
    await server.must(['create', '--filename=-'], environment);
    const rows = (await server.must(['get', 'be', 'node'])).split('\n').map(row => row.trim().split(/\s{2,}/));
    expect(rows).toEqual([
      ['NAME', 'IMAGE', 'DESCRIPTION', 'AGE'],
      ['node', 'node:24', 'Node 24', expect.stringMatching(/^\d+s$/)],
    ]);
  });
});
