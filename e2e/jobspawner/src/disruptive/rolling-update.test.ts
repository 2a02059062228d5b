import { setTimeout as delay } from 'node:timers/promises';
import type { JobView, StackView } from '@buildkite-operator/e2e-simulator';
import { LedDeployment } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from '../patience.ts';
import { ranOnce } from '../ran-once.ts';
import { stackOf } from '../stack-of.ts';
import { useQueue } from '../use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'bk-operator');

const pauseMs = 700;

/** Jobs that are not over, at most: fewer than the queue has places, so that none waits for one, however slow the machine. */
const mostOpen = 4;

async function openJobs(jobs: readonly JobView[]): Promise<number> {
  const now = await Promise.all(jobs.map(({ id }) => testbed.session.simulator.job(id)));
  return now.filter(({ state }) => state !== 'finished').length;
}

describe('given jobs that come all the time', () => {
  it.for(['jobspawner', 'controller'] as const)(
    'when the %s is updated, then each job runs once, its page says nothing, and the stack stays as it was',
    async service => {
      const { session } = testbed;
      const before = await stackOf(session, queue.key);
      const jobs: JobView[] = [];
      const states = new Set<StackView['state']>();
      const updated = new AbortController();
      const update = new LedDeployment(session, service).restart().finally(() => updated.abort());
      while (!updated.signal.aborted) {
        if ((await openJobs(jobs)) < mostOpen) jobs.push(await queue.job('sleep 1'));
        states.add((await stackOf(session, queue.key)).state);
        await delay(pauseMs);
      }
      await update;
      await Promise.all(jobs.map(({ id }) => session.simulator.waitForJob(id, 'ended', jobMs)));

      expect(jobs.length).toBeGreaterThan(5);
      expect(await ranOnce(session, jobs)).toEqual([]);
      const notices = await Promise.all(jobs.map(({ id }) => session.simulator.notifications(id)));
      expect(notices.flat().map(({ detail }) => detail)).toEqual([]);
      expect([...states]).toEqual(['connected']);
      const { id, registeredAt } = before;
      expect(await stackOf(session, queue.key)).toMatchObject({ id, registeredAt, state: 'connected' });
    },
  );
});
