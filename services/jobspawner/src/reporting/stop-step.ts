import type { BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { type JobState, jobStage } from '@buildkite-operator/stacks-api';
import { awaitsAgent, isReported } from './reported-job.ts';

/** States that our own agent may have brought about while the BuildJob's status lags behind: they say less at once than later. */
const perhapsOwnEnd: ReadonlySet<JobState> = new Set(['finished', 'passed', 'failed']);

const ownEndMs = 1000;
const ownAgentMs = 10_000;

/** How long a pod on a node may hide from the API server that its agent has the job; then another agent must have it. */
export const foreignAgentMs = 60_000;

/**
 * How long Buildkite must have told this state of a job whose agent has not started, in milliseconds, before the BuildJob is looked at;
 * undefined: never, it waits rightly, or the state says nothing. Pure.
 */
export function lookAfterMs(state: JobState | undefined): number | undefined {
  switch (jobStage(state)) {
    case 'over':
      return state !== undefined && perhapsOwnEnd.has(state) ? ownEndMs : 0;
    case 'agent':
      return ownAgentMs;
    case 'claimable':
    case 'early':
    case 'unknown':
      return undefined;
  }
}

/** A BuildJob that Buildkite seems to need no more, read from the API server just now. */
export interface UnwantedJob {
  readonly job: BuildJob;
  /** Its own pod, read just now; undefined where there is none. */
  readonly pod: Pod | undefined;
  readonly state: JobState;
  /** For how long Buildkite has told so. */
  readonly seenMs: number;
}

/** Whether to stop the BuildJob: only where its own agent certainly has not the job. What is left alone ends by itself. Pure. */
export function mustStop({ job, pod, state, seenMs }: UnwantedJob): boolean {
  const look = lookAfterMs(state);
  if (look === undefined || seenMs < look || !isReported(job) || !awaitsAgent(job)) return false;
  if (pod === undefined || pod.spec?.nodeName === undefined) return true;
  if (mayHaveAcquired(pod)) return false;
  return jobStage(state) === 'over' || seenMs >= foreignAgentMs;
}

/** An agent acquires its job only after every main container of its pod has started. */
function mayHaveAcquired({ status }: Pod): boolean {
  const containers = status?.containerStatuses ?? [];
  return (
    containers.length > 0 && containers.every(({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined)
  );
}
