import type { BuildJobSpec, BuildJobStatus } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { type Action, decide, decideBlocked, finish, leftoverGrace, type Observed } from './decide.ts';
import { at, createdPod, ended, kubeletPod, type PodFacts, running, startMs, waiting } from './testing/kubelet-pod.ts';

const limits = {
  timeoutSeconds: 100,
  pendingTimeoutSeconds: 50,
  ttlSecondsAfterFinished: 0,
  startFailureGraceSeconds: 30,
  unschedulableGraceSeconds: 600,
  maxPods: 3,
};
const allRun = { agent: running(5), checkout: running(6), 'container-0': running(7) };
const done = { agent: ended(0), checkout: ended(0), 'container-0': ended(0) };
const failing = { agent: ended(1), checkout: ended(0), 'container-0': ended(1) };
const stopping = (reason: string): BuildJobStatus => ({
  phase: 'Running',
  podUid: 'pod-uid',
  runningTime: at(7),
  conditions: [{ type: 'Stopping', status: 'True', reason, message: 'the reason', lastTransitionTime: at(8) }],
});
const over: BuildJobStatus = { phase: 'Succeeded', reason: 'Completed', finishedTime: at(20), podUid: 'pod-uid' };

interface Given {
  readonly spec?: Partial<BuildJobSpec>;
  readonly status?: BuildJobStatus;
  readonly pod?: PodFacts;
  readonly rival?: string;
  readonly nameTaken?: Observed['nameTaken'];
  readonly eventPending?: boolean;
  readonly ttl?: number;
  readonly second?: number;
}

function decided({ spec, status, pod, rival, nameTaken, eventPending = false, ttl = 0, second = 10 }: Given) {
  const observed: Observed = {
    job: sampleJob(spec, status === undefined ? {} : { status }),
    pod: pod === undefined ? undefined : kubeletPod(pod),
    rival,
    nameTaken,
    eventPending,
    limits: { ...limits, ttlSecondsAfterFinished: ttl },
  };
  return decide(observed, startMs + second * 1000);
}

interface Rung {
  readonly title: string;
  readonly given: Given;
  readonly status: Partial<BuildJobStatus>;
  readonly action: Action;
  readonly waitMs: number | undefined;
}

const none: Action = { kind: 'none' };
const cleanUp = (parts: Partial<Extract<Action, { kind: 'clean-up' }>>): Action => ({
  kind: 'clean-up',
  releasePod: false,
  endPod: false,
  removeJob: false,
  ...parts,
});

