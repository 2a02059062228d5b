import type { BuildJob } from '@buildkite-operator/crds';
import { type JobState, jobStage } from '@buildkite-operator/stacks-api';
import { type EndingReport, endingReport } from './ending-report.ts';
import { endedAtMs, hasEnded, isReported } from './reported-job.ts';
import { type Notice, troubleNotice } from './waiting-notices.ts';

/** What is known of a BuildJob that has ended, before its end is reported. */
export interface EndedJob {
  readonly job: BuildJob;
  /** As Buildkite has just told it; undefined where it did not name the job. */
  readonly state: JobState | undefined;
  /** Whether another BuildJob may still run the same Buildkite job. */
  readonly hasRival: boolean;
  /** For how long Buildkite's answers about this job have led nowhere, in milliseconds. */
  readonly stuckMs: number;
  readonly nowMs: number;
}

/** Why a BuildJob is let go: what Buildkite knows by then. */
export type ReleaseCause =
  /** An agent has the job: it tells Buildkite the end, or Buildkite finds that it is lost. */
  | 'agent'
  /** The job is over there. */
  | 'over'
  /** No answer made sense for so long that nobody should wait for one any more. */
  | 'given-up';

export type EndingStep =
  /** Not ours, or not ended. */
  | { readonly kind: 'none' }
  | ({ readonly kind: 'finish' } & EndingReport)
  | { readonly kind: 'release'; readonly because: ReleaseCause; readonly notice?: Notice }
  /** `stuck`: the answer led nowhere, and is not to be waited on for ever. */
  | { readonly kind: 'ask-again'; readonly afterMs: number; readonly stuck: boolean };

/** For how long a job that Buildkite does not know, or will not let us finish, keeps its BuildJob. */
export const longestStuckMs = 10 * 60_000;

const stuckRetryMs = 10_000;
const rivalRetryMs = 5000;

/** Buildkite takes lines for a job until 300 s after its end; this leaves time to send them. */
const noticeAfterEndMs = 240_000;

/**
 * What to do next about a BuildJob that has ended, now that Buildkite has told the job's state. Only a job that is still to be had is
 * finished; what an agent has, or what is over, is never touched. Pure.
 */
export function endingStep({ job, state, hasRival, stuckMs, nowMs }: EndedJob): EndingStep {
  if (!isReported(job) || !hasEnded(job)) return { kind: 'none' };
  switch (jobStage(state)) {
    case 'agent':
      return { kind: 'release', because: 'agent', ...trouble(job) };
    case 'over':
      return { kind: 'release', because: 'over', ...(nowMs - (endedAtMs(job) ?? 0) < noticeAfterEndMs && trouble(job)) };
    case 'claimable':
      return hasRival ? { kind: 'ask-again', afterMs: rivalRetryMs, stuck: false } : { kind: 'finish', ...endingReport(job) };
    case 'early':
    case 'unknown':
      return stuckStep(stuckMs);
  }
}

/**
 * What follows an answer that leads nowhere: a state that is not ours, a job that is not named, a refusal. If the job is to be had after
 * all, it is listed once its reservation has lapsed, and taken again; so letting go loses nothing.
 */
export function stuckStep(stuckMs: number): EndingStep {
  if (stuckMs >= longestStuckMs) return { kind: 'release', because: 'given-up' };
  return { kind: 'ask-again', afterMs: stuckRetryMs, stuck: true };
}

/** What befell a job that ran: its page has the agent's view of it at best, as an exit code. */
function trouble(job: BuildJob): { notice?: Notice } {
  const notice = troubleNotice(job);
  return notice === undefined ? {} : { notice };
}
