import { isBuildFinished } from './progress.ts';
import type { Build } from './records.ts';
import type { World } from './world.ts';

/** Forgets the oldest finished builds beyond the limit, with everything of theirs. */
export function forgetOldBuilds(world: World): void {
  const finished = [...world.builds.values()].filter(({ state }) => isBuildFinished(state));
  for (const build of finished.slice(0, Math.max(0, finished.length - world.settings.maxFinishedBuilds))) forgetBuild(world, build);
}

function forgetBuild(world: World, build: Build): void {
  world.builds.delete(build.id);
  const jobs = build.steps.flatMap(step => step.jobs);
  for (const step of build.steps) world.steps.delete(step.id);
  for (const job of jobs) {
    world.jobs.delete(job.id);
    world.openJobs.delete(job);
    if (job.token !== undefined) world.tokens.delete(job.token);
  }
  const artifacts = jobs.flatMap(job => [...job.artifactBatches.values()].flat());
  for (const artifact of artifacts) {
    world.artifacts.delete(artifact.id);
    world.artifactUploads.delete(artifact.uploadToken);
  }
  world.events.emit(
    'forgotten',
    jobs.map(({ id }) => id),
    artifacts.map(({ id }) => id),
  );
}

/** Forgets disconnected and lost agents beyond what may still be of interest, the oldest first. */
export function forgetOldAgents(world: World, keep: number): void {
  const gone = [...world.agents.values()].filter(({ state }) => state === 'disconnected' || state === 'lost');
  for (const agent of gone.slice(0, Math.max(0, gone.length - keep))) {
    world.agents.delete(agent.id);
    world.tokens.delete(agent.accessToken);
  }
}
