import { outcome, runs, unplaceable, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { startSilentServer } from './silent-server.ts';

const testbed = useTestbed();

/** What Buildkite has of a job that its agent ended for a cancellation. */
const canceledByAgent = { state: 'canceled', signalReason: 'cancel', endedBy: 'agent' };

describe.concurrent('given a job that is cancelled in Buildkite', () => {
  it('when its command runs, then the agent ends it and the phase is Cancelled', async () => {
    const { simulator } = testbed.session;
    const job = await testbed.createJob(runs('sleep 300'));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await simulator.cancelJob(job.id);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject(canceledByAgent);
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
  });

  it('when its command cleans up on TERM, then the clean-up is in the log', async () => {
    const { simulator } = testbed.session;
    const job = await testbed.createJob(runs(`trap 'echo cleaned "up"; exit 0' TERM; sleep 300 & wait`));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await simulator.cancelJob(job.id);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject(canceledByAgent);
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
    expect((await testbed.log(job.id)).toString()).toContain('cleaned up');
  });

  it('when its command ignores TERM, then it is killed after its grace', async () => {
    const { simulator } = testbed.session;
    const job = await testbed.createJob(runs(`trap '' TERM; while true; do sleep 1; done`));
    const buildJob = await testbed.start(job, { terminationGracePeriodSeconds: 15 });
    await simulator.waitForLog(job.id, 'started');
    await simulator.cancelJob(job.id);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ ...canceledByAgent, exitStatus: 137 });
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
  });

  it('when it still checks out, then the command never runs', async () => {
    const { simulator } = testbed.session;
    await using server = await startSilentServer(testbed.session.info);
    const job = await testbed.createJob(runs('true'), { repository: `${server.origin}/slow.git` });
    const buildJob = await testbed.start(job, { checkout: {} });
    await simulator.waitForLog(job.id, 'Cloning');
    await simulator.cancelJob(job.id);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject(canceledByAgent);
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
    expect((await testbed.log(job.id)).toString()).not.toContain('started');
  });

  it('when its pod does not run yet, then its agent is refused', async () => {
    const job = await testbed.createJob(runs('true'));
    await testbed.session.simulator.cancelJob(job.id);
    const buildJob = await testbed.start(job);
    const { last } = await testbed.session.waitForEnd(buildJob);
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'NotAcquired' });
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'canceled', endedBy: 'cancel' });
  });
});

describe.concurrent('given a BuildJob with cancelled: true', () => {
  it('when it is set while the command runs, then the agent tells Buildkite within its grace', async () => {
    const { simulator, jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs(`trap 'echo cleaned "up"; exit 0' TERM; sleep 300 & wait`));
    const buildJob = await testbed.start(job);
    await simulator.waitForLog(job.id, 'started');
    await jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, signal);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' });
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled by spec.cancelled' });
    expect((await testbed.log(job.id)).toString()).toContain('cleaned up');
  });

  it('when its command ignores TERM, then it is killed and Buildkite still hears of it', async () => {
    const { simulator, jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs(`trap '' TERM; while true; do sleep 1; done`));
    const buildJob = await testbed.start(job, { terminationGracePeriodSeconds: 15 });
    await simulator.waitForLog(job.id, 'started');
    await jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, signal);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', exitStatus: 137, signalReason: 'agent_stop', endedBy: 'agent' });
    expect(ended.record.last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
  });

  it('when no node takes its pod, then it ends at once and no agent ever asked for the job', async () => {
    const { simulator, jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, unplaceable);
    await testbed.session.waitForPhase(buildJob, 'Scheduling');
    await jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, signal);
    const { last } = await testbed.session.waitForEnd(buildJob);
    expect(last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
    expect(outcome(await simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });

  it('when it is set from the start, then no pod is made', async () => {
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { cancelled: true });
    const { last } = await testbed.session.waitForEnd(buildJob);
    expect(last.status).toMatchObject({ phase: 'Cancelled', reason: 'Cancelled' });
    expect(testbed.session.podWatch.ofJob(job.id)).toEqual([]);
  });

  it('when somebody takes it back, then the API server refuses', async () => {
    const { jobs, signal } = testbed.session;
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { cancelled: true, ttlSecondsAfterFinished: 5 });
    await expect(jobs.mergePatch(buildJob.metadata, { spec: { cancelled: false } }, {}, signal)).rejects.toMatchObject({ code: 'Invalid' });
  });
});
