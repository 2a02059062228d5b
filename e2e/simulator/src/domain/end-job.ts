import { addJob } from './add-steps.ts';
import { storedBytes } from './artifacts.ts';
import { setJobState } from './job-change.ts';
import { type JobState } from './job-state.ts';
import { progressBuild, releaseConcurrency } from './progress.ts';
import type { EndedBy, Job } from './records.ts';
import { chooseRetryRule, isSoftFailure, type JobResult } from './retry-rules.ts';
import { isHardFailure } from './step-outcome.ts';
import { buildOf, type World } from './world.ts';

/**
 * Ends a job that an agent holds, or that a stack gives up, with a result: sets the state that fits, retries it if a
 * rule says so, and lets the build go on.
 */
export function endJob(world: World, job: Job, result: JobResult, endedBy?: EndedBy): void {
  job.exitStatus = result.exitStatus;
  job.signal = result.signal;
  job.signalReason = result.signalReason;
  job.endedBy = endedBy;
  const state = endState(job);
  job.passed = state === 'finished' && result.exitStatus === 0;
  job.softFailed = !job.passed && state !== 'canceled' && isSoftFailure(job.variant?.softFail ?? false, result.exitStatus);
  setJobState(world, job, state);
  noteUnfinishedArtifacts(world, job);
  if (state !== 'canceled' && !job.passed) retryAutomatically(world, job, result);
  afterEnd(world, job);
}

/** Ends a job that no agent holds: cancelled or expired before it began. */
export function dropJob(world: World, job: Job, state: 'canceled' | 'expired', endedBy: EndedBy): void {
  job.passed = false;
  job.endedBy = endedBy;
  setJobState(world, job, state);
  afterEnd(world, job);
}

/** Makes a new job for the same work, on somebody's wish. Its step and those that wait for it come to life again. */
export function makeRetry(world: World, job: Job, retryType: 'automatic' | 'manual', ruleUses = job.ruleUses): Job {
  const retry = addJob(world, job.step, job.variant, { retryOf: job, retryType, ruleUses });
  job.retriedIn = retry.id;
  world.events.emit('job', job);
  return retry;
}

function endState({ state }: Job): JobState {
  if (state === 'canceling') return 'canceled';
  if (state === 'timing_out') return 'timed_out';
  return 'finished';
}

function retryAutomatically(world: World, job: Job, result: JobResult): void {
  const { definition } = job.step;
  if (definition.type !== 'command' || buildOf(world, job).cancelReason !== undefined) return;
  const rule = chooseRetryRule(definition.retry.automatic, result, job.ruleUses);
  if (rule === undefined) return;
  const uses = definition.retry.automatic.map((_, index) => (job.ruleUses[index] ?? 0) + (index === rule ? 1 : 0));
  makeRetry(world, job, 'automatic', uses);
}

function afterEnd(world: World, job: Job): void {
  releaseConcurrency(world, job);
  const build = buildOf(world, job);
  if (job.retriedIn === undefined && isHardFailure(job)) cancelOnBuildFailing(world, job);
  progressBuild(world, build);
}

function cancelOnBuildFailing(world: World, failed: Job): void {
  for (const { definition, jobs } of buildOf(world, failed).steps) {
    if (definition.type !== 'command' || !definition.cancelOnBuildFailing) continue;
    for (const job of jobs) {
      if (job.state === 'running') setJobState(world, job, 'canceling');
      else if (job.state === 'scheduled' || job.state === 'limited' || job.state === 'reserved') setJobState(world, job, 'canceled');
    }
  }
}

function noteUnfinishedArtifacts(world: World, job: Job): void {
  for (const artifact of [...job.artifactBatches.values()].flat()) {
    if (artifact.state !== 'new') continue;
    world.referee.note({
      kind: 'artifact-never-finished',
      jobId: job.id,
      agentId: job.agent?.id,
      explanation: `artifact ${artifact.path} (${artifact.id}) was announced, but never declared finished; ${storedBytes(artifact)} of ${artifact.fileSize} bytes came`,
    });
  }
}
