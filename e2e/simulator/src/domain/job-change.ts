import { hasEnded, type JobState, jobTransitions, takesConcurrencyPlace } from './job-state.ts';
import type { Agent, Job } from './records.ts';
import type { World } from './world.ts';

/**
 * Moves a job to another state and keeps everything in step with it: timeline, the list of open jobs, the agent's
 * hands. Throws when the state machine does not allow it, which is a fault of the simulator.
 */
export function setJobState(world: World, job: Job, state: JobState): void {
  if (!jobTransitions[job.state].includes(state)) throw new Error(`job ${job.id} cannot go from ${job.state} to ${state}`);
  const now = world.clock.now();
  job.state = state;
  if (state === 'scheduled') {
    job.timeline.scheduledAt ??= now;
  }
  if (state === 'scheduled' || state === 'reserved') world.openJobs.add(job);
  else world.openJobs.delete(job);
  if (state === 'reserved') job.timeline.reservedAt ??= now;
  if (state !== 'reserved') job.reservation = undefined;
  if (state === 'accepted') job.timeline.acquiredAt = now;
  if (state === 'running') job.timeline.startedAt = now;
  if (state === 'canceling' || state === 'timing_out') job.timeline.cancelRequestedAt ??= now;
  if (state === 'waiting') delete job.timeline.finishedAt;
  if (hasEnded(state)) {
    job.timeline.finishedAt = now;
    if (job.agent?.job === job) job.agent.job = undefined;
  }
  world.events.emit('job', job);
}

/** Gives a job to an agent. */
export function giveJob(job: Job, agent: Agent): void {
  job.agent = agent;
  agent.job = job;
}

/** Whether jobs of the same concurrency group leave a place for this one. */
export function hasConcurrencyPlace(world: World, job: Job): boolean {
  const concurrency = concurrencyOf(job);
  if (concurrency === undefined) return true;
  let taken = 0;
  for (const other of world.jobs.values()) {
    if (other !== job && takesConcurrencyPlace(other.state) && concurrencyOf(other)?.group === concurrency.group) taken += 1;
  }
  return taken < concurrency.limit;
}

/** Jobs of the group that wait for a place, the oldest first. */
export function limitedJobs(world: World, group: string): Job[] {
  return [...world.jobs.values()].filter(job => job.state === 'limited' && concurrencyOf(job)?.group === group);
}

export function concurrencyOf(job: Job) {
  return job.step.definition.type === 'command' ? job.step.definition.concurrency : undefined;
}
