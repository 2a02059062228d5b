import { held, release, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from './patience.ts';
import { useQueue } from './use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'priority');

/** A job that takes the only place until `release`. */
async function takePlace() {
  const holder = await queue.job(held, { priority: 100 });
  await testbed.session.simulator.waitForJob(holder.id, 'running', jobMs);
  return holder;
}

describe('given a queue with one place, which is taken', () => {
  it('when a job of higher priority comes behind 3,000 older ones, then it is the next to start', async () => {
    const { simulator } = testbed.session;
    const holder = await takePlace();
    const [first] = await queue.jobs(3000, 'true');
    const urgent = await queue.job('true', { priority: 5 });
    await release(testbed.session, holder);
    await simulator.waitForJob(urgent.id, 'ended', jobMs);

    const { timeline } = await simulator.job(urgent.id);
    const older = (await simulator.build(first?.buildId ?? '')).jobs;
    expect(older).toHaveLength(3000);
    expect(older.filter(job => (job.timeline.reservedAt ?? Infinity) <= (timeline.reservedAt ?? -Infinity))).toEqual([]);
    await simulator.cancelBuild(first?.buildId ?? '');
  });

  it('when jobs of several priorities wait, then they run by priority, and by age where that is the same', async () => {
    const { simulator } = testbed.session;
    const holder = await takePlace();
    const waiting = [];
    for (const priority of [0, 2, 1, 0, 2, -1]) waiting.push(await queue.job('true', { priority }));
    await release(testbed.session, holder);
    const ended = await Promise.all(waiting.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    const order = ended
      .map(({ timeline, priority }, index) => ({ priority, index, at: timeline.startedAt ?? Infinity }))
      .sort((one, other) => one.at - other.at);
    expect(order.map(({ priority, index }) => [priority, index])).toEqual([
      [2, 1],
      [2, 4],
      [1, 2],
      [0, 0],
      [0, 3],
      [-1, 5],
    ]);
  });
});
