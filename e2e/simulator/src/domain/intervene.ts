import { dropJob, makeRetry } from './end-job.ts';
import { setJobState } from './job-change.ts';
import { hasEnded } from './job-state.ts';
import { progressBuild } from './progress.ts';
import type { Build, Job } from './records.ts';
import { Refusal } from './refusal.ts';
import { buildOf, type World } from './world.ts';

/**
 * Cancels a job, as a person would. One that runs is `canceling` until its agent has seen it; any other is over at
 * once. Refused when it has ended.
 */
export function cancelJob(world: World, job: Job): void {
  if (job.state === 'canceling') return;
  if (hasEnded(job.state)) throw new Refusal('unprocessable', `job ${job.id} cannot be cancelled: it is ${job.state}`);
  if (job.state !== 'running' && job.state !== 'timing_out') {
    dropJob(world, job, 'canceled', 'cancel');
    return;
  }
  setJobState(world, job, 'canceling');
  progressBuild(world, buildOf(world, job));
}

/** Cancels all that has not ended in a build. Refused when the build has ended. */
export function cancelBuild(world: World, build: Build, reason: string): void {
  const open = build.steps.flatMap(step => step.jobs).filter(job => !hasEnded(job.state));
  if (open.length === 0) throw new Refusal('unprocessable', `build ${build.number} cannot be cancelled: it is ${build.state}`);
  build.cancelReason ??= reason;
  for (const job of open) if (!hasEnded(job.state)) cancelJob(world, job);
  progressBuild(world, build);
}

/** Retries a job that has ended, as a person would. Refused when it has been retried, or its step forbids it. */
export function retryJob(world: World, job: Job): Job {
  const { definition } = job.step;
  if (definition.type !== 'command')
    throw new Refusal('unprocessable', `job ${job.id} is of a ${definition.type} step; only command jobs can be retried`);
  if (job.retriedIn !== undefined) throw new Refusal('unprocessable', `job ${job.id} was already retried in ${job.retriedIn}`);
  if (job.state !== 'finished' && job.state !== 'timed_out' && job.state !== 'canceled' && job.state !== 'expired') {
    throw new Refusal('unprocessable', `job ${job.id} cannot be retried: it is ${job.state}`);
  }
  const { manual } = definition.retry;
  if (!manual.allowed) throw new Refusal('unprocessable', manual.reason ?? 'the step forbids manual retries');
  if (job.passed === true && !manual.permitOnPassed) throw new Refusal('unprocessable', 'the step forbids retries of passed jobs');
  const build = buildOf(world, job);
  build.cancelReason = undefined;
  const retry = makeRetry(world, job, 'manual');
  progressBuild(world, build);
  return retry;
}

/** Lets a blocked job go on; the values of its fields become meta-data of the build. */
export function unblockJob(world: World, job: Job, values: Readonly<Record<string, string>>): void {
  if (job.state !== 'blocked') throw new Refusal('unprocessable', `job ${job.id} cannot be unblocked: it is ${job.state}`);
  const { definition } = job.step;
  const fields = definition.type === 'block' || definition.type === 'input' ? definition.fields : [];
  const build = buildOf(world, job);
  for (const { key, required, default: fallback } of fields) {
    const value = values[key] ?? fallback;
    if (value === undefined && required) throw new Refusal('unprocessable', `field "${key}" is required; give it a value`);
  }
  for (const { key, default: fallback } of fields) build.metaData.set(key, values[key] ?? fallback ?? '');
  for (const [key, value] of Object.entries(values)) build.metaData.set(key, value);
  job.passed = true;
  setJobState(world, job, 'unblocked');
  progressBuild(world, build);
}
