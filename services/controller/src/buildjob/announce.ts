import type { BuildJob, BuildJobStatus } from '@buildkite-operator/crds';
import { type EventNote, type Live, objectKey } from '@buildkite-operator/kube';
import type { BuildJobDependencies } from './controller.ts';
import { buildJobs } from './resources.ts';

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

/** Whether a pod has been given up for another one between these two. */
export function hasReplacedPod(before: BuildJobStatus | undefined, after: BuildJobStatus | undefined): boolean {
  return after?.replacedPodUid !== undefined && after.replacedPodUid !== before?.replacedPodUid;
}

function noteOf(before: BuildJobStatus, after: BuildJobStatus): EventNote | undefined {
  const { phase = 'Pending', reason, message = `the job is ${phase}` } = after;
  if (hasReplacedPod(before, after)) return { type: 'Warning', reason: 'PodReplaced', note: message, action: 'Run' };
  if (phase === before.phase && reason === before.reason) return undefined;
  const failing = reason !== undefined && reason !== 'Completed' && reason !== 'Cancelled';
  return { type: failing ? 'Warning' : 'Normal', reason: reason ?? phase, note: message, action: 'Run' };
}
