import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';

/**
 * What is wrong with these jobs, which should each have passed, with one BuildJob, one pod and one agent; waits until nothing of them
 * is left.
 */
export async function ranOnce(session: TestbedSession, jobs: readonly Pick<JobView, 'id'>[], timeoutMs = 30_000): Promise<string[]> {
  const { simulator, watch, podWatch } = session;
  await session.waitForNothingLeft(
    jobs.map(({ id }) => id),
    timeoutMs,
  );
  const agents = Map.groupBy(await simulator.agents(), ({ name }) => name);
  const wrong = await Promise.all(
    jobs.map(async ({ id }) => {
      const { state, passed, exitStatus, endedBy, detail } = await simulator.job(id);
      const counts = [watch.ofJob(id).length, podWatch.ofJob(id).length, agents.get(`bk-${id}`)?.length ?? 0];
      if (passed === true && counts.every(count => count === 1)) return [];
      return [`${id}: ${JSON.stringify({ state, passed, exitStatus, endedBy, detail, counts })}`];
    }),
  );
  return wrong.flat();
}
