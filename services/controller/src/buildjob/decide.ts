import { type BuildJob, type BuildJobStatus, isFinal } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { podFinalizer, podNameFor } from '@buildkite-operator/podspec';
import {
  type Blockage,
  blockedSince,
  finalStatus,
  furthest,
  livingStatus,
  pendingStatus,
  recordedStop,
  replacedStatus,
} from './next-status.ts';
import { endedAgent, mainContainersEnded } from './pod-containers.ts';
import { type Ending, hasEnded, podEnding, unconfirmedMs } from './pod-ending.ts';
import { type Progress, podProgress } from './pod-progress.ts';
import { afterAttempts, judgeReplacement, replacementWaitMs } from './replacement.ts';
import { judgeStop, pendingTimeout, type StopLimits } from './stop.ts';
import { judgeStuckClient } from './stuck-client.ts';

/** What the controller knows of a job before it decides. */
export interface Observed {
  readonly job: BuildJob;
  /** The job's own pod. */
  readonly pod: Pod | undefined;
  /** The BuildJob that holds the pod's name, where it is another one. */
  readonly rival: string | undefined;
  /** Who else holds the pod's name: an earlier BuildJob of this name, whose pod is on its way out, or a pod that is none of ours. */
  readonly nameTaken: 'by-earlier' | 'by-stranger' | undefined;
  /** Whether an Event about the job has not gone out yet. */
  readonly eventPending: boolean;
  readonly limits: StopLimits & {
    readonly ttlSecondsAfterFinished: number;
    /** How many pods are made for one job in all, while it has not begun. */
    readonly maxPods: number;
  };
}

/** What is to be done besides writing the status. */
export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'create-pod' }
  /** Deletes the pod; `gracePeriodSeconds` replaces its own grace period. */
  | { readonly kind: 'stop-pod'; readonly gracePeriodSeconds?: number }
  /** Lets a pod go that is given up for another one, and sees that it goes. */
  | { readonly kind: 'give-up-pod' }
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

/** How long a job that may go is kept for its Event, in milliseconds: no later leader knows of a job that is gone. And how soon that is looked at again. */
const longestEventWaitMs = 15_000;
const eventRetryMs = 250;

/** What remains of a pod whose agent is gone gets this long to end, in seconds: nobody is left to tell its containers. */
const leftoverGraceSeconds = 5;

/** What to do about a job now: a ladder of early exits. Pure. */
export function decide(observed: Observed, nowMs: number): Decision {
  const { job, pod, rival } = observed;
  if (isFinal(job.status?.phase)) return cleanUp(observed, nowMs);
  if (pod !== undefined) {
    const givenUp = job.status?.podUid === undefined && pod.metadata?.uid === job.status?.replacedPodUid;
    return givenUp ? decideGivenUp(observed, pod, nowMs) : decideWithPod(observed, pod, nowMs);
  }
  if (job.status?.podUid !== undefined) {
    const vanished: Ending = {
      phase: 'Failed',
      reason: 'Deleted',
      message: 'the pod was removed by somebody else before its end could be recorded; run the job again',
    };
    return finish(job, recordedStop(job.status) ?? vanished, nowMs);
  }
  if (rival !== undefined) return finish(job, duplicateOf(rival, job), nowMs);
  return decideWithoutPod(observed, nowMs);
}

function decideWithPod({ job, limits }: Observed, pod: Pod, nowMs: number): Decision {
  const progress = furthest(job, podProgress(pod));
  const earlier = recordedStop(job.status);
  const { ended, waitMs } = hasEnded(pod, nowMs);
  if (ended) return { status: endedStatus(job, pod, progress, podEnding(pod, earlier), limits, nowMs), action: { kind: 'none' } };
  const obstacleSinceMs = blockedSince(job.status, progress.obstacle?.reason);
  const verdict = judgeStop(job, progress, limits, { ...clockOf(job, nowMs), obstacleSinceMs });
  const stuck = judgeStuckClient(pod, limits.startFailureGraceSeconds, nowMs);
  const stop = earlier ?? verdict.stop ?? stuck.stop;
  const status = livingStatus(job, pod, progress, stop, nowMs);
  const mustStop = stop !== undefined && pod.metadata?.deletionTimestamp === undefined;
  return { status, action: mustStop ? { kind: 'stop-pod' } : { kind: 'none' }, waitMs: soonest(waitMs, verdict.waitMs, stuck.waitMs) };
}

function endedStatus(
  job: BuildJob,
  pod: Pod,
  progress: Progress,
  ending: Ending,
  limits: Observed['limits'],
  nowMs: number,
): BuildJobStatus {
  const { stop } = judgeStop(job, undefined, limits, { ...clockOf(job, nowMs), obstacleSinceMs: undefined });
  const replacement = stop === undefined ? judgeReplacement(job, pod, ending, limits.maxPods) : undefined;
  if (replacement !== undefined) return replacedStatus(job, pod, replacement, nowMs);
  return finalStatus(job, pod, progress, afterAttempts(job, pod, ending), nowMs);
}

