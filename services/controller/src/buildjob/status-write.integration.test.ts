import type { BuildJobStatus } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { JobTestServer } from '@buildkite-operator/podspec/testing/job-test-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { livingStatus, replacedStatus } from './next-status.ts';
import { podProgress } from './pod-progress.ts';
import { kubeletPod, startMs } from './testing/kubelet-pod.ts';

let server: JobTestServer;
const signal = AbortSignal.timeout(100_000);

beforeAll(async () => {
  server = await JobTestServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const pending: BuildJobStatus = { phase: 'Pending', pendingTime: '2026-01-01T00:00:00Z', conditions: [] };

function applyStatus(resourceVersion: string, status: BuildJobStatus) {
  const { metadata, ...job } = sampleJob();
  const { name, namespace } = metadata;
  return server.jobs.applyStatus(
    { ...job, metadata: { name, namespace, resourceVersion }, status },
    { fieldManager: 'controller' },
    signal,
  );
}

// What keeps a controller with old caches from making a second pod; a fake API server in the unit tests does the same.
describe('a status that is applied to a real API server for a version of its BuildJob', () => {
  it('says whether that is still the version, even where it changes nothing', async () => {
    const { metadata, ...job } = sampleJob();
    const { name, namespace } = metadata;
    const made = await server.jobs.create({ ...job, metadata: { name, namespace } }, {}, signal);
    const first = await applyStatus(made.metadata.resourceVersion, pending);
    const again = await applyStatus(first.metadata.resourceVersion, pending);
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await expect(applyStatus(made.metadata.resourceVersion, pending)).rejects.toMatchObject({ code: 'Conflict' });
    await server.jobs.delete({ name, namespace }, {}, signal);
    await expect(applyStatus(first.metadata.resourceVersion, pending)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('no longer has what belonged to a pod that is given up', async () => {
    const { metadata, ...job } = sampleJob();
    const { name, namespace } = metadata;
    const made = await server.jobs.create({ ...job, metadata: { name, namespace } }, {}, signal);
    const pod = kubeletPod({ phase: 'Pending' });
    const withPod = livingStatus(made, pod, podProgress(pod), undefined, startMs);
    const before = await applyStatus(made.metadata.resourceVersion, withPod);
    expect(before.status).toMatchObject({ phase: 'Initializing', podUid: 'pod-uid', nodeName: 'node-1', podAttempts: 1 });
    const replacement = { reason: 'NodeLost', message: 'pod 1 of at most 3 was lost' } as const;
    const { status } = await applyStatus(before.metadata.resourceVersion, replacedStatus(before, pod, replacement, startMs));
    const types = ['PodScheduled', 'Running', 'PodReplaced', 'Blocked'];
    expect(status?.conditions?.map(({ type }) => type).toSorted((a, b) => types.indexOf(a) - types.indexOf(b))).toStrictEqual(types);
    expect({ ...status, conditions: [] }).toStrictEqual({
      ...pending,
      observedGeneration: 1,
      podAttempts: 1,
      replacedPodUid: 'pod-uid',
      ...replacement,
    });
    await server.jobs.delete({ name, namespace }, {}, signal);
  });
});