const rungs: readonly Rung[] = [
  {
    title: 'is new: its pod is made',
    given: {},
    status: { phase: 'Pending' },
    action: { kind: 'create-pod' },
    waitMs: 40_000,
  },
  {
    title: 'could not get its pod yet: it is tried again, and says why it waits',
    given: { status: { phase: 'Pending', reason: 'QuotaExceeded', message: 'full' } },
    status: { phase: 'Pending', reason: 'QuotaExceeded', message: 'full' },
    action: { kind: 'create-pod' },
    waitMs: 40_000,
  },
  {
    title: 'finds the pod of an earlier BuildJob of its name: it waits for that to go',
    given: { nameTaken: 'by-earlier' },
    status: { phase: 'Pending' },
    action: none,
    waitMs: 1000,
  },
  {
    title: 'finds its name taken until its pending timeout',
    given: { nameTaken: 'by-earlier', second: 50 },
    status: { phase: 'Failed', reason: 'PendingTimeout' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'finds its name taken shortly before its pending timeout',
    given: { nameTaken: 'by-earlier', second: 49.5 },
    status: { phase: 'Pending' },
    action: none,
    waitMs: 500,
  },
  {
    title: 'is cancelled before it has a pod',
    given: { spec: { cancelled: true } },
    status: { phase: 'Cancelled', reason: 'Cancelled' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'has no pod by its pending timeout',
    given: { second: 50 },
    status: { phase: 'Failed', reason: 'PendingTimeout' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'has no pod by its pending timeout, for a known reason',
    given: { second: 50, status: { phase: 'Pending', reason: 'QuotaExceeded', message: 'full' } },
    status: { phase: 'Failed', reason: 'QuotaExceeded', message: 'full; the job did not start running within 50 s' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'is the second for its Buildkite job',
    given: { rival: 'bk-first' },
    status: { phase: 'Failed', reason: 'Duplicate', message: expect.stringContaining('BuildJob bk-first already runs') },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'had a pod that is gone',
    given: { status: { phase: 'Running', podUid: 'pod-uid' } },
    status: { phase: 'Failed', reason: 'Deleted' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'had a pod that is gone, and somebody else has its name',
    given: { status: { phase: 'Running', podUid: 'pod-uid' }, rival: 'bk-other', nameTaken: 'by-earlier' },
    status: { phase: 'Failed', reason: 'Deleted' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'had a pod that went while it was stopped',
    given: { status: stopping('TimedOut') },
    status: { phase: 'TimedOut', reason: 'TimedOut', message: 'the reason' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'has a pod that waits for a node',
    given: { pod: { phase: 'Pending', nodeName: undefined } },
    status: { phase: 'Scheduling' },
    action: none,
    waitMs: 40_000,
  },
  {
    title: 'has a pod that starts',
    given: { pod: { phase: 'Pending' } },
    status: { phase: 'Initializing', nodeName: 'node-1' },
    action: none,
    waitMs: 40_000,
  },
  {
    title: 'has a pod that runs',
    given: { pod: { containers: allRun } },
    status: { phase: 'Running' },
    action: none,
    waitMs: 97_000,
  },
  {
    title: 'runs long after its pending timeout',
    given: { pod: { containers: allRun }, second: 90 },
    status: { phase: 'Running' },
    action: none,
    waitMs: 17_000,
  },
  {
    title: 'runs, though the kubelet reports a container as waiting again after the pending timeout',
    given: {
      status: { phase: 'Running', podUid: 'pod-uid', runningTime: at(7) },
      pod: { containers: { ...allRun, agent: waiting('ContainerCreating') } },
      second: 90,
    },
    status: { phase: 'Running' },
    action: none,
    waitMs: 17_000,
  },
  {
    title: 'has run for its timeout',
    given: { pod: { containers: allRun }, second: 107 },
    status: { phase: 'Running', reason: 'TimedOut' },
    action: { kind: 'stop-pod' },
    waitMs: undefined,
  },
  {
    title: 'is cancelled while it runs',
    given: { spec: { cancelled: true }, pod: { containers: allRun } },
    status: { phase: 'Running', reason: 'Cancelled' },
    action: { kind: 'stop-pod' },
    waitMs: undefined,
  },
  {
    title: 'was to be stopped by a controller that died before it did',
    given: { status: stopping('TimedOut'), pod: { containers: allRun } },
    status: { phase: 'Running', reason: 'TimedOut' },
    action: { kind: 'stop-pod' },
    waitMs: 97_000,
  },
  {
    title: 'is stopped and within its grace',
    given: { status: stopping('Cancelled'), spec: { cancelled: true }, pod: { containers: allRun, deletedAt: 60 } },
    status: { phase: 'Running', reason: 'Cancelled' },
    action: none,
    waitMs: 110_000,
  },
  {
    title: 'is stopped for its timeout and cancelled after it: the first counts',
    given: { status: stopping('TimedOut'), spec: { cancelled: true }, pod: { phase: 'Failed', containers: failing, deletedAt: 60 } },
    status: { phase: 'TimedOut', reason: 'TimedOut' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'cannot pull its image: it gets its grace',
    given: { pod: { phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'x') } } },
    status: { phase: 'Initializing', reason: 'ImagePull' },
    action: none,
    waitMs: 30_000,
  },
  {
    title: 'has an image name that can never work',
    given: { pod: { phase: 'Pending', containers: { 'container-0': waiting('InvalidImageName', 'x') } } },
    status: { phase: 'Initializing', reason: 'InvalidImage' },
    action: { kind: 'stop-pod' },
    waitMs: undefined,
  },
  {
    title: 'has a pod whose agent ended, and a command that may be reported late',
    given: { pod: { containers: { ...allRun, agent: ended(1) } } },
    status: { phase: 'Running' },
    action: none,
    waitMs: 5000,
  },
  {
    title: 'has ended well',
    given: { pod: { phase: 'Succeeded', containers: done } },
    status: { phase: 'Succeeded', reason: 'Completed', exitCode: 0, finishedTime: at(10) },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'has failed',
    given: { pod: { phase: 'Failed', containers: failing } },
    status: { phase: 'Failed', reason: 'ExitCode', exitCode: 1 },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'has ended well, though it is cancelled since',
    given: { spec: { cancelled: true }, pod: { phase: 'Succeeded', containers: done } },
    status: { phase: 'Succeeded', reason: 'Completed' },
    action: none,
    waitMs: undefined,
  },
  {
    title: 'is over: pod and BuildJob go at once',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, second: 20 },
    status: over,
    action: cleanUp({ releasePod: true, endPod: true, removeJob: true }),
    waitMs: undefined,
  },
  {
    title: 'is over, and its Event has not gone out: it stays for that, and its pod as well',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, eventPending: true, second: 34 },
    status: over,
    action: cleanUp({ releasePod: true }),
    waitMs: 250,
  },
  {
    title: 'is over, and its Event has not gone out for long',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, eventPending: true, second: 35 },
    status: over,
    action: cleanUp({ releasePod: true, endPod: true, removeJob: true }),
    waitMs: undefined,
  },
  {
    title: 'is over and stays for a while, whatever its Event does',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, eventPending: true, ttl: 30, second: 25 },
    status: over,
    action: cleanUp({ releasePod: true }),
    waitMs: 25_000,
  },
  {
    title: 'is over and stays for a while: its pod is let go, and stays as well',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, ttl: 30, second: 25 },
    status: over,
    action: cleanUp({ releasePod: true }),
    waitMs: 25_000,
  },
  {
    title: 'is over and stays for a while: sidecars may flush',
    given: { status: over, pod: { containers: done, initContainers: { cache: running() } }, ttl: 30, second: 25 },
    status: over,
    action: cleanUp({ releasePod: true }),
    waitMs: 25_000,
  },
  {
    title: 'is over and stays for a while: a command that was never needed is ended',
    given: { status: over, pod: { containers: { agent: ended(27), 'container-0': waiting('ImagePullBackOff') } }, ttl: 30, second: 25 },
    status: over,
    action: cleanUp({ releasePod: true, endPod: true }),
    waitMs: 25_000,
  },
  {
    title: 'is over and stays for a while: a pod that appears only now is ended before it runs',
    given: { status: over, pod: { phase: 'Pending', nodeName: undefined }, ttl: 30, second: 25 },
    status: over,
    action: cleanUp({ releasePod: true, endPod: true }),
    waitMs: 25_000,
  },
  {
    title: 'is over and has stayed long enough',
    given: { status: over, pod: { phase: 'Succeeded', containers: done }, ttl: 30, second: 50 },
    status: over,
    action: cleanUp({ releasePod: true, endPod: true, removeJob: true }),
    waitMs: undefined,
  },
  {
    title: 'is over, and its pod on its way out',
    given: { status: over, pod: { phase: 'Succeeded', containers: done, deletedAt: 21 }, second: 22 },
    status: over,
    action: cleanUp({ releasePod: true, removeJob: true }),
    waitMs: undefined,
  },
  {
    title: 'is over without a pod',
    given: { status: over, second: 20 },
    status: over,
    action: cleanUp({ removeJob: true }),
    waitMs: undefined,
  },
  {
    title: 'is over, and nobody recorded when: it goes at the end of its time from now',
    given: { status: { phase: 'Failed' }, ttl: 30, second: 25 },
    status: { phase: 'Failed' },
    action: cleanUp({}),
    waitMs: 30_000,
  },
];

describe('a job that', () => {
  it.each(rungs)('$title', ({ given, status, action, waitMs }) => {
    const decision = decided(given);
    expect({ action: decision.action, waitMs: decision.waitMs }).toStrictEqual({ action, waitMs });
    expect(decision.status).toMatchObject(status);
  });

  it('keeps its status as it is once it is over', () => {
    expect(decided({ status: over, pod: { phase: 'Failed', containers: failing }, spec: { cancelled: true } }).status).toBe(over);
  });
});

describe('an attempt to make the pod', () => {
  it('that is blocked leaves the job waiting, with the reason', () => {
    const decision = decideBlocked(sampleJob(), { reason: 'EnvironmentNotFound', message: 'x' }, startMs);
    expect(decision).toMatchObject({ status: { phase: 'Pending', reason: 'EnvironmentNotFound', message: 'x' }, action: none });
  });

  it('that is refused ends the job', () => {
    const decision = finish(sampleJob(), { phase: 'Failed', reason: 'Rejected', message: 'x' }, startMs);
    expect(decision).toMatchObject({ status: { phase: 'Failed', reason: 'Rejected', finishedTime: at(0) }, action: none });
  });
});

describe('the grace of what is left of a pod', () => {
  it.each([
    ["is the pod's own where the agent has not started", createdPod(sampleJob()), undefined],
    ["is the pod's own where the agent runs", kubeletPod({ containers: allRun }), undefined],
    ["is the pod's own where only sidecars are left", kubeletPod({ containers: done, initContainers: { cache: running() } }), undefined],
    ['is short where the agent is gone before its clients', kubeletPod({ containers: { ...allRun, agent: ended(27) } }), 5],
  ])('%s', (_title, pod, seconds) => {
    expect(leftoverGrace(pod, startMs)).toBe(seconds);
  });
});
