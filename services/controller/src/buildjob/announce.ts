import { type BuildJob, type BuildJobStatus, isFinal } from '@buildkite-operator/crds';
import { type EventNote, type Live, objectKey } from '@buildkite-operator/kube';
import type { BuildJobDependencies } from './controller.ts';
import { buildJobs } from './resources.ts';

/** How long after an end its Event is made up for, in milliseconds; longer than a new leader takes until it looks at its jobs. */
const madeUpForMs = 120_000;

/** Tells of what has changed: each end, each obstacle and each pod given up is an Event on the BuildJob, a log line and a figure. */
export function announce(before: Live<BuildJob>, after: Live<BuildJob>, { events, logger, metrics }: BuildJobDependencies): void {
  metrics.progressed(before, after);
  const note = noteOf(before.status ?? {}, after.status ?? {});
  if (note === undefined) return;
  const { phase, reason, exitCode } = after.status ?? {};
  const context = { job: objectKey(after), uid: after.metadata.uid, buildkiteJob: after.spec.buildkite.jobId, phase, reason, exitCode };
  logger.info(context, note.reason === 'PodReplaced' ? 'pod given up for another one' : 'build job changed');
  events.record(buildJobs, after, note);
}

/** Makes up for the Event of an end: the answer to the writing of the status may have been lost, or the leader that wrote it killed. */
export function announceEnd(job: Live<BuildJob>, { events, clock }: BuildJobDependencies): void {
  const { phase, finishedTime = '' } = job.status ?? {};
  if (isFinal(phase) && clock.now() - Date.parse(finishedTime) < madeUpForMs) events.record(buildJobs, job, noteOfState(job.status ?? {}));
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

function noteOfState({ phase = 'Pending', reason, message = `the job is ${phase}`, finishedTime }: BuildJobStatus): EventNote {
  const failing = reason !== undefined && reason !== 'Completed' && reason !== 'Cancelled';
  const note = { type: failing ? 'Warning' : 'Normal', reason: reason ?? phase, note: message, action: 'Run' } as const;
  return finishedTime === undefined ? note : { ...note, atMs: Date.parse(finishedTime) };
}
