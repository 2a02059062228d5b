import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { agentsOf } from '../agents-of.ts';
import { useQueue } from '../use-queue.ts';
import { unplaceable } from '../waiting-steps.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'cancelled');

/** How long Buildkite and the cluster may differ about a job that is over, while nothing else runs. */
const atOnceMs = 5000;

describe('given jobs that wait for a node, and nothing else', () => {
  it('when they are cancelled in Buildkite, then nothing is left of them within 5 s, and no agent has asked for them', async () => {
    const { session } = testbed;
    const jobs = await queue.jobs(3, 'true', unplaceable);
    const ids = jobs.map(({ id }) => id);
    await Promise.all(ids.map(id => session.watch.waitForJob(id, 'waiting', ({ last }) => last.status?.reason === 'Unschedulable')));
    await session.simulator.cancelBuild(jobs[0]?.buildId ?? '');
    await session.waitForNothingLeft(ids, atOnceMs);
    expect(await Promise.all(ids.map(id => agentsOf(session, id)))).toEqual([0, 0, 0]);
  });
});
