import { hasEnded } from '../domain/job-state.ts';
import type { Job } from '../domain/records.ts';
import type { BreachRequest } from '../domain/referee.ts';
import { Refusal } from '../domain/refusal.ts';
import type { World } from '../domain/world.ts';

/**
 * Refuses a change by a job that is over. It is a breach only if its agent has finished it: an agent that was given up
 * cannot know that its job is over.
 */
export function refuseAfterFinish(world: World, job: Job, request: BreachRequest): void {
  if (!hasEnded(job.state)) return;
  if (job.finishCall !== undefined) {
    world.referee.note({
      kind: 'call-after-finish',
      jobId: job.id,
      agentId: job.agent?.id,
      request,
      explanation: `the job is ${job.state}`,
    });
  }
  throw new Refusal('unprocessable', `job ${job.id} has ended: it is ${job.state}`);
}
