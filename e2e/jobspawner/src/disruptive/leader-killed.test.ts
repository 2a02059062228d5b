import { LedDeployment } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from '../patience.ts';
import { ranOnce } from '../ran-once.ts';
import { stackOf } from '../stack-of.ts';
import { useQueue } from '../use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'renewed');

/** How long nobody may see to the queues. */
const failoverMs = 15_000;

describe('given jobs that run and more that wait for their places', () => {
  it('when the leading jobspawner gets SIGKILL, then another leads within 15 s, and each job runs once', async () => {
    const { session } = testbed;
    const { simulator } = session;
    const jobspawner = new LedDeployment(session, 'jobspawner');
    const leader = await jobspawner.waitForLeader();
    const before = await stackOf(session, queue.key);
    const jobs = await queue.jobs(24, 'sleep 1');
    await simulator.waitForJob(jobs[0]?.id ?? '', ['running', 'finished'], jobMs);

    await jobspawner.replace(leader);
    await jobspawner.waitForLeader(name => name !== leader, failoverMs);
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));

    expect(await ranOnce(session, jobs)).toEqual([]);
    const { id, registeredAt } = before;
    expect(await stackOf(session, queue.key)).toMatchObject({ id, registeredAt, state: 'connected' });
  });

  it('when every jobspawner is away for longer than the reservations, then all goes on once they are back', async () => {
    const { session } = testbed;
    const { simulator } = session;
    const jobspawner = new LedDeployment(session, 'jobspawner');
    // Pods that are on their way while nobody is there to renew their reservations acquire all the same, and rightly so.
    testbed.expectBreaches(({ kind }) => kind === 'acquired-without-reservation');
    const jobs = await queue.jobs(14, 'sleep 2');
    await simulator.waitForJob(jobs[0]?.id ?? '', ['running', 'finished'], jobMs);
    await jobspawner.stopDead();
    await simulator.expireReservations();
    await jobspawner.start();
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(session, jobs)).toEqual([]);
  });
});
