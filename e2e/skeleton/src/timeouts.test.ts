import { outcome, runs, unplaceable, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

describe.concurrent('given a job that runs too long', () => {
  it('when timeoutSeconds is over, then the agent ends it and the phase is TimedOut', async () => {
    const { job, record } = await testbed.run(runs('sleep 300'), {}, { timeoutSeconds: 15 });
    expect(outcome(job)).toMatchObject({ state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' });
    expect(record.last.status).toMatchObject({ phase: 'TimedOut', reason: 'TimedOut' });
    expect(record.last.status?.message).toContain('its timeout of 15 s');
  });

  it('when it ignores TERM as well, then it is killed within terminationGracePeriodSeconds', async () => {
    const input = { timeoutSeconds: 20, terminationGracePeriodSeconds: 15 };
    const { job, record } = await testbed.run(runs(`trap '' TERM; while true; do sleep 1; done`), {}, input);
    expect(outcome(job)).toMatchObject({ state: 'finished', exitStatus: 137, signalReason: 'agent_stop', endedBy: 'agent' });
    expect(record.last.status).toMatchObject({ phase: 'TimedOut', reason: 'TimedOut' });
  });

  it('when it needs its grace to clean up, then it has it', async () => {
    const input = { timeoutSeconds: 20, terminationGracePeriodSeconds: 30 };
    const command = runs(`trap 'sleep 8; echo cleaned "up"; exit 0' TERM; sleep 300 & wait`);
    const { job, record } = await testbed.run(command, {}, input);
    expect(outcome(job)).toMatchObject({ state: 'finished', signalReason: 'agent_stop', endedBy: 'agent' });
    expect(record.last.status).toMatchObject({ phase: 'TimedOut' });
    expect((await testbed.log(job.id)).toString()).toContain('cleaned up');
  });

  it('when its timeout in Buildkite is over, then the agent ends it and the phase is TimedOut', async () => {
    // The simulator's minute is short here.
    const { job, record } = await testbed.run(runs('sleep 300'), { step: { timeout_in_minutes: 1 } });
    expect(outcome(job)).toMatchObject({ state: 'timed_out', signalReason: 'cancel', endedBy: 'agent' });
    expect(record.last.status).toMatchObject({ phase: 'TimedOut', reason: 'TimedOut' });
  });

  it('when it ends in time, then its timeout does nothing', async () => {
    const { record } = await testbed.run(runs('sleep 1'), {}, { timeoutSeconds: 30 });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
  });
});

describe.concurrent('given a job that does not start to run', () => {
  it('when no node takes its pod within pendingTimeoutSeconds, then it fails as Unschedulable', async () => {
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { ...unplaceable, pendingTimeoutSeconds: 20 });
    const waiting = await testbed.session.watch.waitFor(
      buildJob.metadata.uid,
      'explained',
      ({ last }) => last.status?.phase === 'Scheduling' && last.status.reason === 'Unschedulable',
      120_000,
    );
    expect(waiting.last.status?.message).toContain('no node can take the pod');
    const { last } = await testbed.session.waitForEnd(buildJob);
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'Unschedulable' });
    expect(last.status?.message).toContain('did not start running within 20 s');
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });

  it('when an init container takes longer than pendingTimeoutSeconds, then it fails as PendingTimeout', async () => {
    const job = await testbed.createJob(runs('true'));
    const slow = {
      name: 'slow',
      image: testbed.session.info.images.busybox,
      command: ['sh', '-c', 'trap "exit 0" TERM; sleep 300 & wait'],
    };
    const buildJob = await testbed.start(job, { initContainers: [slow], pendingTimeoutSeconds: 5, terminationGracePeriodSeconds: 15 });
    const { last } = await testbed.session.waitForEnd(buildJob);
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'PendingTimeout' });
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });
});

describe.concurrent('given a job that has ended', () => {
  it('when ttlSecondsAfterFinished is 0, then BuildJob and pod go at once', async () => {
    const { job, record } = await testbed.run('true', {}, { ttlSecondsAfterFinished: 0 });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded' });
    await testbed.session.waitForNothingLeft([job.id], 10_000);
  });

  it('when ttlSecondsAfterFinished is 8, then BuildJob and pod stay so long, and no longer', async () => {
    const { job, record } = await testbed.run('true', {}, { ttlSecondsAfterFinished: 8 });
    await testbed.session.waitForNothingLeft([job.id]);
    const { finishedTime = '' } = record.last.status ?? {};
    const lastSeen = await testbed.session.watch.waitFor(record.last.metadata.uid, 'gone', ({ gone }) => gone, 1000);
    expect(lastSeen.goneAt).toBeGreaterThanOrEqual(Date.parse(finishedTime) + 8000);
    const [pod] = testbed.session.podWatch.ofJob(job.id);
    expect(pod?.deletedAt).toBeGreaterThanOrEqual(Date.parse(finishedTime) + 8000);
  });
});
