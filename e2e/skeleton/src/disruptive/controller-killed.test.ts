import { LedDeployment, restartApiServer } from '@buildkite-operator/e2e-testbed';
import {
  held,
  outcome,
  release,
  runs,
  startRunning,
  unplaceable,
  useTestbed,
  waitForPodToEnd,
  wholeLife,
} from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { Outage } from './outage.ts';

const testbed = useTestbed();

/** SIGKILL to every controller and to the API server; then the API server comes back, but no controller. */
async function killEverything(): Promise<void> {
  await new LedDeployment(testbed.session, 'controller').stopDead();
  await restartApiServer();
}

const startControllers = () => new LedDeployment(testbed.session, 'controller').start();

const passed = { state: 'finished', exitStatus: 0, passed: true, endedBy: 'agent' };
const stopped = { state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' };
const once = { pods: 1, agents: 1 };

/** A job that ran once, and well. */
const ranWell = { status: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 }, job: passed, ...once };

describe.concurrent('given every controller and the API server are killed by SIGKILL, and come back', () => {
  const outage = new Outage(10, killEverything, startControllers);

  it('when a job is made while they are away, then it runs once they are back', () =>
    outage.attend(async ({ begins, ends }) => {
      const job = await testbed.createJob(runs('true'));
      await begins();
      const buildJob = await testbed.start(job);
      await ends();
      expect(await wholeLife(testbed.session, job, await testbed.session.waitForEnd(buildJob))).toMatchObject(ranWell);
    }));

  it('when a job is Pending and what it lacks comes meanwhile, then it runs once they are back', () =>
    outage.attend(async ({ begins, ends }) => {
      const job = await testbed.createJob(runs('true'));
      const buildJob = await testbed.start(job, { environment: `late-${job.id}` });
      const { watch } = testbed.session;
      await watch.waitFor(buildJob.metadata.uid, 'blocked', ({ last }) => last.status?.reason === 'EnvironmentNotFound', 120_000);
      await begins();
      await testbed.createEnvironment(`late-${job.id}`, {});
      await ends();
      expect(await wholeLife(testbed.session, job, await testbed.session.waitForEnd(buildJob))).toMatchObject(ranWell);
    }));

  it('when a job is Scheduling and cancelled meanwhile, then it ends as Cancelled', () =>
    outage.attend(async ({ begins, ends }) => {
      const job = await testbed.createJob(runs('true'));
      const buildJob = await testbed.start(job, unplaceable);
      await testbed.session.waitForPhase(buildJob, 'Scheduling');
      await begins();
      await testbed.session.jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, testbed.session.signal);
      await ends();
      const record = await testbed.session.waitForEnd(buildJob);
      const status = { phase: 'Cancelled', reason: 'Cancelled' };
      const whole = await wholeLife(testbed.session, job, record);
      expect(whole).toMatchObject({ status, job: { state: 'scheduled' }, pods: 1, agents: 0 });
    }));

  it('when a job is Initializing, then it runs to its end without them', () =>
    outage.attend(async ({ begins, ends }) => {
      const { session } = testbed;
      const job = await testbed.createJob(runs('true'));
      const gate = { name: 'gate', image: session.info.images.busybox, command: ['sh', '-c', held] };
      const buildJob = await testbed.start(job, { initContainers: [gate] });
      await session.waitForPhase(buildJob, 'Initializing');
      await session.podWatch.waitFor(
        job.id,
        'at its gate',
        ({ status }) => status?.initContainerStatuses?.some(({ name, state }) => name === 'gate' && state?.running !== undefined) === true,
      );
      await begins();
      await release(session, job, 'gate');
      expect(outcome(await waitForPodToEnd(session, job))).toMatchObject(passed);
      await ends();
      expect(await wholeLife(session, job, await session.waitForEnd(buildJob))).toMatchObject(ranWell);
    }));

  it('when a job is Running, then it still runs when they are back, and ends well', () =>
    outage.attend(async ({ begins, ends }) => {
      const { job, buildJob } = await startRunning(testbed, held);
      await begins();
      await ends();
      await release(testbed.session, job);
      expect(await wholeLife(testbed.session, job, await testbed.session.waitForEnd(buildJob))).toMatchObject(ranWell);
    }));

  it('when a job is Running and fails meanwhile, then its true end is recorded once they are back', () =>
    outage.attend(async ({ begins, ends }) => {
      const { job, buildJob } = await startRunning(testbed, `${held}; exit 5`);
      await begins();
      await release(testbed.session, job);
      const failed = { state: 'finished', exitStatus: 5, passed: false, endedBy: 'agent' };
      expect(outcome(await waitForPodToEnd(testbed.session, job))).toMatchObject(failed);
      await ends();
      const record = await testbed.session.waitForEnd(buildJob);
      const status = { phase: 'Failed', reason: 'ExitCode', exitCode: 5 };
      expect(await wholeLife(testbed.session, job, record)).toMatchObject({ status, job: failed, ...once });
    }));

  it('when a job is being stopped, then what it was stopped for is not forgotten', () =>
    outage.attend(async ({ begins, ends }) => {
      const { jobs, signal, podWatch } = testbed.session;
      const { job, buildJob } = await startRunning(testbed, `trap 'sleep 5; exit 0' TERM; sleep 300 & wait`);
      await jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, signal);
      await podWatch.waitFor(job.id, 'being stopped', ({ metadata }) => metadata.deletionTimestamp !== undefined);
      await begins();
      await waitForPodToEnd(testbed.session, job);
      await ends();
      const record = await testbed.session.waitForEnd(buildJob);
      const status = { phase: 'Cancelled', reason: 'Cancelled' };
      expect(await wholeLife(testbed.session, job, record)).toMatchObject({ status, job: stopped, ...once });
    }));

  it('when a BuildJob is deleted meanwhile, then its agent tells Buildkite, and its pod is gone soon after they are back', () =>
    outage.attend(async ({ begins, ends }) => {
      const { jobs, signal, watch } = testbed.session;
      const { job, buildJob } = await startRunning(testbed, 'sleep 300');
      await begins();
      await jobs.delete(buildJob.metadata, {}, signal);
      const record = await watch.waitFor(buildJob.metadata.uid, 'gone', ({ gone }) => gone);
      // The cluster's own garbage collector may be quicker than the controllers, but it takes its time after an outage.
      await ends();
      expect(await wholeLife(testbed.session, job, record)).toMatchObject({ job: stopped, ...once });
    }));

  it('when an end is recorded but its pod not let go, then the reaping goes on', () =>
    outage.attend(async ({ begins, ends }) => {
      const { jobs, signal } = testbed.session;
      const { job, buildJob } = await startRunning(testbed, held);
      await begins();
      await release(testbed.session, job);
      await waitForPodToEnd(testbed.session, job);
      const { namespace, name } = buildJob.metadata;
      const end = { ...ranWell.status, finishedTime: `${new Date().toISOString().slice(0, 19)}Z` };
      await jobs.mergePatch({ namespace, name }, { status: end }, { subresource: 'status' }, signal);
      await ends();
      expect(await wholeLife(testbed.session, job, await testbed.session.waitForEnd(buildJob))).toMatchObject(ranWell);
    }));

  it('when a job has ended and is kept for a while, then it goes when its time is over', () =>
    outage.attend(async ({ begins, ends }) => {
      const job = await testbed.createJob(runs('true'));
      const buildJob = await testbed.start(job, { ttlSecondsAfterFinished: 10 });
      const record = await testbed.session.waitForEnd(buildJob);
      await begins();
      await ends();
      expect(await wholeLife(testbed.session, job, record)).toMatchObject(ranWell);
    }));
});
