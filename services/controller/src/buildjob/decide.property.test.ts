import { type BuildJob, buildJobStatus, isFinal, phases } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Decision, decide, type Observed } from './decide.ts';
import { at, kubeletPod, startMs } from './testing/kubelet-pod.ts';
import { podFacts } from './testing/random-pods.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const runs = { numRuns: 1000 };
const limits = { timeoutSeconds: 100, pendingTimeoutSeconds: 50, ttlSecondsAfterFinished: 60, startFailureGraceSeconds: 30 };

/** One look at the world: the pod, if there is one, some time later. */
const step = fc.record({
  pod: fc.option(podFacts, { nil: undefined, freq: 4 }),
  afterSeconds: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 300 })),
  cancelled: fc.boolean(),
  rival: fc.constantFrom(undefined, undefined, undefined, 'bk-other'),
  nameTaken: fc.boolean(),
});
const lives = fc.array(step, { minLength: 1, maxLength: 12 });
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
  return steps.map(({ pod, afterSeconds, cancelled, rival, nameTaken }, index) => {
    nowMs += afterSeconds * 1000;
    job = { ...job, spec: { ...job.spec, cancelled: job.spec.cancelled || (cancelled && index > 5) } };
    const known = pod === undefined ? undefined : kubeletPod(pod);
    const observed: Observed = {
      job,
      pod: known,
      ...(known === undefined ? { rival, nameTaken } : { rival: undefined, nameTaken: false }),
      limits,
    };
    const decision = decide(observed, nowMs);
    job = { ...job, status: JSON.parse(JSON.stringify(decision.status)) };
    return { observed, decision, nowMs };
  });
}

const order = (phase: (typeof phases)[number] | undefined) => (isFinal(phase) ? phases.length : phases.indexOf(phase ?? 'Pending'));

describe('whatever is seen of a pod', () => {
  it('a phase never goes back, and a final one is never left', () => {
    fc.assert(
      fc.property(lives, steps => {
        for (const { observed, decision } of live(steps)) {
          const before = observed.job.status;
          expect(order(decision.status.phase)).toBeGreaterThanOrEqual(order(before?.phase));
          expect(isFinal(before?.phase) ? decision.status : before).toStrictEqual(before);
        }
      }),
      runs,
    );
  });

  it('a time that is recorded stays', () => {
    const times = ['pendingTime', 'initializingTime', 'runningTime', 'finishedTime'] as const;
    fc.assert(
      fc.property(lives, steps => {
        for (const { observed, decision } of live(steps)) {
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
        for (const { observed, decision } of live(steps)) {
          const { action, waitMs, status } = decision;
          expect(waitMs ?? 1).toBeGreaterThan(0);
          const changes = JSON.stringify(status) !== JSON.stringify(observed.job.status);
          const acts = action.kind === 'create-pod' || action.kind === 'stop-pod' || (action.kind === 'clean-up' && action.removeJob);
          const phase = observed.pod?.status?.phase;
          const lives = observed.pod !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
          // A status that changes is an event, after which the job is looked at again.
          expect(acts || waitMs !== undefined || (isFinal(status.phase) ? changes : lives)).toBe(true);
        }
      }),
      runs,
    );
  });

  it('a job ends, whether its pod is ever heard of again or not', () => {
    fc.assert(
      fc.property(lives, podFacts, (steps, last) => {
        const days = 3 * 86_400_000;
        const silent = kubeletPod(last);
        const look = (job: BuildJob, pod: Observed['pod'], ms: number) =>
          decide({ job, pod, rival: undefined, nameTaken: false, limits }, ms);
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

describe('a job without a pod', () => {
  it('ends by its pending timeout at the latest', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.integer({ min: 50, max: 10_000 }), (nameTaken, second) => {
        const { status } = decide({ job: sampleJob(), pod: undefined, rival: undefined, nameTaken, limits }, startMs + second * 1000);
        expect(status).toMatchObject({ phase: 'Failed', reason: 'PendingTimeout', finishedTime: at(second) });
      }),
    );
  });
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
