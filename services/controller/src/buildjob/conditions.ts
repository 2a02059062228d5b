import type { BuildJob, BuildJobStatus, Condition } from '@buildkite-operator/crds';
import { toKubernetesTime } from '@buildkite-operator/service';

/** The API server refuses a status with a longer message. */
const longestMessage = 32_768;

/** The message, or as much of it as a status holds: the words of others have no limit. */
export function fitting(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`;
}

/** The conditions of a BuildJob, each owned by this controller. */
export type ConditionType =
  /** The pod has a node. */
  | 'PodScheduled'
  /** The job's containers have started. */
  | 'Running'
  /** Something keeps the job from running; the reason says what. */
  | 'Blocked'
  /** The operator ends the pod; the reason says why. */
  | 'Stopping'
  /** A pod was given up before the job had begun, for another one; the reason says why, the time when. */
  | 'PodReplaced'
  /** The job has ended. */
  | 'Finished';

export interface ConditionUpdate {
  readonly type: ConditionType;
  readonly holds: boolean;
  readonly reason: string;
  readonly message?: string;
  /** That it holds anew, though it held before. */
  readonly again?: boolean;
}

/** The condition of this type, if it holds. */
export function holdingCondition(status: BuildJobStatus | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find(condition => condition.type === type && condition.status === 'True');
}

/**
 * The job's conditions with the updates laid over them. The transition time changes with the status, and that of Blocked with the
 * reason as well: each obstacle has its own grace. Pure.
 */
export function updateConditions(job: BuildJob, updates: readonly ConditionUpdate[], nowMs: number): Condition[] {
  const conditions = new Map((job.status?.conditions ?? []).map(condition => [condition.type, condition]));
  for (const { type, holds, reason, message = '', again = false } of updates) {
    const status = holds ? 'True' : 'False';
    const earlier = conditions.get(type);
    const same = !again && earlier?.status === status && (type !== 'Blocked' || earlier.reason === reason);
    const lastTransitionTime = same ? earlier.lastTransitionTime : toKubernetesTime(nowMs);
    conditions.set(type, {
      type,
      status,
      reason,
      message: fitting(message),
      lastTransitionTime,
      observedGeneration: job.metadata.generation ?? 0,
    });
  }
  return [...conditions.values()];
}
