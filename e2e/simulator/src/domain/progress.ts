import { type Readiness, readinessOfSteps } from './dependencies.ts';
import { concurrencyOf, hasConcurrencyPlace, limitedJobs, setJobState } from './job-change.ts';
import { hasEnded, type JobState } from './job-state.ts';
import type { Build, BuildState, Job, Step } from './records.ts';
import { isSoftFailure } from './retry-rules.ts';
import { currentJobs, isHardFailure } from './step-outcome.ts';
import type { World } from './world.ts';

/**
 * Takes a build as far as it goes after something has changed: lets steps run whose dependencies are done, gives up on
 * those whose dependencies failed, and works out the state of the build.
 */
export function progressBuild(world: World, build: Build): void {
  // In a cancelled build nothing more begins, and nothing fails for want of what was cancelled.
  if (build.cancelReason === undefined) {
    while (settleSteps(world, build));
    giveUpOnCircles(world, build);
  }
  updateBuildState(world, build);
}

/** Fails jobs that wait for each other in a circle, so that the build ends. */
function giveUpOnCircles(world: World, build: Build): void {
  const jobs = includedJobs(build);
  if (jobs.some(job => isBusy(job) || job.state === 'blocked')) return;
  for (const job of jobs.filter(({ state }) => state === 'waiting')) setJobState(world, job, failedState[job.type]);
}

/** Gives the place that a job has left in its concurrency group to the next one. */
export function releaseConcurrency(world: World, job: Job): void {
  const group = concurrencyOf(job)?.group;
  if (group === undefined) return;
  for (const next of limitedJobs(world, group)) {
    if (!hasConcurrencyPlace(world, next)) return;
    setJobState(world, next, 'scheduled');
  }
}

function settleSteps(world: World, build: Build): boolean {
  let changed = false;
  const readiness = readinessOfSteps(build);
  for (const step of build.steps) {
    for (const job of currentJobs(step)) changed = settleJob(world, job, readiness.get(step) ?? 'pending') || changed;
  }
  return changed;
}

const failedState = { script: 'waiting_failed', waiter: 'waiting_failed', manual: 'blocked_failed' } as const;

function settleJob(world: World, job: Job, readiness: Readiness): boolean {
  if (job.state === 'waiting' && readiness === 'failed') setJobState(world, job, failedState[job.type]);
  else if (job.state === 'waiting' && readiness === 'ready') begin(world, job);
  else if ((job.state === 'waiting_failed' || job.state === 'blocked_failed') && readiness !== 'failed') setJobState(world, job, 'waiting');
  else return false;
  return true;
}

function begin(world: World, job: Job): void {
  switch (job.type) {
    case 'waiter':
      job.passed = true;
      setJobState(world, job, 'finished');
      return;
    case 'manual':
      setJobState(world, job, 'blocked');
      return;
    case 'script':
      if (concurrencyOf(job) === undefined) {
        setJobState(world, job, 'scheduled');
        return;
      }
      setJobState(world, job, 'limiting');
      setJobState(world, job, hasConcurrencyPlace(world, job) ? 'scheduled' : 'limited');
  }
}

function updateBuildState(world: World, build: Build): void {
  const before = build.state;
  const state = buildState(build);
  build.state = state;
  const now = world.clock.now();
  if (state !== 'scheduled') build.startedAt ??= now;
  build.finishedAt = isBuildFinished(state) ? (build.finishedAt ?? now) : undefined;
  if (state !== before) world.events.emit('build', build);
}

/** Whether nothing more happens in a build of this state by itself. A blocked build is not finished. */
export function isBuildFinished(state: BuildState): boolean {
  return state === 'passed' || state === 'failed' || state === 'canceled';
}

/**
 * The state of a build as its jobs make it. A failed build may still hold a blocked job, which somebody may unblock: then
 * the build goes on, and fails in the end.
 */
export function buildState(build: Build): BuildState {
  const jobs = includedJobs(build);
  const failed = jobs.some(isHardFailure);
  if (jobs.some(isBusy)) return busyState(build, failed || jobs.some(hasPromisedFailure));
  if (jobs.some(({ state }) => state === 'blocked')) return failed ? 'failed' : blockedState(build);
  if (build.cancelReason !== undefined) return 'canceled';
  return failed ? 'failed' : 'passed';
}

function includedJobs(build: Build): Job[] {
  return build.steps.filter(step => step.included).flatMap(currentJobs);
}

function hasPromisedFailure({ state, promisedFailure, variant }: Job): boolean {
  if (promisedFailure === undefined || hasEnded(state)) return false;
  return !isSoftFailure(variant?.softFail ?? false, promisedFailure.exitStatus);
}

/** Whether something will come of the job without a person. */
function isBusy({ state }: Job): boolean {
  return !hasEnded(state) && state !== 'blocked' && state !== 'waiting';
}

function busyState(build: Build, failed: boolean): BuildState {
  if (build.cancelReason !== undefined) return 'canceling';
  if (failed) return 'failing';
  return build.steps.some(step => step.jobs.some(hasBegun)) ? 'running' : 'scheduled';
}

const notBegun: ReadonlySet<JobState> = new Set([
  'pending',
  'waiting',
  'limiting',
  'limited',
  'scheduled',
  'reserved',
  'assigned',
  'accepted',
]);

function hasBegun(job: Job): boolean {
  return job.type !== 'waiter' && job.state !== 'skipped' && job.state !== 'broken' && !notBegun.has(job.state);
}

function blockedState(build: Build): BuildState {
  const waiting = build.steps.find((step: Step) => currentJobs(step).some(({ state }) => state === 'blocked'));
  const declared = waiting?.definition.type === 'block' ? waiting.definition.blockedState : 'passed';
  return declared === 'failed' ? 'failed' : 'blocked';
}
