import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from './patience.ts';
import { queues } from './queues.ts';
import { ranOnce } from './ran-once.ts';
import { stackOf } from './stack-of.ts';
import { useQueue } from './use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'registration');

describe('given several queues that one deployment follows', () => {
  it('when Buildkite is asked, then each has one stack, which is connected and called after the installation and the queue', async () => {
    const stacks = await Promise.all(queues.map(key => stackOf(testbed.session, key)));
    expect(stacks.map(({ state }) => state)).toEqual(queues.map(() => 'connected'));
    expect(new Set(stacks.map(({ key }) => key)).size).toBe(queues.length);
    expect(stacks.filter(({ key, queue }) => !key.endsWith(queue))).toEqual([]);
  });

  it('when a stack is deregistered from outside, then it is registered again under its key, and jobs go on', async () => {
    const { simulator } = testbed.session;
    const before = await stackOf(testbed.session, queue.key);
    await simulator.forgetStack(before.key);
    const jobs = await queue.jobs(3, 'true');
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(testbed.session, jobs)).toEqual([]);
    const after = await stackOf(testbed.session, queue.key);
    expect(after).toMatchObject({ key: before.key, state: 'connected' });
    expect(after.id).not.toBe(before.id);
  });
});
