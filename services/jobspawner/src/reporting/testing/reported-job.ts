import { type BuildJob, type BuildJobStatus, reportEndingFinalizer } from '@buildkite-operator/crds';
import { sampleJob, sampleJobId } from '@buildkite-operator/podspec/testing';

/** The queue of the jobs here. */
export const queue = 'bk-operator';

/** A BuildJob as the jobspawner makes it, with this status. */
export function reportedJob(status: BuildJobStatus = {}, metadata: Partial<BuildJob['metadata']> = {}, jobId = sampleJobId): BuildJob {
  const base = sampleJob({ buildkite: { jobId, queue } });
  return {
    ...base,
    metadata: { ...base.metadata, name: `bk-${jobId}`, finalizers: [reportEndingFinalizer], ...metadata },
    status,
  };
}

/** A condition that holds since then. */
export function holds(type: string, reason: string, message: string, lastTransitionTime = '2026-01-01T00:00:00Z') {
  return { type, status: 'True' as const, reason, message, lastTransitionTime };
}
