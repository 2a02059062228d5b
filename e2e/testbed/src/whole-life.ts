import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { BuildJobRecord } from './build-job-watch.ts';
import type { TestbedSession } from './connect-testbed.ts';
import { outcome } from './job-samples.ts';

/** All that came of a job, on both sides, once nothing of it is left. */
export async function wholeLife(session: TestbedSession, job: JobView, record: BuildJobRecord) {
  await session.waitForNothingLeft([job.id]);
  const { simulator, podWatch } = session;
  const agents = await simulator.agents();
  return {
    status: record.last.status,
    job: outcome(await simulator.job(job.id)),
    /** How many pods it had, and how many agents came to Buildkite for it. */
    pods: podWatch.ofJob(job.id).length,
    agents: agents.filter(({ name }) => name === `bk-${job.id}`).length,
  };
}
