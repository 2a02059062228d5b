import type { TestbedSession } from '@buildkite-operator/e2e-testbed';

/** How many agents have come to Buildkite for this job. */
export async function agentsOf({ simulator }: TestbedSession, jobId: string): Promise<number> {
  return (await simulator.agents()).filter(({ name }) => name === `bk-${jobId}`).length;
}
