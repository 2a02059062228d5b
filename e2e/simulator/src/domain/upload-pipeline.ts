import type { PipelineDefinition } from '../pipeline/definition.ts';
import { addSteps } from './add-steps.ts';
import { dropJob } from './end-job.ts';
import { progressBuild } from './progress.ts';
import type { Build, Job, Step } from './records.ts';
import { buildOf, type World } from './world.ts';

/**
 * Adds the steps of a pipeline that a job uploads, right after the job's own step (and what it uploaded before). With
 * `replace`, the steps after it that have not begun go first. The pipeline's `env` is added to the build's.
 */
export function uploadPipeline(world: World, job: Job, definition: PipelineDefinition, replace: boolean): void {
  const build = buildOf(world, job);
  const removed = replace ? stepsToReplace(build, job.step) : [];
  const kept = build.steps.filter(step => !removed.includes(step));
  const steps = [...build.steps];
  build.steps.splice(0, build.steps.length, ...kept);
  try {
    addSteps(world, build, definition.steps, { index: placeAfter(build, job), group: job.step.group, uploadedBy: job.id });
  } catch (error) {
    build.steps.splice(0, build.steps.length, ...steps);
    throw error;
  }
  Object.assign(build.env, definition.env);
  for (const step of removed) removeStep(world, step);
  progressBuild(world, build);
}

function placeAfter(build: Build, job: Job): number {
  const last = build.steps.findLastIndex(step => step === job.step || step.uploadedBy === job.id || step.group?.uploadedBy === job.id);
  return last + 1;
}

function stepsToReplace(build: Build, own: Step): Step[] {
  const after = build.steps.slice(build.steps.indexOf(own) + 1);
  const idle = (step: Step) => step.jobs.every(({ timeline }) => timeline.acquiredAt === undefined);
  const removed = after.filter(step => step.definition.type !== 'group' && idle(step));
  const emptied = after.filter(
    step => step.definition.type === 'group' && build.steps.every(child => child.group !== step || removed.includes(child)),
  );
  return [...removed, ...emptied];
}

function removeStep(world: World, step: Step): void {
  world.steps.delete(step.id);
  for (const job of step.jobs) {
    if (job.state !== 'skipped' && job.state !== 'broken' && job.timeline.finishedAt === undefined)
      dropJob(world, job, 'canceled', 'cancel');
    world.jobs.delete(job.id);
  }
}
