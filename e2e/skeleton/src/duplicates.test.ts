import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { held, outcome, release, runs, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

function startSecond(job: JobView): Promise<Live<BuildJob>> {
  return testbed.start(job, { name: `second-${job.id}` });
}

describe.concurrent('given two BuildJobs for one Buildkite job', () => {
  it('when both are made at once, then one runs it and the other ends as Duplicate', async () => {
    const job = await testbed.createJob(runs('sleep 4'));
    const buildJobs = await Promise.all([testbed.start(job), startSecond(job)]);
    const records = await Promise.all(buildJobs.map(buildJob => testbed.session.waitForEnd(buildJob)));
    expect(records.map(({ last }) => last.status?.reason).toSorted((a, b) => (a ?? '').localeCompare(b ?? ''))).toEqual([
      'Completed',
      'Duplicate',
    ]);
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'finished', passed: true });
    expect(testbed.session.podWatch.ofJob(job.id)).toHaveLength(1);
  });

  it('when the second comes while the first runs, then it ends as Duplicate and names the first', async () => {
    const { simulator } = testbed.session;
    const job = await testbed.createJob(runs(held));
    const first = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    const second = await testbed.session.waitForEnd(await startSecond(job));
    expect(second.last.status).toMatchObject({ phase: 'Failed', reason: 'Duplicate' });
    expect(second.last.status?.message).toContain(first.metadata.name);
    await release(testbed.session, job);
    const ended = await testbed.session.waitForBothEnds(job, first);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', passed: true });
    expect(ended.record.last.status).toMatchObject({ phase: 'Succeeded' });
    expect(testbed.session.podWatch.ofJob(job.id)).toHaveLength(1);
  });

  it('when the first has ended and stays for its TTL, then the second ends as Duplicate', async () => {
    const { job } = await testbed.run(runs('true'), {}, { ttlSecondsAfterFinished: 30 });
    const second = await testbed.session.waitForEnd(await startSecond(job));
    expect(second.last.status).toMatchObject({ phase: 'Failed', reason: 'Duplicate' });
    expect(testbed.session.podWatch.ofJob(job.id)).toHaveLength(1);
  });

  it('when the first has been reaped, then Buildkite refuses the second', async () => {
    const { job } = await testbed.run(runs('true'));
    await testbed.session.waitForNothingLeft([job.id]);
    testbed.expectBreaches(({ kind }) => kind === 'acquired-twice-attempt');
    const second = await testbed.session.waitForEnd(await startSecond(job));
    expect(second.last.status).toMatchObject({ phase: 'Failed', reason: 'NotAcquired' });
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'finished', passed: true });
    const pods = testbed.session.podWatch.ofJob(job.id);
    expect(pods).toHaveLength(2);
    expect(pods[0]?.gone).toBe(true);
  });

  it('when many are made at once, then exactly one runs it', async () => {
    const { session } = testbed;
    const job = await testbed.createJob(runs('sleep 6'));
    const names = Array.from({ length: 8 }, (_, index) => `copy-${index}-${job.id}`);
    const records = await Promise.all(names.map(async name => session.waitForEnd(await testbed.start(job, { name }))));
    const reasons = records.map(({ last }) => last.status?.reason);
    expect(reasons.filter(reason => reason === 'Completed')).toHaveLength(1);
    expect(reasons.filter(reason => reason === 'Duplicate')).toHaveLength(7);
    expect(session.podWatch.ofJob(job.id)).toHaveLength(1);
  });
});
