import { setTimeout as delay } from 'node:timers/promises';
import { held, release, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { fillQuota } from './fill-quota.ts';
import { jobMs } from './patience.ts';
import { block, useQueue } from './use-queue.ts';
import { unplaceable, unpullable } from './waiting-steps.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'notices');
const full = useQueue(testbed, 'full-of-notices');

async function lines(jobId: string): Promise<string[]> {
  return (await testbed.session.simulator.notifications(jobId)).map(({ detail }) => detail);
}

/** Waits until the job's page in Buildkite has a line that says all of this. */
async function waitForNotice(jobId: string, ...words: string[]): Promise<void> {
  const deadline = Date.now() + jobMs;
  for (;;) {
    const details = await lines(jobId);
    if (details.some(detail => words.every(word => detail.includes(word)))) return;
    if (Date.now() > deadline) throw new Error(`no line of job ${jobId} says "${words.join(' … ')}"; it has: ${details.join(' | ')}`);
    await delay(200);
  }
}

/** A leader says a thing once; it may have lost its lease on a slow machine, and the next one does not know what was said. */
const mostLeaders = 2;

/** The lines that say of a topic, which is what stands before the colon, what others have said of it. */
async function repeated(jobId: string): Promise<string[]> {
  const topics = Map.groupBy(await lines(jobId), line => line.split(':', 1)[0]);
  return [...topics.values()].filter(same => same.length > mostLeaders).flat();
}

describe.concurrent('given a job that waits', () => {
  it.for([
    { what: 'a node', step: unplaceable, says: 'Waiting for a node: ' },
    { what: 'its image', step: unpullable, says: 'Waiting for an image: ' },
  ])('when it waits for $what, then its page says so', async ({ step, says }) => {
    const job = await queue.job('true', step);
    await waitForNotice(job.id, says);
    await testbed.session.simulator.waitForJob(job.id, 'ended', jobMs);
    expect(await repeated(job.id)).toEqual([]);
  });

  it('when it waits for room in a quota, then its page says so', async () => {
    const { session } = testbed;
    await using quota = await fillQuota(testbed, queue);
    const job = await queue.job('true', block(quota.settings));
    await waitForNotice(job.id, 'Waiting for room in the quota: ', quota.name);
    await quota.empty();
    await session.simulator.waitForJob(job.id, 'finished', jobMs);
    expect(await repeated(job.id)).toEqual([]);
  });

  it('when no place is free for it, then its page says so', async () => {
    const { session } = testbed;
    const holder = await full.job(held);
    await session.simulator.waitForJob(holder.id, 'running', jobMs);
    const job = await full.job('true');
    await waitForNotice(job.id, 'place');
    await release(session, holder);
    await session.simulator.waitForJob(job.id, 'finished', jobMs);
    expect(await repeated(job.id)).toEqual([]);
  });
});

describe.concurrent('given a job that runs', () => {
  it('when it is killed for its memory, then its page says so', async () => {
    const job = await queue.job('tail /dev/zero', block({ resources: { limits: { memory: '256Mi' } } }));
    const { simulator, watch } = testbed.session;
    const { endedBy, exitStatus } = await simulator.waitForJob(job.id, 'ended', jobMs);
    const { last } = await watch.waitForJob(job.id, 'over', ({ last }) => last.status?.finishedTime !== undefined);
    expect({ endedBy, exitStatus, reason: last.status?.reason }).toEqual({ endedBy: undefined, exitStatus: 137, reason: 'OOMKilled' });
    await waitForNotice(job.id, 'Out of memory: ');
    expect(await repeated(job.id)).toEqual([]);
  });

  it('when nothing befalls it, then its page says nothing', async () => {
    const job = await queue.job('true');
    await testbed.session.simulator.waitForJob(job.id, 'finished', jobMs);
    await testbed.session.waitForNothingLeft([job.id]);
    expect(await testbed.session.simulator.notifications(job.id)).toEqual([]);
  });
});