/** Whether the decision gives the job's pod up for another one. */
export function givesUpPod({ status }: Decision, job: BuildJob): boolean {
  return status.replacedPodUid !== job.status?.replacedPodUid;
}

/** A pod that is given up holds its name until it is really gone. */
function decideGivenUp(observed: Observed, pod: Pod, nowMs: number): Decision {
  const { status, action, waitMs } = decideWithoutPod({ ...observed, nameTaken: undefined }, nowMs);
  if (isFinal(status.phase)) return { status, action };
  return {
    status,
    action: { kind: 'give-up-pod' },
    waitMs: soonest(action.kind === 'create-pod' ? nameTakenRetryMs : waitMs, unconfirmedMs(pod, nowMs) || undefined),
  };
}

function decideWithoutPod({ job, nameTaken, limits }: Observed, nowMs: number): Decision {
  const verdict = judgeStop(job, undefined, limits, { ...clockOf(job, nowMs), obstacleSinceMs: undefined });
  const blockage = job.status?.reason === undefined ? undefined : { reason: job.status.reason, message: job.status.message ?? '' };
  if (verdict.stop === undefined) {
    const waitMs = replacementWaitMs(job.status, nowMs);
    if (nameTaken === 'by-stranger') return { ...nameHeld(job, nowMs), waitMs: soonest(nameTakenRetryMs, verdict.waitMs) };
    const status = pendingStatus(job, blockage, nowMs);
    if (nameTaken !== undefined) return { status, action: { kind: 'none' }, waitMs: soonest(nameTakenRetryMs, verdict.waitMs) };
    if (waitMs > 0) return { status, action: { kind: 'none' }, waitMs: soonest(waitMs, verdict.waitMs) };
    return { status, action: { kind: 'create-pod' }, waitMs: verdict.waitMs };
  }
  const isKnown = blockage !== undefined && verdict.stop.reason === 'PendingTimeout';
  return finish(job, isKnown ? pendingTimeout(blockage, limits) : verdict.stop, nowMs);
}

/** The ending of a job that another BuildJob runs already. */
export function duplicateOf(rival: string, job: BuildJob): Ending {
  const message = `BuildJob ${rival} already runs Buildkite job ${job.spec.buildkite.jobId}; delete this one`;
  return { phase: 'Failed', reason: 'Duplicate', message };
}

/** The job whose pod's name is held by a pod that belongs to no BuildJob. */
export function nameHeld(job: BuildJob, nowMs: number): Decision {
  const name = podNameFor(job.spec.buildkite.jobId);
  const message = `a pod ${name} exists already and belongs to no BuildJob; delete it: a Buildkite job is run by the pod of this name alone`;
  return { ...decideBlocked(job, { reason: 'Duplicate', message }, nowMs), waitMs: nameTakenRetryMs };
}

/** The job after an attempt to make its pod showed what is in the way. */
export function decideBlocked(job: BuildJob, blockage: Blockage, nowMs: number): Decision {
  return { status: pendingStatus(job, blockage, nowMs), action: { kind: 'none' } };
}

/** The job at its end without a pod. */
export function finish(job: BuildJob, ending: Ending, nowMs: number): Decision {
  return { status: finalStatus(job, undefined, undefined, ending, nowMs), action: { kind: 'none' } };
}

function cleanUp(observed: Observed, nowMs: number): Decision {
  const { job, pod } = observed;
  const left = staysMs(observed, nowMs);
  const removeJob = left <= 0;
  const unconfirmed = pod === undefined ? undefined : unconfirmedMs(pod, nowMs);
  const action: Action = {
    kind: 'clean-up',
    releasePod: pod?.metadata?.finalizers?.includes(podFinalizer) ?? false,
    // What may still run, or start to, is ended with the job. Otherwise the pod is kept to look at for as long as the job is.
    endPod:
      pod !== undefined && (unconfirmed === 0 || (pod.metadata?.deletionTimestamp === undefined && (removeJob || !endsByItself(pod)))),
    removeJob,
  };
  return { status: job.status ?? {}, action, waitMs: removeJob ? undefined : soonest(left, unconfirmed || undefined) };
}

/** How long a job that is over stays, in milliseconds: for its time to live, and for its Event. */
function staysMs({ job, eventPending, limits }: Observed, nowMs: number): number {
  const finished = Date.parse(job.status?.finishedTime ?? '') || nowMs;
  const left = finished + limits.ttlSecondsAfterFinished * 1000 - nowMs;
  return left <= 0 && eventPending && left > -longestEventWaitMs ? eventRetryMs : left;
}

/**
 * How a pod's leftovers are ended, in seconds: quickly where the agent is gone before its clients, with the pod's own grace otherwise,
 * so that the agent tells Buildkite and sidecars flush. At once where its node has not confirmed its end for so long that it counts as
 * lost: nobody else would take the pod away, and its name would stay taken.
 */
export function leftoverGrace(pod: Pod, nowMs: number): number | undefined {
  if (unconfirmedMs(pod, nowMs) === 0) return 0;
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
