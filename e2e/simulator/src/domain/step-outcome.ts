import { hasEnded, type JobState } from './job-state.ts';
import type { Job, Step } from './records.ts';

/** How far a step is, as those see it that depend on it. */
export type Outcome = 'pending' | 'passed' | 'failed';

/** Failure wins over success, and nothing is decided while something is pending. */
export function combineOutcomes(outcomes: Iterable<Outcome>): Outcome {
  let combined: Outcome = 'passed';
  for (const outcome of outcomes) {
    if (outcome === 'pending') return 'pending';
    if (outcome === 'failed') combined = 'failed';
  }
  return combined;
}

/** The jobs that count: a retried job is spoken for by its retry. */
export function currentJobs(step: Step): Job[] {
  return step.jobs.filter(job => job.retriedIn === undefined);
}

/** The outcome of the step's own jobs. A group has none of its own. */
export function ownOutcome(step: Step): Outcome {
  if (!step.included) return 'passed';
  return combineOutcomes(currentJobs(step).map(jobOutcome));
}

function jobOutcome(job: Job): Outcome {
  if (!hasEnded(job.state)) return 'pending';
  return isHardFailure(job) ? 'failed' : 'passed';
}

const failedStates: ReadonlySet<JobState> = new Set(['canceled', 'expired', 'waiting_failed', 'blocked_failed', 'unblocked_failed']);

/** Whether the job, as it ended, fails its build. */
export function isHardFailure({ state, passed, softFailed }: Job): boolean {
  if (state === 'finished' || state === 'timed_out') return passed !== true && softFailed !== true;
  return failedStates.has(state);
}
