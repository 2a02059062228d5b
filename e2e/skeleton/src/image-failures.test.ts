import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { outcome, runs } from './job-samples.ts';
import { useTestbed } from './use-testbed.ts';

const testbed = useTestbed();

/** What Buildkite has of a job whose agent was there, but not the command's container. */
const endedByAgent = { state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' };

/** An agent whose containers never came waits out their grace before it ends the job. */
const quick = { terminationGracePeriodSeconds: 15 };

describe.concurrent('given a job whose container cannot be made', () => {
  it('when its image is missing, then it fails as ImagePull after the grace, and Buildkite hears of it', async () => {
    const image = 'registry.local:5000/test/no-such-image:1';
    const { job, record } = await testbed.run(runs('true'), {}, { image, ...quick });
    expect(outcome(job)).toMatchObject(endedByAgent);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ImagePull' });
    expect(record.last.status?.message).toContain(image);
    expect(record.last.status?.message).toContain('container container-0');
    expect(record.last.status?.message).toContain('it did not recover within 25 s');
  });

  it('when its image name is not valid, then it fails as InvalidImage at once', async () => {
    const { job, record } = await testbed.run(runs('true'), {}, { image: 'registry.local:5000/Test/Upper:1', ...quick });
    expect(outcome(job)).toMatchObject(endedByAgent);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'InvalidImage' });
    expect(record.last.status?.message).toContain('registry.local:5000/Test/Upper:1');
  });

  it('when a Secret of its variables is missing, then it fails as ConfigError after the grace', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'no-such-secret', key: 'token' } } }];
    const { job, record } = await testbed.run(runs('true'), {}, { env, ...quick });
    expect(outcome(job)).toMatchObject(endedByAgent);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ConfigError' });
    expect(record.last.status?.message).toContain('no-such-secret');
  });

  it('when the missing Secret appears within the grace, then it runs', async () => {
    const name = `late-${crypto.randomUUID()}`;
    const job = await testbed.createJob('echo "$TOKEN" | tr a-z A-Z');
    const buildJob = await testbed.start(job, { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } }] });
    const { uid } = buildJob.metadata;
    await testbed.session.watch.waitFor(uid, 'blocked', ({ last }) => last.status?.reason === 'ConfigError', 30_000);
    await testbed.createSecret(name, { token: 'late' });
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', passed: true });
    expect(ended.record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    expect((await testbed.log(job.id)).toString()).toContain('LATE');
  });
});

describe.concurrent('given a job with an init container', () => {
  it('when it fails, then the job fails as InitFailed, which names it and its exit code', async () => {
    const job = await testbed.createJob(runs('true'));
    const broken = { name: 'broken', image: testbed.session.info.images.busybox, command: ['sh', '-c', 'exit 7'] };
    const { last } = await testbed.session.waitForEnd(await testbed.start(job, { initContainers: [broken] }));
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'InitFailed' });
    expect(last.status?.message).toContain('init container broken ended with exit code 7');
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });

  it('when its image is missing, then the job fails as ImagePull, which names it', async () => {
    const job = await testbed.createJob(runs('true'));
    const absent = { name: 'absent', image: 'registry.local:5000/test/no-such-image:2', command: ['true'] };
    const input = { initContainers: [absent], ...quick };
    const { last } = await testbed.session.waitForEnd(await testbed.start(job, input));
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'ImagePull' });
    expect(last.status?.message).toContain('container absent');
    expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  });
});

describe.concurrent('given a job that names a BuildEnvironment', () => {
  it('when it appears within the grace, then the job runs in it', async () => {
    const name = `late-${crypto.randomUUID()}`;
    const job = await testbed.createJob('echo "$GREETING" | tr a-z A-Z');
    const buildJob = await testbed.start(job, { environment: name });
    const { uid } = buildJob.metadata;
    const blocked = await testbed.session.watch.waitFor(
      uid,
      'blocked',
      ({ last }) => last.status?.reason === 'EnvironmentNotFound',
      30_000,
    );
    expect(blocked.last.status).toMatchObject({ phase: 'Pending' });
    expect(blocked.last.status?.message).toContain(name);
    await delay(1000);
    await testbed.createEnvironment(name, { container: { env: [{ name: 'GREETING', value: 'hello' }] } });
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(ended.record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    expect((await testbed.log(job.id)).toString()).toContain('HELLO');
  });

  it('when it never appears, then the job fails as EnvironmentNotFound and no pod is made', async () => {
    const job = await testbed.createJob(runs('true'));
    const { last } = await testbed.session.waitForEnd(await testbed.start(job, { environment: 'never-made' }));
    expect(last.status).toMatchObject({ phase: 'Failed', reason: 'EnvironmentNotFound' });
    expect(last.status?.message).toContain('never-made');
    expect(testbed.session.podWatch.ofJob(job.id)).toEqual([]);
  });
});
