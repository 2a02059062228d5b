/** The phases of a BuildJob, in the order of its life. The last four are final. */
export const phases = ['Pending', 'Scheduling', 'Initializing', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut'] as const;
export type Phase = (typeof phases)[number];

/** What each phase means; the reference page is made from it. */
export const phaseMeanings: Readonly<Record<Phase, string>> = {
  Pending: 'The controller knows the job; there is no pod yet.',
  Scheduling: 'The pod exists and waits for a node.',
  Initializing: 'The pod has a node; images are pulled and init containers run.',
  Running: 'The agent, the checkout and the command containers run.',
  Succeeded: 'The job ended with exit code 0.',
  Failed: 'The job failed, or could not run; the reason says why.',
  Cancelled: 'The job was cancelled, in Buildkite or by cancelled: true.',
  TimedOut: 'The job ran longer than it may.',
};

const finalPhases: ReadonlySet<Phase> = new Set<Phase>(['Succeeded', 'Failed', 'Cancelled', 'TimedOut']);

/** Whether a job in this phase has ended for good. */
export function isFinal(phase: Phase | undefined): boolean {
  return phase !== undefined && finalPhases.has(phase);
}
