/** Every state that Buildkite's job states list knows; the `platform_` ones never occur here. */
export const jobStates = [
  'pending',
  'waiting',
  'waiting_failed',
  'blocked',
  'blocked_failed',
  'unblocked',
  'unblocked_failed',
  'limiting',
  'limited',
  'scheduled',
  'reserved',
  'assigned',
  'accepted',
  'running',
  'finished',
  'canceling',
  'canceled',
  'timing_out',
  'timed_out',
  'skipped',
  'broken',
  'expired',
] as const;

export type JobState = (typeof jobStates)[number];

/**
 * From which state a job may go where. `waiting_failed` and `blocked_failed` may go back to `waiting`, because a
 * retry of the job that failed can still let them run.
 */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  pending: ['waiting', 'skipped', 'broken'],
  waiting: ['waiting_failed', 'blocked_failed', 'blocked', 'limiting', 'scheduled', 'finished', 'broken', 'canceled'],
  waiting_failed: ['waiting', 'canceled'],
  blocked: ['unblocked', 'blocked_failed', 'waiting', 'canceled'],
  blocked_failed: ['waiting', 'canceled'],
  unblocked: ['unblocked_failed'],
  unblocked_failed: [],
  limiting: ['limited', 'scheduled', 'canceled'],
  limited: ['scheduled', 'canceled', 'expired'],
  scheduled: ['reserved', 'assigned', 'accepted', 'finished', 'canceled', 'expired'],
  reserved: ['scheduled', 'assigned', 'accepted', 'finished', 'canceled', 'expired'],
  assigned: ['accepted', 'scheduled', 'finished', 'canceled'],
  accepted: ['running', 'finished', 'canceled'],
  running: ['finished', 'canceling', 'timing_out'],
  finished: [],
  canceling: ['canceled'],
  canceled: [],
  timing_out: ['timed_out', 'canceling'],
  timed_out: [],
  skipped: [],
  broken: [],
  expired: [],
};

const ended: ReadonlySet<JobState> = new Set([
  'waiting_failed',
  'blocked_failed',
  'unblocked',
  'unblocked_failed',
  'finished',
  'canceled',
  'timed_out',
  'skipped',
  'broken',
  'expired',
]);

const held: ReadonlySet<JobState> = new Set(['assigned', 'accepted', 'running', 'canceling', 'timing_out']);

const takesConcurrency: ReadonlySet<JobState> = new Set(['scheduled', 'reserved', ...held]);

/** Whether nothing more happens to a job in this state, unless another job is retried. */
export function hasEnded(state: JobState): boolean {
  return ended.has(state);
}

/** Whether an agent has the job in this state. */
export function isHeldByAgent(state: JobState): boolean {
  return held.has(state);
}

/** Whether a job in this state takes a place of its concurrency group. */
export function takesConcurrencyPlace(state: JobState): boolean {
  return takesConcurrency.has(state);
}
