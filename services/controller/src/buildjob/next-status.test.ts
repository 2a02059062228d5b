import type { BuildJobStatus } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { blockedSince, finalStatus, furthest, livingStatus, pendingStatus, recordedStop, replacedStatus } from './next-status.ts';
import { podProgress } from './pod-progress.ts';
import { at, ended, kubeletPod, type PodFacts, running, startMs, waiting } from './testing/kubelet-pod.ts';

const now = startMs + 20_000;
const allRun = { agent: running(5), checkout: running(6), 'container-0': running(7) };
const jobWith = (status: BuildJobStatus) => sampleJob({}, { status });

function living(facts: PodFacts, status: BuildJobStatus = {}, stop?: Parameters<typeof livingStatus>[3]) {
  const job = jobWith(status);
  const pod = kubeletPod(facts);
  return livingStatus(job, pod, furthest(job, podProgress(pod)), stop, now);
}

const holding = (status: BuildJobStatus) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

describe('the status of a job without a pod', () => {
  it('says when it was first seen', () => {
    expect(pendingStatus(sampleJob(), undefined, now)).toStrictEqual({
      phase: 'Pending',
      observedGeneration: 1,
      pendingTime: at(20),
      conditions: [],
      reason: undefined,
      message: undefined,
    });
  });

  it('keeps that time, and says what is in the way', () => {
    const blockage = { reason: 'QuotaExceeded', message: 'pods is full' } as const;
    const status = pendingStatus(jobWith({ phase: 'Pending', pendingTime: at(1) }), blockage, now);
    expect(status).toMatchObject({ pendingTime: at(1), ...blockage });
    expect(status.conditions).toStrictEqual([
      { type: 'Blocked', status: 'True', ...blockage, lastTransitionTime: at(20), observedGeneration: 1 },
    ]);
  });

  it('no longer says what was in the way', () => {
    const before = pendingStatus(sampleJob(), { reason: 'QuotaExceeded', message: 'x' }, now);
    const status = pendingStatus(jobWith(before), undefined, now);
    expect({ reason: status.reason, message: status.message, ...holding(status) }).toStrictEqual({
      reason: undefined,
      message: undefined,
      Blocked: 'False Unblocked',
    });
  });
});

describe('the status of a job with a living pod', () => {
  it('says which pod it is, where, and since when', () => {
    expect(living({ containers: allRun })).toMatchObject({
      phase: 'Running',
      podName: 'bk-0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b',
      podUid: 'pod-uid',
      nodeName: 'node-1',
      pendingTime: at(20),
      schedulingTime: at(1),
      initializingTime: at(2),
      runningTime: at(7),
    });
  });

  it.each<[string, PodFacts, object]>([
    [
      'waits for a node',
      { phase: 'Pending', nodeName: undefined },
      { PodScheduled: 'False WaitingForNode', Running: 'False ContainersNotStarted' },
    ],
    ['has a node', { phase: 'Pending' }, { PodScheduled: 'True Scheduled', Running: 'False ContainersNotStarted' }],
    ['runs', { containers: allRun }, { PodScheduled: 'True Scheduled', Running: 'True ContainersStarted' }],
    [
      'cannot pull',
      { phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'x') } },
      { PodScheduled: 'True Scheduled', Running: 'False ContainersNotStarted', Blocked: 'True ImagePull' },
    ],
  ])('has the conditions of one that %s', (_title, facts, conditions) => {
    expect(holding(living(facts))).toStrictEqual(conditions);
  });

  it('says what keeps it from running, and later no longer', () => {
    const blocked = living({ phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'x') } });
    expect(blocked).toMatchObject({ reason: 'ImagePull', message: expect.stringContaining('ErrImagePull') });
    const status = living({ containers: allRun }, blocked);
    expect({ reason: status.reason, message: status.message, ...holding(status) }).toMatchObject({
      reason: undefined,
      message: undefined,
      Blocked: 'False Unblocked',
    });
  });

  it('says that it is stopped, and why, before anything else', () => {
    const stop = { phase: 'TimedOut', reason: 'TimedOut', message: 'too long' } as const;
    const status = living({ phase: 'Pending', containers: { agent: waiting('ErrImagePull', 'x') } }, {}, stop);
    expect(status).toMatchObject({ reason: 'TimedOut', message: 'too long' });
    expect(holding(status)).toMatchObject({ Stopping: 'True TimedOut', Blocked: 'True ImagePull' });
  });

  it('names an OOM kill while the agent still runs', () => {
    const containers = { ...allRun, 'container-0': ended(137, { reason: 'OOMKilled' }) };
    expect(living({ containers })).toMatchObject({
      phase: 'Running',
      reason: 'OOMKilled',
      message: expect.stringContaining('container-0'),
    });
  });

  it.each<[string, PodFacts]>([
    ['that runs', { containers: allRun }],
    ['that cannot pull', { phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'x') } }],
  ])('says at once that the cluster takes away a pod %s', (_title, facts) => {
    const disruption = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
    expect(living({ ...facts, disruption, deletedAt: 60 })).toMatchObject({
      reason: 'Evicted',
      message: 'the pod was removed from node node-1: Eviction API: evicting; it has its grace period to end',
    });
    expect(living({ containers: allRun, disruption }).reason).toBeUndefined();
  });

  it.each<[string, BuildJobStatus, PodFacts, string]>([
    [
      'Running stays, though a container waits again',
      { runningTime: at(7) },
      { containers: { agent: waiting('ContainerCreating') } },
      'Running',
    ],
    [
      'Running stays, though an old cache knows no node',
      { runningTime: at(7), initializingTime: at(2) },
      { nodeName: undefined },
      'Running',
    ],
    [
      'Initializing stays, though an old cache knows no node',
      { initializingTime: at(2) },
      { phase: 'Pending', nodeName: undefined },
      'Initializing',
    ],
  ])('takes nothing back: %s', (_title, recorded, facts, phase) => {
    expect(living(facts, recorded)).toMatchObject({ phase, ...recorded });
  });
});

