import { type BuildJob, buildJobStatus, isFinal, phases } from '@buildkite-operator/crds';
import type { Live, Pod } from '@buildkite-operator/kube';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { mayHaveBegun } from './acquisition.ts';
import { type Decision, decide, givesUpPod, type Observed } from './decide.ts';
import { at, kubeletPod, type PodFacts, startMs } from './testing/kubelet-pod.ts';
import { outsidePodFacts, podFacts } from './testing/random-pods.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const runs = { numRuns: 1000 };
const limits = {
  timeoutSeconds: 100,
  pendingTimeoutSeconds: 50,
  ttlSecondsAfterFinished: 60,
  startFailureGraceSeconds: 30,
  unschedulableGraceSeconds: 40,
  maxPods: 3,
};

/** One look at the world: the pod, if there is one, some time later. */
const stepWith = (facts: fc.Arbitrary<PodFacts>) =>
  fc.record({
    pod: fc.option(facts, { nil: undefined, freq: 4 }),
    afterSeconds: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 300 })),
    cancelled: fc.boolean(),
    rival: fc.constantFrom(undefined, undefined, undefined, 'bk-other'),
    nameTaken: fc.constantFrom<Observed['nameTaken'][]>(undefined, undefined, 'by-earlier', 'by-stranger'),
    eventPending: fc.boolean(),
  });
const livesWith = (facts: fc.Arbitrary<PodFacts>) => fc.array(stepWith(facts), { minLength: 1, maxLength: 12 });
const lives = fc.oneof({ weight: 2, arbitrary: livesWith(podFacts) }, { weight: 1, arbitrary: livesWith(outsidePodFacts) });
type Step = Parameters<Parameters<typeof lives.map>[0]>[0][number];

interface Seen {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly nowMs: number;
}

/** Every decision of a life, each on the status that the one before has left. */
function live(steps: readonly Step[]): Seen[] {
  let job: BuildJob = sampleJob();
  let nowMs = startMs;
  let podsMade = 0;
  return steps.map(({ pod, afterSeconds, cancelled, rival, nameTaken, eventPending }, index) => {
    nowMs += afterSeconds * 1000;
    job = { ...job, spec: { ...job.spec, cancelled: job.spec.cancelled || (cancelled && index > 5) } };
    const known = pod === undefined ? undefined : podOf(pod, `pod-uid-${podsMade}`);
    const observed: Observed = {
      job,
      pod: known,
      ...(known === undefined ? { rival, nameTaken } : { rival: undefined, nameTaken: undefined }),
      eventPending,
      limits,
    };
    const decision = decide(observed, nowMs);
    job = { ...job, status: JSON.parse(JSON.stringify(decision.status)) };
    if (decision.action.kind === 'create-pod') podsMade += 1;
    return { observed, decision, nowMs };
  });
}

function podOf(facts: PodFacts, uid: string): Live<Pod> {
  const pod = kubeletPod(facts);
  return { ...pod, metadata: { ...pod.metadata, uid } };
}

const givesUp = ({ observed, decision }: Seen) => givesUpPod(decision, observed.job);

const order = (phase: (typeof phases)[number] | undefined) => (isFinal(phase) ? phases.length : phases.indexOf(phase ?? 'Pending'));

