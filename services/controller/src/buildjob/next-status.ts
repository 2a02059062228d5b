import type { BuildJob, BuildJobStatus, Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { toKubernetesTime } from '@buildkite-operator/service';
import { type ConditionUpdate, fitting, holdingCondition, updateConditions } from './conditions.ts';
import { removedFromNode } from './disruption.ts';
import { oomKilledContainer } from './pod-containers.ts';
import { type Ending, oomMessage } from './pod-ending.ts';
import type { Progress } from './pod-progress.ts';
import { attemptsWith, type Replacement } from './replacement.ts';
import type { Stop } from './stop.ts';

/** Something that keeps a job from running, with or without a pod. */
export interface Blockage {
  readonly reason: Reason;
  readonly message: string;
}

/** The status of a job that has no pod yet. */
export function pendingStatus(job: BuildJob, blockage: Blockage | undefined, nowMs: number): BuildJobStatus {
  return {
    ...job.status,
    ...base(job, nowMs),
    phase: 'Pending',
    conditions: updateConditions(job, blockedUpdate(job, blockage), nowMs),
    ...explain(blockage),
  };
}

/** The status of a job whose pod is given up for another one: as if it had had none, but for the count. */
export function replacedStatus(job: BuildJob, pod: Pod, replacement: Replacement, nowMs: number): BuildJobStatus {
  const {
    podName: _podName,
    podUid: _podUid,
    nodeName: _nodeName,
    schedulingTime: _schedulingTime,
    initializingTime: _initializingTime,
    runningTime: _runningTime,
    ...kept
  } = job.status ?? {};
  const updates: ConditionUpdate[] = [
    { type: 'PodScheduled', holds: false, reason: 'PodReplaced' },
    { type: 'Running', holds: false, reason: 'PodReplaced' },
    { type: 'PodReplaced', holds: true, again: true, ...replacement },
    ...blockedUpdate(job, replacement),
  ];
  return {
    ...kept,
    ...base(job, nowMs),
    phase: 'Pending',
    podAttempts: attemptsWith(job, pod),
    ...(pod.metadata?.uid !== undefined && { replacedPodUid: pod.metadata.uid }),
    conditions: updateConditions(job, updates, nowMs),
    ...explain(replacement),
  };
}

/**
 * The progress of a pod with what is recorded of it: neither phase nor times are taken back. The cache of a new leader may be older
 * than the status, and the kubelet may report a container as waiting again while the pod is ended.
 */
export function furthest({ status }: BuildJob, seen: Progress): Progress {
  const { failedSidecar, awaited } = seen;
  const runningTime = status?.runningTime ?? seen.runningTime;
  const initializingTime = status?.initializingTime ?? seen.initializingTime;
  const schedulingTime = status?.schedulingTime ?? seen.schedulingTime;
  const times = { schedulingTime, initializingTime, runningTime };
  if (runningTime !== undefined) {
    const obstacle = seen.phase === 'Running' ? seen.obstacle : undefined;
    return { ...times, phase: 'Running', obstacle, failedSidecar };
  }
  const hasNode = seen.phase !== 'Scheduling' || initializingTime !== undefined;
  return { ...times, phase: hasNode ? 'Initializing' : 'Scheduling', obstacle: seen.obstacle, awaited };
}

/** The status of a job whose pod lives. */
export function livingStatus(job: BuildJob, pod: Pod, progress: Progress, stop: Stop | undefined, nowMs: number): BuildJobStatus {
  const updates: ConditionUpdate[] = [
    {
      type: 'PodScheduled',
      holds: progress.initializingTime !== undefined,
      reason: progress.initializingTime === undefined ? 'WaitingForNode' : 'Scheduled',
    },
    {
      type: 'Running',
      holds: progress.phase === 'Running',
      reason: progress.phase === 'Running' ? 'ContainersStarted' : 'ContainersNotStarted',
    },
    ...blockedUpdate(job, progress.obstacle),
    ...(stop === undefined ? [] : [{ type: 'Stopping', holds: true, reason: stop.reason, message: stop.message } as const]),
  ];
  return {
    ...withTimes(job, pod, progress, nowMs),
    phase: progress.phase,
    conditions: updateConditions(job, updates, nowMs),
    ...explain(stop ?? runningTrouble(pod) ?? progress.obstacle),
  };
}

/** The status of a job that has ended. */
export function finalStatus(
  job: BuildJob,
  pod: Pod | undefined,
  progress: Progress | undefined,
  ending: Ending,
  nowMs: number,
): BuildJobStatus {
  const { exitCode, reason, message, phase } = ending;
  const updates: ConditionUpdate[] = [
    ...(job.status?.conditions?.some(({ type }) => type === 'Running') === true
      ? [{ type: 'Running', holds: false, reason: 'Finished' } as const]
      : []),
    ...blockedUpdate(job, undefined),
    { type: 'Finished', holds: true, reason, message },
  ];
  return {
    ...(pod === undefined || progress === undefined ? { ...job.status, ...base(job, nowMs) } : withTimes(job, pod, progress, nowMs)),
    phase,
    finishedTime: toKubernetesTime(nowMs),
    conditions: updateConditions(job, updates, nowMs),
    reason,
    message: fitting(message),
    ...(exitCode !== undefined && { exitCode }),
  };
}

/** What a stop in an earlier pass was for; it stands in the Stopping condition, so that it outlives this process. */
export function recordedStop(status: BuildJobStatus | undefined): Stop | undefined {
  const condition = holdingCondition(status, 'Stopping');
  if (condition === undefined) return undefined;
  const reason = condition.reason as Reason;
  return { phase: reason === 'Cancelled' || reason === 'TimedOut' ? reason : 'Failed', reason, message: condition.message };
}

/** Since when this has kept the job from running, in milliseconds since the epoch; something else before it does not count. */
export function blockedSince(status: BuildJobStatus | undefined, reason: Reason | undefined): number | undefined {
  const condition = holdingCondition(status, 'Blocked');
  return condition === undefined || condition.reason !== reason ? undefined : Date.parse(condition.lastTransitionTime);
}

/** What is wrong with a pod that has not ended yet: the cluster takes it away, or a container was killed. */
function runningTrouble(pod: Pod): Blockage | undefined {
  const removal = pod.metadata?.deletionTimestamp === undefined ? undefined : removedFromNode(pod);
  if (removal !== undefined) return { reason: removal.reason, message: `${removal.words}; it has its grace period to end` };
  const killed = oomKilledContainer(pod);
  return killed === undefined ? undefined : { reason: 'OOMKilled', message: oomMessage(pod, killed.name) };
}

function base(job: BuildJob, nowMs: number): BuildJobStatus {
  return { observedGeneration: job.metadata.generation ?? 0, pendingTime: job.status?.pendingTime ?? toKubernetesTime(nowMs) };
}

function withTimes(job: BuildJob, pod: Pod, progress: Progress, nowMs: number): BuildJobStatus {
  const { status } = job;
  const { schedulingTime, initializingTime, runningTime } = progress;
  return {
    ...status,
    ...base(job, nowMs),
    ...(pod.metadata?.name !== undefined && { podName: pod.metadata.name }),
    ...(pod.metadata?.uid !== undefined && { podUid: pod.metadata.uid }),
    podAttempts: attemptsWith(job, pod),
    ...(pod.spec?.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    ...(schedulingTime !== undefined && { schedulingTime }),
    ...(initializingTime !== undefined && { initializingTime }),
    ...(runningTime !== undefined && { runningTime }),
  };
}

function blockedUpdate(job: BuildJob, blockage: Blockage | undefined): ConditionUpdate[] {
  if (blockage !== undefined) return [{ type: 'Blocked', holds: true, reason: blockage.reason, message: blockage.message }];
  return holdingCondition(job.status, 'Blocked') === undefined ? [] : [{ type: 'Blocked', holds: false, reason: 'Unblocked' }];
}

/** A status without trouble has no reason and message, so what stood there is left out of what is applied. */
function explain(trouble: Blockage | undefined): Pick<BuildJobStatus, 'reason' | 'message'> {
  return { reason: trouble?.reason, message: trouble === undefined ? undefined : fitting(trouble.message) };
}
