import type { BuildJob, BuildJobStatus } from '@buildkite-operator/crds';
import { type Live, Store } from '@buildkite-operator/kube';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { createMetricsRegistry } from '@buildkite-operator/service';
import { describe, expect, it } from 'vitest';
import { BuildJobMetrics } from './metrics.ts';
import { at } from './testing/kubelet-pod.ts';

const prefix = 'buildkite_operator_';

function liveJob(status: BuildJobStatus | undefined, name = 'a'): Live<BuildJob> {
  const { metadata, ...job } = sampleJob({}, status === undefined ? {} : { status });
  return { ...job, metadata: { ...metadata, name, uid: name, resourceVersion: '1', creationTimestamp: at(0) } };
}

function counted() {
  const registry = createMetricsRegistry('test');
  const store = new Store<BuildJob>();
  const metrics = new BuildJobMetrics(registry, store);
  /** The lines of a metric without the label that all have. */
  const lines = async (name: string) => {
    const text = await registry.getSingleMetricAsString(prefix + name);
    return text
      .split('\n')
      .filter(line => line.startsWith(prefix))
      .map(line => line.replace(prefix, '').replace(/,service="test"|service="test",?/, ''));
  };
  return { metrics, store, lines };
}

const pending: BuildJobStatus = { phase: 'Pending' };
const run: BuildJobStatus = { phase: 'Running', runningTime: at(7) };
const succeeded: BuildJobStatus = { ...run, phase: 'Succeeded', reason: 'Completed', finishedTime: at(17) };

describe('the metrics of BuildJobs', () => {
  it('count those that exist by phase, with none left out', async () => {
    const { store, lines } = counted();
    for (const [name, status] of Object.entries({ a: run, b: run, c: succeeded, d: undefined })) store.set(liveJob(status, name));
    expect(await lines('buildjobs')).toStrictEqual([
      'buildjobs{phase="Pending"} 1',
      'buildjobs{phase="Scheduling"} 0',
      'buildjobs{phase="Initializing"} 0',
      'buildjobs{phase="Running"} 2',
      'buildjobs{phase="Succeeded"} 1',
      'buildjobs{phase="Failed"} 0',
      'buildjobs{phase="Cancelled"} 0',
      'buildjobs{phase="TimedOut"} 0',
    ]);
  });

  it('count pods', async () => {
    const { metrics, lines } = counted();
    metrics.podCreated();
    expect(await lines('buildjob_pods_created_total')).toStrictEqual(['buildjob_pods_created_total{} 1']);
  });

  it('count an ending once, with the time that the job ran', async () => {
    const { metrics, lines } = counted();
    metrics.progressed(liveJob(run), liveJob(succeeded));
    metrics.progressed(liveJob(succeeded), liveJob(succeeded));
    expect(await lines('buildjobs_finished_total')).toStrictEqual(['buildjobs_finished_total{phase="Succeeded",reason="Completed"} 1']);
    expect(await lines('buildjob_run_seconds')).toContain('buildjob_run_seconds_sum{phase="Succeeded"} 10');
  });

  it.each([
    ['when it is seen to run', pending, run],
    ['when it ends before it was seen to run', pending, succeeded],
  ])('take the time to the start once, %s', async (_title, before, after) => {
    const { metrics, lines } = counted();
    metrics.progressed(liveJob(before), liveJob(after));
    metrics.progressed(liveJob(after), liveJob(succeeded));
    expect(await lines('buildjob_start_seconds')).toEqual(
      expect.arrayContaining(['buildjob_start_seconds_sum{} 7', 'buildjob_start_seconds_count{} 1']),
    );
  });

  it('take no times of a job that never ran', async () => {
    const { metrics, lines } = counted();
    metrics.progressed(liveJob(pending), liveJob({ phase: 'Failed', reason: 'PendingTimeout', finishedTime: at(9) }));
    metrics.progressed(liveJob(undefined), liveJob(undefined));
    expect(await lines('buildjobs_finished_total')).toStrictEqual(['buildjobs_finished_total{phase="Failed",reason="PendingTimeout"} 1']);
    expect(await lines('buildjob_start_seconds')).toContain('buildjob_start_seconds_count{} 0');
    expect(await lines('buildjob_run_seconds')).toStrictEqual([]);
  });
});