describe('whatever is seen of a pod', () => {
  it('a phase never goes back, but where a pod is given up, and a final one is never left', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const seen of live(steps)) {
          const { observed, decision } = seen;
          const before = observed.job.status;
          const least = givesUp(seen) ? 'Pending' : before?.phase;
          expect(order(decision.status.phase)).toBeGreaterThanOrEqual(order(least));
          expect(givesUp(seen) ? decision.status.phase : 'Pending').toBe('Pending');
          expect(isFinal(before?.phase) ? decision.status : before).toStrictEqual(before);
        }
      }),
      runs,
    );
  });

  it('a time that is recorded stays as long as the pod does', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const seen of live(steps)) {
          const { observed, decision } = seen;
          const ofPod = givesUp(seen) ? [] : (['initializingTime', 'runningTime'] as const);
          const times = ['pendingTime', 'finishedTime', ...ofPod] as const;
          const recorded = times.filter(name => observed.job.status?.[name] !== undefined);
          expect(recorded.filter(name => decision.status[name] === undefined)).toStrictEqual([]);
        }
      }),
      runs,
    );
  });

  it('a second pod is never asked for once one is recorded', () => {
    fc.assert(
      fc.property(lives, steps => {
        const asked = live(steps).filter(
          ({ observed, decision }) => observed.job.status?.podUid !== undefined && decision.action.kind === 'create-pod',
        );
        expect(asked).toStrictEqual([]);
      }),
      runs,
    );
  });

  it('a pod is given up only before it can have begun with the job, and fewer times than pods may be made', () => {
    let replaced = 0;
    fc.assert(
      fc.property(lives, steps => {
        const seen = live(steps);
        const given = seen.filter(givesUp);
        for (const { observed, decision } of given) {
          const { status } = observed.job;
          expect(observed.pod !== undefined && mayHaveBegun(observed.pod)).toBe(false);
          expect(status?.podUid === observed.pod?.metadata?.uid ? status?.runningTime : undefined).toBeUndefined();
          expect([decision.status.podUid, decision.status.nodeName, decision.status.runningTime]).toStrictEqual([
            undefined,
            undefined,
            undefined,
          ]);
          expect(decision.status.podAttempts).toBe((status?.podAttempts ?? 0) + (status?.podUid === undefined ? 1 : 0));
        }
        expect(given.length).toBeLessThan(limits.maxPods);
        expect(seen.at(-1)?.decision.status.podAttempts ?? 0).toBeLessThanOrEqual(limits.maxPods);
        replaced += given.length;
      }),
      runs,
    );
    expect(replaced).toBeGreaterThan(50);
  });

  it('a decision depends on nothing but what is seen and when, and changes nothing of it', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const { observed, decision, nowMs } of live(steps)) {
          const copy = structuredClone(observed);
          expect(decide(deepFreeze(observed), nowMs)).toStrictEqual(decision);
          expect(decide(copy, nowMs)).toStrictEqual(decision);
        }
      }),
      runs,
    );
  });

  it('a status is one that the API server takes, with a reason at its end', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const { decision } of live(steps)) {
          const status: unknown = JSON.parse(JSON.stringify(decision.status));
          expect(buildJobStatus.parse(status)).toStrictEqual(status);
          expect(decision.status.finishedTime !== undefined && decision.status.reason !== undefined).toBe(isFinal(decision.status.phase));
        }
      }),
      runs,
    );
  });

  it('a job is never stuck: something is done, or will be looked at, or the pod lives', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const seen of live(steps)) {
          const { observed, decision } = seen;
          const { action, waitMs, status } = decision;
          expect(waitMs ?? 1).toBeGreaterThan(0);
          const changes = JSON.stringify(status) !== JSON.stringify(observed.job.status);
          const acts =
            action.kind === 'create-pod' ||
            action.kind === 'stop-pod' ||
            action.kind === 'give-up-pod' ||
            (action.kind === 'clean-up' && action.removeJob);
          const phase = observed.pod?.status?.phase;
          const lives = observed.pod !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
          // A status that changes is an event, after which the job is looked at again.
          expect(acts || waitMs !== undefined || (isFinal(status.phase) || givesUp(seen) ? changes : lives)).toBe(true);
        }
      }),
      runs,
    );
  });

  it('a job ends, whether its pod is ever heard of again or not', () => {
    fc.assert(
      fc.property(lives, fc.oneof(podFacts, outsidePodFacts), (steps, last) => {
        const days = 3 * 86_400_000;
        const silent = kubeletPod(last);
        const look = (job: BuildJob, pod: Observed['pod'], ms: number) =>
          decide({ job, pod, rival: undefined, nameTaken: undefined, eventPending: false, limits }, ms);
        for (const { decision, nowMs } of live(steps).slice(-1)) {
          const late = look({ ...sampleJob(), status: decision.status }, silent, nowMs + days);
          expect(late.action.kind === 'stop-pod' || isFinal(late.status.phase) || last.deletedAt !== undefined).toBe(true);
          const deleted = { ...silent, metadata: { ...silent.metadata, deletionTimestamp: new Date(nowMs + days).toISOString() } };
          const after = look({ ...sampleJob(), status: late.status }, deleted, nowMs + 2 * days);
          expect(isFinal(after.status.phase)).toBe(true);
        }
      }),
      runs,
    );
  });
});

describe('a job whose agent runs elsewhere', () => {
  it('never ends for an agent of its own', () => {
    fc.assert(
      fc.property(livesWith(outsidePodFacts), steps => {
        const reasons = live(steps).map(({ decision }) => decision.status.reason);
        expect(reasons.filter(reason => reason === 'AgentLost' || reason === 'NotAcquired')).toStrictEqual([]);
      }),
      runs,
    );
  });

  it('ends with the exit code of a client', () => {
    fc.assert(
      fc.property(livesWith(outsidePodFacts), steps => {
        for (const { observed, decision } of live(steps)) {
          const { exitCode } = decision.status;
          if (exitCode === undefined || isFinal(observed.job.status?.phase)) continue;
          const { initContainerStatuses = [], containerStatuses = [] } = observed.pod?.status ?? {};
          const clients = [...initContainerStatuses, ...containerStatuses].filter(({ name }) => name !== 'copy-agent');
          expect(clients.map(({ state }) => state?.terminated?.exitCode)).toContain(exitCode);
        }
      }),
      runs,
    );
  });
});

describe('a job without a pod', () => {
  it('ends by its pending timeout at the latest', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Observed['nameTaken'][]>(undefined, 'by-earlier', 'by-stranger'),
        fc.integer({ min: 50, max: 10_000 }),
        (nameTaken, second) => {
          const waiting = { job: sampleJob(), pod: undefined, rival: undefined, nameTaken, eventPending: false, limits };
          const { status } = decide(waiting, startMs + second * 1000);
          expect(status).toMatchObject({ phase: 'Failed', reason: 'PendingTimeout', finishedTime: at(second) });
        },
      ),
    );
  });
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
