import { type BuildJob, reportEndingFinalizer } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { placeHolders } from './places.ts';

function buildJob(jobId: string, status: BuildJob['status'], deletionTimestamp?: string): BuildJob {
  const job = sampleJob();
  const finalizers = [reportEndingFinalizer];
  const metadata = { ...job.metadata, finalizers, ...(deletionTimestamp !== undefined && { deletionTimestamp }) };
  return { ...job, metadata, spec: { ...job.spec, buildkite: { jobId, queue: 'q', pipeline: 'p' } }, status };
}

/** As a person makes it, or an agent elsewhere for its job. */
function notFromQueue(job: BuildJob): BuildJob {
  const { finalizers: _finalizers, ...metadata } = job.metadata;
  return { ...job, metadata };
}

const holder = (jobId: string) => ({ jobId, queue: 'q', pipeline: 'p' });

describe('a place is taken by', () => {
  it.each<[string, BuildJob, number]>([
    ['a BuildJob that nobody has looked at', buildJob('a', undefined), 1],
    ['one that waits', buildJob('a', { phase: 'Scheduling' }), 1],
    ['one that runs', buildJob('a', { phase: 'Running' }), 1],
    ['one that is being removed, since its pod may still run', buildJob('a', { phase: 'Running' }, '2026-01-01T00:00:00Z'), 1],
    ['none that has succeeded', buildJob('a', { phase: 'Succeeded' }), 0],
    ['none that has failed', buildJob('a', { phase: 'Failed' }), 0],
    ['none that was cancelled', buildJob('a', { phase: 'Cancelled' }), 0],
    ['none that has timed out', buildJob('a', { phase: 'TimedOut' }), 0],
    ['none that did not come from a queue', notFromQueue(buildJob('a', { phase: 'Running' })), 0],
  ])('%s', (_what, job, places) => {
    expect(placeHolders([job], [])).toHaveLength(places);
  });

  it('a job that is about to become a BuildJob, once, and no longer when that has ended', () => {
    expect(placeHolders([], [holder('a')])).toEqual([holder('a')]);
    expect(placeHolders([buildJob('a', { phase: 'Running' })], [holder('a')])).toEqual([holder('a')]);
    expect(placeHolders([buildJob('a', { phase: 'Failed' })], [holder('a')])).toEqual([]);
    // Ended, told to Buildkite, and let go since.
    expect(placeHolders([notFromQueue(buildJob('a', { phase: 'Failed' }))], [holder('a')])).toEqual([]);
  });
});
