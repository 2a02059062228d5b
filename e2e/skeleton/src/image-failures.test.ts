import { setTimeout as delay } from 'node:timers/promises';
import type { BuildJobInput } from '@buildkite-operator/e2e-testbed';
import { outcome, runs, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

/** Runs a job that ends before its agent may acquire it: Buildkite still has it to give away. Returns the BuildJob's last status. */
async function endUnacquired(input: BuildJobInput) {
  const job = await testbed.createJob(runs('true'));
  const { last } = await testbed.session.waitForEnd(await testbed.start(job, input));
  expect(outcome(await testbed.session.simulator.job(job.id))).toMatchObject({ state: 'scheduled' });
  return last.status;
}

describe.concurrent('given a job whose container cannot be made', () => {
  it('when its image is missing, then it fails as ImagePull after the grace, and is never acquired', async () => {
    const image = 'registry.local:5000/test/no-such-image:1';
    const status = await endUnacquired({ image });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'ImagePull' });
    expect(status?.message).toContain(image);
    expect(status?.message).toContain('container container-0');
    expect(status?.message).toContain('it did not recover within 25 s');
  });

  it('when its image name is not valid, then it fails as InvalidImage at once', async () => {
    const status = await endUnacquired({ image: 'registry.local:5000/Test/Upper:1' });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'InvalidImage' });
    expect(status?.message).toContain('registry.local:5000/Test/Upper:1');
  });

  it('when a Secret of its variables is missing, then it fails as ConfigError after the grace', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'no-such-secret', key: 'token' } } }];
    const status = await endUnacquired({ env });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'ConfigError' });
    expect(status?.message).toContain('no-such-secret');
  });

  it('when the missing Secret appears within the grace, then it runs', async () => {
    const name = `late-${crypto.randomUUID()}`;
    const job = await testbed.createJob('echo "$TOKEN" | tr a-z A-Z');
    const buildJob = await testbed.start(job, { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } }] });
    const { uid } = buildJob.metadata;
    await testbed.session.watch.waitFor(uid, 'blocked', ({ last }) => last.status?.reason === 'ConfigError');
    await testbed.createSecret(name, { token: 'late' });
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', passed: true });
    expect(ended.record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    expect((await testbed.log(job.id)).toString()).toContain('LATE');
  });
});

describe.concurrent('given a job with an init container', () => {
  it('when it fails, then the job fails as InitFailed, which names it and its exit code', async () => {
    const broken = { name: 'broken', image: testbed.session.info.images.busybox, command: ['sh', '-c', 'exit 7'] };
    const status = await endUnacquired({ initContainers: [broken] });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'InitFailed' });
    expect(status?.message).toContain('init container broken ended with exit code 7');
  });

  it('when its image is missing, then the job fails as ImagePull, which names it', async () => {
    const absent = { name: 'absent', image: 'registry.local:5000/test/no-such-image:2', command: ['true'] };
    const status = await endUnacquired({ initContainers: [absent] });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'ImagePull' });
    expect(status?.message).toContain('container absent');
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
      120_000,
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
