import { type BuildView, WaitTimeout } from '@buildkite-operator/e2e-simulator';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';

/** Waits until the build has ended. Throws with how each job stands that has not, here and in Buildkite. */
export async function buildEnded({ simulator, watch }: TestbedSession, id: string, timeoutMs: number): Promise<BuildView> {
  try {
    return await simulator.waitForBuild(id, ['passed', 'failed', 'canceled'], timeoutMs);
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const open = (await simulator.build(id)).jobs.filter(({ type, timeline }) => type === 'script' && timeline.finishedAt === undefined);
    const lines = open.map(job => {
      const { phase, reason, message } = watch.ofJob(job.id).at(-1)?.last.status ?? {};
      return `${job.stepKey} (${job.id}): ${job.state}; BuildJob: ${phase} ${reason ?? ''} ${message ?? ''}`;
    });
    throw new Error(`the build has not ended after ${timeoutMs / 1000} s:\n${lines.join('\n')}`, { cause: error });
  }
}
