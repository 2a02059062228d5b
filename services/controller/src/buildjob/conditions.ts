import type { BuildJob, BuildJobStatus, Condition } from '@buildkite-operator/crds';
import { toKubernetesTime } from '@buildkite-operator/service';

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
  /** The job has ended. */
  | 'Finished';

export interface ConditionUpdate {
  readonly type: ConditionType;
  readonly holds: boolean;
  readonly reason: string;
  readonly message?: string;
}

/** The condition of this type, if it holds. */
export function holdingCondition(status: BuildJobStatus | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find(condition => condition.type === type && condition.status === 'True');
}

/** The job's conditions with the updates laid over them; the transition time changes only with the status. Pure. */
export function updateConditions(job: BuildJob, updates: readonly ConditionUpdate[], nowMs: number): Condition[] {
  const conditions = new Map((job.status?.conditions ?? []).map(condition => [condition.type, condition]));
  for (const { type, holds, reason, message = '' } of updates) {
    const status = holds ? 'True' : 'False';
    const earlier = conditions.get(type);
    const lastTransitionTime = earlier?.status === status ? earlier.lastTransitionTime : toKubernetesTime(nowMs);
    conditions.set(type, { type, status, reason, message, lastTransitionTime, observedGeneration: job.metadata.generation ?? 0 });
  }
  return [...conditions.values()];
}
