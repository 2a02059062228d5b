/**
 * Who has a job that is in this state. `early`: not to be run yet. `claimable`: a stack may reserve, run or finish it. `agent`: an agent
 * owns it, so that a stack must not end it. `over`: nothing more happens to it. `unknown`: a state that we do not know, so not ours.
 */
export type JobStage = 'early' | 'claimable' | 'agent' | 'over' | 'unknown';

const stageOfState = {
  pending: 'early',
  waiting: 'early',
  blocked: 'early',
  unblocked: 'early',
  limiting: 'early',
  limited: 'early',
  platform_limiting: 'early',
  platform_limited: 'early',
  scheduled: 'claimable',
  reserved: 'claimable',
  assigned: 'agent',
  accepted: 'agent',
  running: 'agent',
  canceling: 'agent',
  timing_out: 'agent',
  waiting_failed: 'over',
  blocked_failed: 'over',
  unblocked_failed: 'over',
  finished: 'over',
  passed: 'over',
  failed: 'over',
  canceled: 'over',
  timed_out: 'over',
  skipped: 'over',
  broken: 'over',
  expired: 'over',
} as const satisfies Record<string, JobStage>;

/** A state as Buildkite names it; others may be added there at any time. */
export type JobState = keyof typeof stageOfState | (string & Record<never, never>);

/** Every state that is known here. */
export const knownJobStates = Object.keys(stageOfState) as readonly (keyof typeof stageOfState)[];

/** Who has a job in this state; undefined is the state of a job that the server did not name. */
export function jobStage(state: JobState | undefined): JobStage {
  return state !== undefined && Object.hasOwn(stageOfState, state) ? stageOfState[state as keyof typeof stageOfState] : 'unknown';
}
