import type { JobView } from '@buildkite-operator/e2e-simulator';
import { held, release, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { agentsOf } from './agents-of.ts';
import { fillQuota } from './fill-quota.ts';
import { jobMs } from './patience.ts';
import { block, type StepInput, useQueue } from './use-queue.ts';
import { unplaceable, unpullable } from './waiting-steps.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'cancelled');
const full = useQueue(testbed, 'full');

/** All that runs beside these tests slows a small machine down; how quick it is on a quiet one, `disruptive` shows. */
const soonMs = 120_000;

/** Cancels the job on its page in Buildkite, waits until nothing is left of it, and gives what came of it. */
async function cancel({ id }: Pick<JobView, 'id'>) {
  const { session } = testbed;
  await session.simulator.cancelJob(id);
  await session.waitForNothingLeft([id], soonMs);
  const { state, endedBy } = await session.simulator.job(id);
  return { state, endedBy, agents: await agentsOf(session, id) };
}

const neverStarted = { state: 'canceled', endedBy: 'cancel', agents: 0 };

describe.concurrent('given a job that is cancelled in Buildkite before its agent has started', () => {
  it.for<{ readonly waits: string; readonly reason: string; readonly step: StepInput }>([
    { waits: 'for a node', reason: 'Unschedulable', step: unplaceable },
    { waits: 'for its image', reason: 'ImagePull', step: unpullable },
  ])('when it waits $waits, then nothing is left of it', async ({ reason, step }) => {
    const { session } = testbed;
    const job = await queue.job('true', step);
    await session.watch.waitForJob(job.id, `waiting for ${reason}`, ({ last }) => last.status?.reason === reason);
    expect(await cancel(job)).toEqual(neverStarted);
  });

  it('when its init container runs, then nothing is left of it', async () => {
    const { session } = testbed;
    const slow = { name: 'slow', image: session.info.images.busybox, command: ['sh', '-c', 'trap "exit 0" TERM; sleep 300 & wait'] };
    const job = await queue.job('true', block({ initContainers: [slow] }));
    await session.podWatch.waitFor(
      job.id,
      'in its init container',
      ({ status }) => status?.initContainerStatuses?.some(({ name, state }) => name === 'slow' && state?.running !== undefined) === true,
      60_000,
    );
    expect(await cancel(job)).toEqual(neverStarted);
  });

  it('when it waits for room in a quota, then nothing is left of it', async () => {
    const { session } = testbed;
    await using quota = await fillQuota(testbed, queue);
    const job = await queue.job('true', block(quota.settings));
    await session.watch.waitForJob(job.id, 'waiting for the quota', ({ last }) => last.status?.message?.includes(quota.name) === true);
    expect(await cancel(job)).toEqual(neverStarted);
    await quota.empty();
  });

  it('when it waits for a place, then it never has a BuildJob', async () => {
    const { session } = testbed;
    const holder = await full.job(held);
    await session.simulator.waitForJob(holder.id, 'running', jobMs);
    const job = await full.job('true');
    expect(await cancel(job)).toEqual(neverStarted);
    const next = await full.job('true');
    await release(session, holder);
    await session.simulator.waitForJob(next.id, 'finished', jobMs);
    expect(session.watch.ofJob(job.id)).toEqual([]);
  });

  it('when a whole build is cancelled, then nothing is left of all its jobs', async () => {
    const { session } = testbed;
    const jobs = await queue.jobs(8, 'true', unplaceable);
    await Promise.all(jobs.map(({ id }) => session.watch.waitForJob(id, 'waiting', ({ last }) => last.status?.reason === 'Unschedulable')));
    expect(await Promise.all(jobs.map(cancel))).toEqual(jobs.map(() => neverStarted));
  });
});

describe.concurrent('given a job that is cancelled in Buildkite while it runs', () => {
  it('when its agent hears of it, then the agent ends it', async () => {
    const { session } = testbed;
    const job = await queue.job(held);
    await session.simulator.waitForJob(job.id, 'running', jobMs);
    await session.simulator.cancelJob(job.id);
    const ended = await session.simulator.waitForJob(job.id, 'ended', jobMs);
    expect(ended).toMatchObject({ state: 'canceled', signalReason: 'cancel' });
    expect(ended.endedBy).toBeUndefined();
    const [record] = session.watch.ofJob(job.id);
    expect(record?.last.spec.cancelled).toBe(false);
  });
});
