import { type BuildJob, type BuildJobStatus, isFinal } from '@buildkite-operator/crds';
import { type EventNote, type Live, objectKey } from '@buildkite-operator/kube';
import type { BuildJobDependencies } from './controller.ts';
import { buildJobs } from './resources.ts';

/** The ends that a process has told of: by the BuildJob's key, its uid. */
export type ToldEnds = Map<string, string>;

/** How long after an end its Event is made up for, in milliseconds; longer than a new leader takes until it looks at its jobs. */
const madeUpForMs = 120_000;

/** How long a BuildJob that may go is kept for its Event, in milliseconds. */
const longestEventWaitMs = 15_000;
const eventRetryMs = 250;

/** Tells of what has changed: each end, each obstacle and each pod given up is an Event on the BuildJob, a log line and a figure. */
export function announce(before: Live<BuildJob>, after: Live<BuildJob>, deps: BuildJobDependencies): void {
  deps.metrics.progressed(before, after);
  const note = noteOf(before.status ?? {}, after.status ?? {});
  if (note !== undefined) tell(after, note, deps);
}

/**
 * Tells of an end of which nobody may have told: the answer to the writing of the status was lost, or the leader that wrote it was killed.
 * Told by two, it is one Event all the same.
 */
export function announceEnd(job: Live<BuildJob>, deps: BuildJobDependencies): void {
  const { status = {}, metadata } = job;
  if (!isFinal(status.phase) || deps.toldEnds.get(objectKey(job)) === metadata.uid) return;
  if (deps.clock.now() - endedAtMs(job) < madeUpForMs) tell(job, noteOfState(status), deps);
  else deps.toldEnds.set(objectKey(job), metadata.uid);
}

/** When to look again, in milliseconds, because the Event of the job's end has not gone out: once the job is gone, no later leader knows of it. */
export function eventWaitMs(job: Live<BuildJob>, ttlSeconds: number, { events, clock }: BuildJobDependencies): number | undefined {
  const mayGoAtMs = endedAtMs(job) + ttlSeconds * 1000;
  return clock.now() - mayGoAtMs < longestEventWaitMs && events.isPending(job.metadata.uid) ? eventRetryMs : undefined;
}

function tell(job: Live<BuildJob>, note: EventNote, { events, logger, toldEnds }: BuildJobDependencies): void {
  const { phase, reason, exitCode } = job.status ?? {};
  const context = { job: objectKey(job), uid: job.metadata.uid, buildkiteJob: job.spec.buildkite.jobId, phase, reason, exitCode };
  logger.info(context, note.reason === 'PodReplaced' ? 'pod given up for another one' : 'build job changed');
  if (!isFinal(phase)) return events.record(buildJobs, job, note);
  toldEnds.set(objectKey(job), job.metadata.uid);
  events.record(buildJobs, job, { ...note, atMs: endedAtMs(job) });
}

function endedAtMs({ status }: BuildJob): number {
  return Date.parse(status?.finishedTime ?? '') || 0;
}

/** Whether a pod has been given up for another one between these two. */
export function hasReplacedPod(before: BuildJobStatus | undefined, after: BuildJobStatus | undefined): boolean {
  return after?.replacedPodUid !== undefined && after.replacedPodUid !== before?.replacedPodUid;
}

function noteOf(before: BuildJobStatus, after: BuildJobStatus): EventNote | undefined {
  const note = noteOfState(after);
  if (hasReplacedPod(before, after)) return { ...note, type: 'Warning', reason: 'PodReplaced' };
  return after.phase === before.phase && after.reason === before.reason ? undefined : note;
}

function noteOfState({ phase = 'Pending', reason, message = `the job is ${phase}` }: BuildJobStatus): EventNote {
  const failing = reason !== undefined && reason !== 'Completed' && reason !== 'Cancelled';
  return { type: failing ? 'Warning' : 'Normal', reason: reason ?? phase, note: message, action: 'Run' };
}
