import type { BuildJob, Condition, Reason } from '@buildkite-operator/crds';
import { hasEnded, isReported } from './reported-job.ts';

/** A line for the page of a job in Buildkite. */
export interface Notice {
  /** What it is about: of one topic a job is told once, unless the text changes materially. */
  readonly topic: string;
  readonly text: string;
}

export interface NoticesDue {
  readonly notices: readonly Notice[];
  /** When to look again, in milliseconds; undefined: when the BuildJob changes. */
  readonly waitMs?: number;
}

/** How long something must keep a job from running before it is worth a line: nodes and images often need some seconds. */
export const settleMs = 5000;

/** What may befall a job that runs already, and what its agent may not live to tell. */
const troubles: Readonly<Partial<Record<Reason, string>>> = {
  OOMKilled: 'Out of memory',
  NodeLost: 'Node lost',
  Evicted: 'Evicted',
  Preempted: 'Preempted',
  AgentLost: 'Agent lost',
};

/** What keeps a job from running, as a pipeline's author would put it. */
const waitingWords: Readonly<Partial<Record<Reason, string>>> = {
  Unschedulable: 'Waiting for a node',
  ImagePull: 'Waiting for an image',
  QuotaExceeded: 'Waiting for room in the quota',
  EnvironmentNotFound: 'Waiting for the BuildEnvironment',
  ConfigError: 'Waiting for a container that cannot start',
};

/** What Buildkite should be told of a BuildJob that waits or runs; of one that has ended, or is being ended, nothing. Pure. */
export function noticesDue(job: BuildJob, nowMs: number): NoticesDue {
  if (!isReported(job) || hasEnded(job) || job.spec.cancelled || holding(job, 'Stopping') !== undefined) return { notices: [] };
  const { runningTime, podAttempts } = job.status ?? {};
  if (runningTime !== undefined) {
    const trouble = troubleNotice(job);
    return { notices: trouble === undefined ? [] : [trouble] };
  }
  const replaced = holding(job, 'PodReplaced');
  const notices: Notice[] =
    replaced === undefined
      ? []
      : [{ topic: `replaced-${podAttempts ?? 0}`, text: `Another pod is made (${replaced.reason}): ${replaced.message}` }];
  const blocked = holding(job, 'Blocked');
  // The same cause, told already as that of the replacement.
  if (blocked === undefined || blocked.message === replaced?.message) return { notices };
  const leftMs = Date.parse(blocked.lastTransitionTime) + settleMs - nowMs;
  if (leftMs > 0) return { notices, waitMs: leftMs };
  const words = waitingWords[blocked.reason as Reason] ?? `Waiting (${blocked.reason})`;
  return { notices: [...notices, { topic: `waiting-${blocked.reason}`, text: `${words}: ${blocked.message}` }] };
}

/** What has befallen a BuildJob that ran, whether it still does or has ended by it. Pure. */
export function troubleNotice({ status = {} }: BuildJob): Notice | undefined {
  const { reason, message = '', runningTime } = status;
  const words = reason === undefined || runningTime === undefined ? undefined : troubles[reason];
  return words === undefined ? undefined : { topic: `trouble-${reason}`, text: `${words}: ${message}` };
}

function holding({ status }: BuildJob, type: string): Condition | undefined {
  return status?.conditions?.find(condition => condition.type === type && condition.status === 'True');
}
