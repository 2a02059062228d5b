import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from '../patience.ts';
import { ranOnce } from '../ran-once.ts';
import { stackOf } from '../stack-of.ts';
import { useQueue } from '../use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'bk-operator');

/** Writes the agent token to the Secret, as an administrator does. */
async function writeToken({ kubectl, info }: TestbedSession, token: string): Promise<void> {
  const patch = JSON.stringify({ stringData: { BUILDKITE_AGENT_TOKEN: token } });
  await kubectl(['patch', 'secret', 'buildkite-agent-token', '--namespace', info.namespace, '--type=merge', '--patch', patch]);
}

describe('given a new agent token in the Secret', () => {
  it('when the old one is revoked, then the jobspawner goes on with the new one, without a restart', async () => {
    const { session } = testbed;
    const { simulator, info } = session;
    const before = await stackOf(session, queue.key);
    const token = await simulator.createToken();
    try {
      await writeToken(session, token);
      await simulator.revokeToken(info.agentToken);
      const jobs = await queue.jobs(5, 'true');
      // The kubelet brings a changed Secret to a running pod within about a minute.
      await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
      expect(await ranOnce(session, jobs)).toEqual([]);
      expect(await stackOf(session, queue.key)).toMatchObject({ key: before.key, state: 'connected' });
    } finally {
      await simulator.createToken(undefined, info.agentToken);
      await writeToken(session, info.agentToken);
    }
  });
});
