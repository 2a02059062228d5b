import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from './patience.ts';
import { ranOnce } from './ran-once.ts';
import { useQueue } from './use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'foreign');

/** As many jobs as fill the first pages of the list, with a tag that the operator does not carry, for the whole of each test. */
const foreign = 1100;

describe('given a queue with more than 1,000 jobs for agents of others at its head', () => {
  it.for([
    { what: 'no further tag', agents: {} },
    { what: 'a tag that the operator carries', agents: { region: 'north' } },
    { what: 'a tag with any value', agents: { region: '*' } },
  ])('when jobs with $what come, then they run, and those of others are left alone', async ({ agents }) => {
    const { simulator } = testbed.session;
    const [first] = await queue.jobs(foreign, 'true', { agents: { os: 'windows' } });
    const ours = await queue.jobs(3, 'true', { agents });
    await Promise.all(ours.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(testbed.session, ours)).toEqual([]);
    const others = (await simulator.build(first?.buildId ?? '')).jobs;
    expect(others).toHaveLength(foreign);
    expect(others.filter(({ state, timeline }) => state !== 'scheduled' || timeline.reservedAt !== undefined)).toEqual([]);
  });

  it('when a job has a tag of ours with another value, then it is left alone, too', async () => {
    const { simulator } = testbed.session;
    const elsewhere = await queue.job('true', { agents: { region: 'south' } });
    const ours = await queue.job('true', { agents: { region: 'north' } });
    await simulator.waitForJob(ours.id, 'ended', jobMs);
    const { state, timeline } = await simulator.job(elsewhere.id);
    expect({ state, reservedAt: timeline.reservedAt }).toEqual({ state: 'scheduled', reservedAt: undefined });
  });
});
