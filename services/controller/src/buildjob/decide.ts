import { type BuildJob, type BuildJobStatus, isFinal } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { podFinalizer } from '@buildkite-operator/podspec';
import { type Blockage, blockedSince, finalStatus, furthest, livingStatus, pendingStatus, recordedStop } from './next-status.ts';
import { endedAgent, mainContainersEnded } from './pod-containers.ts';
import { type Ending, hasEnded, podEnding } from './pod-ending.ts';
import { podProgress } from './pod-progress.ts';
import { judgeStop, type StopLimits } from './stop.ts';

/** What the controller knows of a job before it decides. */
export interface Observed {
  readonly job: BuildJob;
  /** The job's own pod. */
  readonly pod: Pod | undefined;
  /** The BuildJob that holds the pod's name, where it is another one. */
  readonly rival: string | undefined;
  /** Whether the pod's name is held by one that is on its way out, of an earlier BuildJob with this name, or by one of nobody's. */
  readonly nameTaken: boolean;
  readonly limits: StopLimits & { readonly ttlSecondsAfterFinished: number };
}

/** What is to be done besides writing the status. */
export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'create-pod' }
  /** Deletes the pod; `gracePeriodSeconds` replaces its own grace period. */
  | { readonly kind: 'stop-pod'; readonly gracePeriodSeconds?: number }
  /** Lets the recorded pod go, and the BuildJob with it once its time is over. */
  | { readonly kind: 'clean-up'; readonly releasePod: boolean; readonly endPod: boolean; readonly removeJob: boolean };

export interface Decision {
  readonly status: BuildJobStatus;
  readonly action: Action;
  /** When to decide again even if nothing happens, in milliseconds. */
  readonly waitMs?: number | undefined;
}

/** How soon a name that is taken is tried again, in milliseconds. */
const nameTakenRetryMs = 1000;

/** What remains of a pod whose agent is gone gets this long to end, in seconds: nobody is left to tell its containers. */
const leftoverGraceSeconds = 5;

/** What to do about a job now: a ladder of early exits. Pure. */
export function decide(observed: Observed, nowMs: number): Decision {
  const { job, pod, rival } = observed;
  if (isFinal(job.status?.phase)) return cleanUp(observed, nowMs);
  if (pod !== undefined) return decideWithPod(observed, pod, nowMs);
  if (job.status?.podUid !== undefined) {
    const vanished: Ending = {
      phase: 'Failed',
      reason: 'Deleted',
      message: 'the pod was removed by somebody else before its end could be recorded; run the job again',
    };
    return finish(job, recordedStop(job.status) ?? vanished, nowMs);
  }
  if (rival !== undefined) {
    return finish(
      job,
      {
        phase: 'Failed',
        reason: 'Duplicate',
        message: `BuildJob ${rival} already runs Buildkite job ${job.spec.buildkite.jobId}; delete this one`,
      },
      nowMs,
    );
  }
  return decideWithoutPod(observed, nowMs);
}

function decideWithPod({ job, limits }: Observed, pod: Pod, nowMs: number): Decision {
  const progress = furthest(job, podProgress(pod));
  const earlier = recordedStop(job.status);
  const { ended, waitMs } = hasEnded(pod, nowMs);
  if (ended) return { status: finalStatus(job, pod, progress, podEnding(pod, earlier), nowMs), action: { kind: 'none' } };
  const verdict = judgeStop(job, progress, limits, { ...clockOf(job, nowMs), obstacleSinceMs: blockedSince(job.status) });
  const stop = earlier ?? verdict.stop;
  const status = livingStatus(job, pod, progress, stop, nowMs);
  const mustStop = stop !== undefined && pod.metadata?.deletionTimestamp === undefined;
  return { status, action: mustStop ? { kind: 'stop-pod' } : { kind: 'none' }, waitMs: soonest(waitMs, verdict.waitMs) };
}

function decideWithoutPod({ job, nameTaken, limits }: Observed, nowMs: number): Decision {
  const verdict = judgeStop(job, undefined, limits, { ...clockOf(job, nowMs), obstacleSinceMs: undefined });
  const blockage = job.status?.reason === undefined ? undefined : { reason: job.status.reason, message: job.status.message ?? '' };
  if (verdict.stop === undefined) {
    const status = pendingStatus(job, blockage, nowMs);
    if (nameTaken) return { status, action: { kind: 'none' }, waitMs: soonest(nameTakenRetryMs, verdict.waitMs) };
    return { status, action: { kind: 'create-pod' }, waitMs: verdict.waitMs };
  }
  const ending = verdict.stop.reason === 'PendingTimeout' && blockage !== undefined ? { ...verdict.stop, ...blockage } : verdict.stop;
  return finish(job, ending, nowMs);
}

/** The job after an attempt to make its pod showed what is in the way. */
export function decideBlocked(job: BuildJob, blockage: Blockage, nowMs: number): Decision {
  return { status: pendingStatus(job, blockage, nowMs), action: { kind: 'none' } };
}

/** The job at its end without a pod. */
export function finish(job: BuildJob, ending: Ending, nowMs: number): Decision {
  return { status: finalStatus(job, undefined, undefined, ending, nowMs), action: { kind: 'none' } };
}

function cleanUp({ job, pod, limits }: Observed, nowMs: number): Decision {
  const finished = Date.parse(job.status?.finishedTime ?? '') || nowMs;
  const left = finished + limits.ttlSecondsAfterFinished * 1000 - nowMs;
  const removeJob = left <= 0;
  const action: Action = {
    kind: 'clean-up',
    releasePod: pod?.metadata?.finalizers?.includes(podFinalizer) ?? false,
    // What may still run, or start to, is ended with the job. Otherwise the pod is kept to look at for as long as the job is.
    endPod: pod !== undefined && pod.metadata?.deletionTimestamp === undefined && (removeJob || !endsByItself(pod)),
    removeJob,
  };
  return { status: job.status ?? {}, action, waitMs: removeJob ? undefined : left };
}

/**
 * How a pod's leftovers are ended, in seconds: quickly where the agent is gone before its clients, with the pod's own grace otherwise,
 * so that the agent tells Buildkite and sidecars flush.
 */
export function leftoverGrace(pod: Pod): number | undefined {
  return endedAgent(pod) === undefined || mainContainersEnded(pod) ? undefined : leftoverGraceSeconds;
}

/** The kubelet ends the sidecars itself once the main containers have ended. */
function endsByItself(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || mainContainersEnded(pod);
}

function clockOf(job: BuildJob, nowMs: number) {
  return { nowMs, createdMs: Date.parse(job.metadata.creationTimestamp ?? '') || nowMs };
}

function soonest(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter(wait => wait !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
