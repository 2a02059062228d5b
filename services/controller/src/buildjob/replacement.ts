import { createHash } from 'node:crypto';
import type { BuildJob, BuildJobStatus } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { mayHaveBegun } from './acquisition.ts';
import { holdingCondition } from './conditions.ts';
import type { Disruption } from './disruption.ts';
import { isOutside } from './pod-containers.ts';
import type { Ending } from './pod-ending.ts';

/** A pod that is given up before it can have begun with the job, for another one. */
export interface Replacement {
  readonly reason: Disruption['reason'];
  readonly message: string;
}

/** The first wait between two pods of a job, in milliseconds; each further one is twice as long. */
const firstWaitMs = 4000;

/** The longest wait, in milliseconds. */
const longestWaitMs = 60_000;

/** How many pods have been made for the job, this one among them. */
export function attemptsWith({ status }: BuildJob, pod: Pod): number {
  const counted = status?.podAttempts ?? 0;
  return status?.podUid === pod.metadata?.uid ? Math.max(counted, 1) : counted + 1;
}

/**
 * Whether an ended pod is given up for another one: the cluster took it away, it cannot have begun with the job, the operator
 * was not about to stop it, and fewer than `maxPods` have been made. Pure.
 */
export function judgeReplacement(job: BuildJob, pod: Pod, { disruption }: Ending, maxPods: number): Replacement | undefined {
  const { status } = job;
  const attempts = attemptsWith(job, pod);
  if (disruption === undefined || attempts >= maxPods) return undefined;
  if (mayBeUnderWay(job, pod, disruption) || holdingCondition(status, 'Stopping') !== undefined) return undefined;
  const seconds = Math.round(waitAfter(attempts, pod.metadata?.uid ?? '') / 1000);
  return {
    reason: disruption.reason,
    message: `pod ${attempts} of at most ${maxPods} was lost before the job started: ${disruption.words}; another one is made once it is gone, after ${seconds} s`,
  };
}

/** The ending with how many pods were tried, where the cluster took the last of them away before it could begin with the job. */
export function afterAttempts(job: BuildJob, pod: Pod, ending: Ending): Ending {
  if (ending.disruption === undefined || mayBeUnderWay(job, pod, ending.disruption)) return ending;
  const attempts = attemptsWith(job, pod);
  return { ...ending, message: `${ending.message}; given up after ${attempts} ${attempts === 1 ? 'pod' : 'pods'}` };
}

/** How long the next pod must wait yet, in milliseconds; 0 where no pod was given up, or its wait is over. */
export function replacementWaitMs(status: BuildJobStatus | undefined, nowMs: number): number {
  const condition = holdingCondition(status, 'PodReplaced');
  if (condition === undefined || status?.podUid !== undefined || status?.replacedPodUid === undefined) return 0;
  return Math.max(0, Date.parse(condition.lastTransitionTime) + waitAfter(status.podAttempts ?? 1, status.replacedPodUid) - nowMs);
}

/** What was once seen to run has begun, whatever the node reports now. */
function mayBeUnderWay({ status }: BuildJob, pod: Pod, disruption: Disruption): boolean {
  return mayHaveBegun(pod) || mayBeginUnseen(pod, disruption) || (status?.runningTime !== undefined && status.podUid === pod.metadata?.uid);
}

/**
 * Whether the pod may have begun, or may yet, where nobody sees it: on a node behind a cut line. An outside job has no other guard: a pod with
 * an agent of its own would have to acquire the job from Buildkite first.
 */
function mayBeginUnseen(pod: Pod, { reason }: Disruption): boolean {
  if (!isOutside(pod) || pod.spec?.nodeName === undefined) return false;
  return reason === 'NodeLost' || (pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
}

/** The wait after so many pods: doubled each time, and spread by half of it, so that the pods of a lost node do not all come at once. */
function waitAfter(attempts: number, podUid: string): number {
  const full = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempts - 1));
  // The same for one pod whoever asks and when: a new leader waits no longer than the one before.
  const spread = createHash('sha256').update(podUid).digest().readUInt16BE() / 0xff_ff;
  return Math.round(full * (0.75 + spread / 2));
}
