import { type BackoffPolicy, monotonicClock, retry } from '@buildkite-operator/service';
import { type JobState, jobStage } from './job-state.ts';
import { isStacksApiError, type StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

export type FinishOutcome =
  /** The server has said that this call ended the job. */
  | { readonly outcome: 'finished' }
  /** Nothing is left to end: an agent has the job, or it is over, perhaps by a try of this call whose answer was lost. */
  | { readonly outcome: 'notOurs'; readonly state: JobState };

export interface FinishSteps {
  /** Sends `finish`; sends again by itself only what the server has certainly not acted on. */
  readonly finish: (leftMs: number, signal: AbortSignal) => Promise<void>;
  /** The job's state, or undefined when the server does not know the job. */
  readonly stateOf: (leftMs: number, signal: AbortSignal) => Promise<JobState | undefined>;
  readonly backoff: BackoffPolicy;
  readonly attempts: number;
  readonly deadlineMs: number;
}

/** Refusals that a job has which an agent took over or which is over; also others, so the job's state must tell. */
const perhapsHandled: readonly StacksApiErrorCode[] = ['NotFound', 'Conflict', 'Invalid', 'Refused'];

/**
 * Finishes a job at most once although answers get lost: after a try that may have acted, the job's state says whether it has, and only a
 * job that is still to be had is finished again. The server itself ends a job only once, should a lost try still arrive after that.
 */
export async function finishSafely(steps: FinishSteps, signal: AbortSignal): Promise<FinishOutcome> {
  const endsAt = monotonicClock.now() + steps.deadlineMs;
  const leftMs = () => Math.max(0, endsAt - monotonicClock.now());
  let unclear: StacksApiError | undefined;
  const attempt = async (): Promise<FinishOutcome> => {
    if (unclear !== undefined) {
      const handled = await whoElseHasIt(steps, leftMs(), unclear, signal);
      if (handled !== undefined) return handled;
      unclear = undefined;
    }
    try {
      await steps.finish(leftMs(), signal);
      return { outcome: 'finished' };
    } catch (thrown) {
      if (isStacksApiError(thrown, 'UnknownOutcome')) unclear = thrown;
      if (!isStacksApiError(thrown, ...perhapsHandled)) throw thrown;
      const handled = await whoElseHasIt(steps, leftMs(), thrown, signal);
      if (handled === undefined) throw thrown;
      return handled;
    }
  };
  const judge = (thrown: unknown) => ({ retry: isStacksApiError(thrown, 'UnknownOutcome') && leftMs() > 0 });
  return retry(attempt, { attempts: steps.attempts, backoff: steps.backoff, judge }, signal);
}

/** The outcome if the job is no longer to be had. Throws `doubt` when that cannot be told. */
async function whoElseHasIt(
  { stateOf }: FinishSteps,
  leftMs: number,
  doubt: StacksApiError,
  signal: AbortSignal,
): Promise<FinishOutcome | undefined> {
  const state = await stateOf(leftMs, signal).catch((thrown: unknown) => {
    throw isStacksApiError(thrown) ? doubt : thrown;
  });
  if (state === undefined) throw doubt;
  const stage = jobStage(state);
  return stage === 'claimable' || stage === 'early' ? undefined : { outcome: 'notOurs', state };
}
