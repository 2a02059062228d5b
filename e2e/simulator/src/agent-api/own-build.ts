import type { Build, Job } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import type { World } from '../domain/world.ts';

/** Gives the build back if it is the job's own. A job may not reach into another build. */
export function ownBuild(world: World, job: Job, build: Build): Build {
  if (build.id === job.buildId) return build;
  world.referee.note({
    kind: 'another-jobs-token',
    jobId: job.id,
    agentId: job.agent?.id,
    explanation: `the token of job ${job.id} was used for build ${build.id}, which is not its build`,
  });
  throw new Refusal('unauthorized', `build ${build.id} is not the build of this job`);
}
