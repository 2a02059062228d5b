import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { mostAtOnce } from './most-at-once.ts';
import { jobMs } from './patience.ts';
import { ranOnce } from './ran-once.ts';
import { block, useQueue } from './use-queue.ts';

const testbed = useTestbed();
const backlog = useQueue(testbed, 'backlog');
const renewed = useQueue(testbed, 'renewed');

describe.concurrent('given reservations of 30 s', () => {
  it('when 60 jobs wait for 2 places far longer than that, then none is lost, and there are never more than 2 at once', async () => {
    const { simulator } = testbed.session;
    const jobs = await backlog.jobs(60, 'echo "job $BUILDKITE_PARALLEL_JOB"');
    const ended = await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', 2 * jobMs)));
    expect(await ranOnce(testbed.session, jobs)).toEqual([]);
    expect(mostAtOnce(ended)).toBe(2);
  }, 600_000);

  it('when jobs take longer than that to start, then they are kept for us, and run', async () => {
    const { simulator, info } = testbed.session;
    const slow = { name: 'slow', image: info.images.busybox, command: ['sleep', '50'] };
    const jobs = await renewed.jobs(4, 'true', block({ initContainers: [slow] }));
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(testbed.session, jobs)).toEqual([]);
  });
});
