import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { outcome, runs, unplaceable, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

const deleted = { phase: 'Failed', reason: 'Deleted' };

async function deletePod(job: JobView, gracePeriodSeconds?: number): Promise<void> {
  const { session } = testbed;
  const pod = await session.podWatch.waitFor(job.id, 'there', () => true);
  await session.pods.delete(pod.metadata, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }, session.signal);
}

async function expectDeleted(job: JobView, buildJob: Live<BuildJob>): Promise<void> {
  const { session } = testbed;
  const { last } = await session.waitForEnd(buildJob);
  expect(last.status).toMatchObject(deleted);
  await session.waitForNothingLeft([job.id]);
  expect(session.podWatch.ofJob(job.id)).toHaveLength(1);
}

describe.concurrent('given a pod that somebody deletes by hand', () => {
  it('when it waits for a node, then its job ends as Deleted and no second pod is made', async () => {
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, unplaceable);
    await testbed.session.waitForPhase(buildJob, 'Scheduling');
    await deletePod(job);
    await expectDeleted(job, buildJob);
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });

  it('when an init container runs, then its job ends as Deleted and no second pod is made', async () => {
    const job = await testbed.createJob(runs('true'));
    const slow = {
      name: 'slow',
      image: testbed.session.info.images.busybox,
      command: ['sh', '-c', 'trap "exit 0" TERM; sleep 300 & wait'],
    };
    const buildJob = await testbed.start(job, { initContainers: [slow], terminationGracePeriodSeconds: 15 });
    await testbed.session.podWatch.waitFor(
      job.id,
      'in its init container',
      ({ status }) => status?.initContainerStatuses?.some(({ name, state }) => name === 'slow' && state?.running !== undefined) === true,
    );
    await deletePod(job);
    await expectDeleted(job, buildJob);
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });

  it('when its command runs, then the agent tells Buildkite and its job ends as Deleted', async () => {
    const { simulator } = testbed.session;
    const job = await testbed.createJob(runs('sleep 300'));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await deletePod(job);
    await expectDeleted(job, buildJob);
    const ended = await simulator.waitForJob(job.id, 'ended');
    expect(outcome(ended)).toMatchObject({ state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' });
  });

  it('when it is deleted by force, then nothing is left and Buildkite hears of it or misses the agent', async () => {
    const { simulator } = testbed.session;
    testbed.expectBreaches(({ kind }) => kind === 'agent-vanished');
    const job = await testbed.createJob(runs('sleep 300'));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await deletePod(job, 0);
    await expectDeleted(job, buildJob);
    const ended = await simulator.waitForJob(job.id, 'ended');
    expect(outcome(ended)).toMatchObject({ state: 'finished', passed: false });
  });

  it('when its job had ended just before, then its true end stays in the status', async () => {
    const { job, record } = await testbed.run('exit 3', {}, { ttlSecondsAfterFinished: 20 });
    await deletePod(job);
    const [pod] = testbed.session.podWatch.ofJob(job.id);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 3 });
    await testbed.session.waitForNothingLeft([job.id]);
    const { last } = await testbed.session.watch.waitFor(record.last.metadata.uid, 'gone', ({ gone }) => gone, 1000);
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 3 });
    expect(testbed.session.podWatch.ofJob(job.id).map(({ last: { metadata } }) => metadata.uid)).toEqual([pod?.last.metadata.uid]);
  });
});

describe.concurrent('given a BuildJob that somebody deletes by hand', () => {
  it('when its command runs, then the pod has its grace, the agent tells Buildkite, and all is gone', async () => {
    const { simulator, jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs(`trap 'sleep 3; echo cleaned "up"; exit 0' TERM; sleep 300 & wait`));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await jobs.delete(buildJob.metadata, {}, signal);
    const ended = await simulator.waitForJob(job.id, 'ended');
    expect(outcome(ended)).toMatchObject({ state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' });
    expect((await testbed.log(job.id)).toString()).toContain('cleaned up');
    await testbed.session.waitForNothingLeft([job.id]);
    expect(testbed.session.podWatch.ofJob(job.id)).toHaveLength(1);
  });

  it('when its pod waits for a node, then all is gone', async () => {
    const { jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, unplaceable);
    await testbed.session.waitForPhase(buildJob, 'Scheduling');
    await jobs.delete(buildJob.metadata, {}, signal);
    await testbed.session.waitForNothingLeft([job.id]);
    expect(testbed.session.podWatch.ofJob(job.id)).toHaveLength(1);
  });

  it('when it is made again at once, then the first pod is seen out before the second asks for the job', async () => {
    const { simulator, jobs, signal, podWatch } = testbed.session;
    testbed.expectBreaches(({ kind }) => kind === 'acquired-twice-attempt');
    const job = await testbed.createJob(runs('sleep 300'));
    const first = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await jobs.delete(first.metadata, {}, signal);
    const second = await testbed.start(job);
    const { last } = await testbed.session.waitForEnd(second);
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'NotAcquired' });
    expect(outcome(await simulator.job(job.id))).toMatchObject({ state: 'finished', signalReason: 'agent_stop', endedBy: 'agent' });
    const [before, after] = podWatch.ofJob(job.id);
    expect(before?.gone).toBe(true);
    expect(Date.parse(after?.last.metadata.creationTimestamp ?? '') + 1000).toBeGreaterThan(before?.deletedAt ?? Number.POSITIVE_INFINITY);
  });
});
