import { setTimeout as delay } from 'node:timers/promises';
import { LedDeployment, restartApiServer } from '@buildkite-operator/e2e-testbed';
import { runs, seededRandom, useTestbed, wholeLife } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

/** Job number n runs for a short time and ends with this exit code. */
const exitCodeOf = (n: number) => [0, 1, 0, 42][n % 4] ?? 0;

/** Runs so many jobs at once, whose BuildJobs stay for a while after their end; gives what came of each, in order. */
async function runJobs(count: number, ttlSecondsAfterFinished = 0): Promise<Awaited<ReturnType<typeof wholeLife>>[]> {
  const { session } = testbed;
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const job = await testbed.createJob(runs(`sleep ${n % 5}; exit ${exitCodeOf(n)}`));
      const buildJob = await testbed.start(job, { ttlSecondsAfterFinished });
      const { record } = await session.waitForBothEnds(job, buildJob, 240_000);
      return wholeLife(session, job, record);
    }),
  );
}

/** Each as it should be: run once, with its own exit code on both sides. */
function expected(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    status: { reason: exitCodeOf(n) === 0 ? 'Completed' : 'ExitCode', exitCode: exitCodeOf(n) },
    job: { state: 'finished', exitStatus: exitCodeOf(n), endedBy: 'agent' },
    pods: 1,
    agents: 1,
  }));
}

/** Disturbs again and again until the jobs are over, or `atMost` times; gives what came of them and how often it was disturbed. */
async function disturbedJobs(count: number, atMost: number, disturb: () => Promise<void>, ttlSecondsAfterFinished?: number) {
  const over = new AbortController();
  const jobs = runJobs(count, ttlSecondsAfterFinished).finally(() => over.abort());
  let rounds = 0;
  const disturbing = (async () => {
    while (!over.signal.aborted && rounds < atMost) {
      await disturb();
      rounds += 1;
    }
  })();
  const [lives] = await Promise.all([jobs, disturbing]);
  return { lives, rounds };
}

describe('given many jobs at once', () => {
  it('when the leader is killed by SIGKILL every few seconds, then each runs exactly once', async () => {
    const controllers = new LedDeployment(testbed.session, 'controller');
    const random = seededRandom(20_261_124);
    const { lives, rounds } = await disturbedJobs(20, 5, async () => {
      await delay(1000 + random() * 4000);
      await controllers.replace(await controllers.waitForLeader());
    });
    expect(lives).toMatchObject(expected(20));
    expect(rounds).toBeGreaterThanOrEqual(2);
    await controllers.waitForRollout();
  });

  it('when the API server is killed by SIGKILL and comes back every few seconds, then each runs exactly once', async () => {
    const random = seededRandom(7);
    const restart = async () => {
      await delay(2000 + random() * 4000);
      await restartApiServer();
    };
    // Finished BuildJobs stay for longer than the watch of this test is cut off, so that it sees each end.
    const { lives, rounds } = await disturbedJobs(12, 3, restart, 45);
    expect(lives).toMatchObject(expected(12));
    expect(rounds).toBeGreaterThanOrEqual(2);
    await new LedDeployment(testbed.session, 'controller').waitForRollout();
  });

  it('when the Deployment is rolled out anew again and again, then each runs exactly once and no leader is waited for', async () => {
    const controllers = new LedDeployment(testbed.session, 'controller');
    const { lives, rounds } = await disturbedJobs(12, 3, () => controllers.restart());
    expect(lives).toMatchObject(expected(12));
    expect(rounds).toBeGreaterThanOrEqual(1);
  });

  it("when the leader's pod is deleted, then the other replica takes over and no job is disturbed", async () => {
    const controllers = new LedDeployment(testbed.session, 'controller');
    const first = await controllers.waitForLeader();
    const deleteLeader = async () => {
      await delay(1000);
      await testbed.session.kubectl(['delete', 'pod', first, '-n', testbed.session.info.namespace, '--wait=false']);
      return controllers.waitForLeader(name => name !== first);
    };
    const [lives, second] = await Promise.all([runJobs(6), deleteLeader()]);
    expect(second).not.toBe(first);
    expect(lives).toMatchObject(expected(6));
    await controllers.waitForRollout();
  });
});
