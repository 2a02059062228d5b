import { clusterStatus, stopCluster } from '@buildkite-operator/e2e-cluster';
import { interruptionSignal, requireLocalClusterSystem, say, unlessAborted } from '@buildkite-operator/e2e-setup';
import { startTestbed, type TestbedInfo, type TestbedOptions, TestbedSession } from '@buildkite-operator/e2e-testbed';

/**
 * Measures on a testbed of its own on the local cluster. Whether the measuring ends, fails or is interrupted, the testbed is taken away again,
 * and the cluster with it where this has started it.
 */
export async function onTestbed(options: TestbedOptions, measure: (session: TestbedSession) => Promise<void>): Promise<void> {
  const signal = interruptionSignal();
  await requireLocalClusterSystem();
  const wasUp = (await clusterStatus()).health !== 'down';
  try {
    // Not left halfway: what went on installing would come after the removal.
    const testbed = await startTestbed(options);
    try {
      await measureIn(testbed.info, measure, signal);
    } finally {
      await testbed.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say(`\nNothing more is measured: ${signal.reason instanceof Error ? signal.reason.message : 'interrupted'}.`);
    process.exitCode = 130;
  } finally {
    if (!wasUp) await stopCluster();
  }
}

async function measureIn(info: TestbedInfo, measure: (session: TestbedSession) => Promise<void>, signal: AbortSignal): Promise<void> {
  const session = await TestbedSession.connect(info);
  try {
    await unlessAborted(measure(session), signal);
  } finally {
    await session.close();
  }
}
