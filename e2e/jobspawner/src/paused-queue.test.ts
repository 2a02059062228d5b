import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from './patience.ts';
import { ranOnce } from './ran-once.ts';
import { pollsOf, waitForPolls } from './stack-of.ts';
import { useQueue } from './use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'paused');

describe('given a paused queue', () => {
  it('when jobs come, then none is started while it is paused, and all at once when it goes on', async () => {
    const { session } = testbed;
    const { simulator } = session;
    await simulator.pauseQueue(queue.key);
    await waitForPolls(session, queue.key, (await pollsOf(session, queue.key)) + 2);
    const jobs = await queue.jobs(4, 'true');
    await waitForPolls(session, queue.key, (await pollsOf(session, queue.key)) + 5);
    const waiting = await Promise.all(jobs.map(({ id }) => simulator.job(id)));
    expect(waiting.filter(({ state, timeline }) => state !== 'scheduled' || timeline.reservedAt !== undefined)).toEqual([]);
    expect(jobs.flatMap(({ id }) => session.watch.ofJob(id))).toEqual([]);

    await simulator.resumeQueue(queue.key);
    await Promise.all(jobs.map(({ id }) => session.watch.waitForJob(id, 'made', () => true)));
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(session, jobs)).toEqual([]);
  });
});
