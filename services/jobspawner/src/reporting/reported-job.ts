import { type BuildJob, isFinal, reportEndingFinalizer } from '@buildkite-operator/crds';

/** Whether Buildkite is to hear of this BuildJob's end from us: it was taken from there and has not been let go yet. */
export function isReported(job: BuildJob): boolean {
  return job.metadata.finalizers?.includes(reportEndingFinalizer) === true;
}

/** Whether nothing more comes of this BuildJob: it has ended, or is to be removed. Once true it stays true. */
export function hasEnded(job: BuildJob): boolean {
  return isFinal(job.status?.phase) || job.metadata.deletionTimestamp !== undefined;
}

/** Whether the BuildJob's agent has not started yet, as far as its status tells, and nobody has stopped it. */
export function awaitsAgent(job: BuildJob): boolean {
  return !hasEnded(job) && !job.spec.cancelled && job.status?.runningTime === undefined;
}

/** The queue that the BuildJob's job waits in; the jobspawner always names one. */
export function queueOf(job: BuildJob): string {
  return job.spec.buildkite.queue ?? '';
}

/** When the BuildJob ended, in milliseconds since the epoch; undefined where it has not. */
export function endedAtMs({ metadata, status }: BuildJob): number | undefined {
  const times = [status?.finishedTime, metadata.deletionTimestamp].map(time => Date.parse(time ?? '')).filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.min(...times);
}
