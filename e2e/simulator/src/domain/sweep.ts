import { giveUpSilentAgents } from './agents.ts';
import { dropJob } from './end-job.ts';
import { setJobState } from './job-change.ts';
import type { Job } from './records.ts';
import { lapseReservation } from './reservations.ts';
import type { World } from './world.ts';

/** Does what time brings: lost agents, job timeouts, lapsed reservations, expired jobs. */
export function sweep(world: World): void {
  giveUpSilentAgents(world);
  const now = world.clock.now();
  for (const agent of world.agents.values()) {
    if (agent.job !== undefined && isOverdue(world, agent.job, now)) setJobState(world, agent.job, 'timing_out');
  }
  for (const job of world.openJobs) {
    lapseReservation(world, job);
    if (job.state !== 'scheduled') continue;
    if ((job.timeline.scheduledAt ?? now) + world.settings.scheduledJobExpiryMs <= now) dropJob(world, job, 'expired', 'expiry');
  }
}

function isOverdue(world: World, job: Job, now: number): boolean {
  const { definition } = job.step;
  if (job.state !== 'running' || definition.type !== 'command') return false;
  const minutes = job.timeoutInMinutes ?? definition.timeoutInMinutes;
  return minutes !== undefined && (job.timeline.startedAt ?? now) + minutes * world.settings.minuteMs <= now;
}