describe('the status of a job whose pod is given up', () => {
  const replacement = { reason: 'Preempted', message: 'pod 1 of at most 3 was lost' } as const;
  const pod = kubeletPod({ phase: 'Failed' });

  it('is that of one that has had none, but for the count, and that it was first seen', () => {
    const before = living({ phase: 'Pending' });
    expect(replacedStatus(jobWith(before), pod, replacement, now)).toStrictEqual({
      phase: 'Pending',
      observedGeneration: 1,
      pendingTime: at(20),
      podAttempts: 1,
      replacedPodUid: 'pod-uid',
      conditions: expect.any(Array),
      ...replacement,
    });
  });

  it('says so in its conditions, each time anew', () => {
    const first = replacedStatus(jobWith(living({ phase: 'Pending' })), pod, replacement, now);
    const other = { ...pod, metadata: { ...pod.metadata, uid: 'second' } };
    const second = replacedStatus(jobWith(first), other, replacement, now + 5000);
    expect(holding(second)).toStrictEqual({
      PodScheduled: 'False PodReplaced',
      Running: 'False PodReplaced',
      PodReplaced: 'True Preempted',
      Blocked: 'True Preempted',
    });
    expect(second.conditions?.find(({ type }) => type === 'PodReplaced')?.lastTransitionTime).toBe(at(25));
    expect(second).toMatchObject({ podAttempts: 2, replacedPodUid: 'second' });
  });
});

describe('the status of a job at its end', () => {
  const ending = { phase: 'Failed', reason: 'ExitCode', exitCode: 42, message: 'container-0 ended with exit code 42' } as const;

  it('keeps what is known of its life', () => {
    const before = living({ containers: allRun });
    const pod = kubeletPod({ phase: 'Failed', containers: { agent: ended(42), checkout: ended(0), 'container-0': ended(42) } });
    const job = jobWith(before);
    const status = finalStatus(job, pod, furthest(job, podProgress(pod)), ending, now);
    expect(status).toMatchObject({ ...ending, finishedTime: at(20), pendingTime: at(20), runningTime: at(7), nodeName: 'node-1' });
    expect(holding(status)).toStrictEqual({ PodScheduled: 'True Scheduled', Running: 'False Finished', Finished: 'True ExitCode' });
  });

  it('has no exit code where nothing ran, and no condition of a pod', () => {
    const status = finalStatus(sampleJob(), undefined, undefined, { phase: 'Cancelled', reason: 'Cancelled', message: 'x' }, now);
    expect(status).toStrictEqual({
      phase: 'Cancelled',
      reason: 'Cancelled',
      message: 'x',
      observedGeneration: 1,
      pendingTime: at(20),
      finishedTime: at(20),
      conditions: [
        { type: 'Finished', status: 'True', reason: 'Cancelled', message: 'x', lastTransitionTime: at(20), observedGeneration: 1 },
      ],
    });
  });

  it('keeps to what a status can hold, whatever others say', () => {
    const status = finalStatus(sampleJob(), undefined, undefined, { ...ending, message: 'x'.repeat(100_000) }, now);
    expect(status.message).toHaveLength(32_768);
  });
});

describe('what is recorded in conditions', () => {
  it.each([
    [{ phase: 'Cancelled', reason: 'Cancelled', message: 'a' }],
    [{ phase: 'TimedOut', reason: 'TimedOut', message: 'b' }],
    [{ phase: 'Failed', reason: 'ImagePull', message: 'c' }],
    [{ phase: 'Failed', reason: 'PendingTimeout', message: 'd' }],
  ] as const)('is the stop %j', stop => {
    expect(recordedStop(living({ containers: allRun }, {}, stop))).toStrictEqual(stop);
  });

  it('is no stop where there was none', () => {
    expect(recordedStop(living({ containers: allRun }))).toBeUndefined();
    expect(recordedStop(undefined)).toBeUndefined();
  });

  it('is since when the job is blocked, by this and by nothing before it', () => {
    const blocked = living({ phase: 'Pending', unschedulable: 'no room' });
    expect(blockedSince(blocked, 'Unschedulable')).toBe(now);
    expect(blockedSince(blocked, 'ImagePull')).toBeUndefined();
    expect(blockedSince(blocked, undefined)).toBeUndefined();
    expect(blockedSince(living({ containers: allRun }, blocked), 'Unschedulable')).toBeUndefined();
  });
});
