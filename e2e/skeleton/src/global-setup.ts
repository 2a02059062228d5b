import { startTestbed, type TestbedInfo, type TestbedOptions } from '@buildkite-operator/e2e-testbed';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    testbed: TestbedInfo;
  }
}

/** What would take long is made quick. */
const options: TestbedOptions = {
  controller: { START_FAILURE_GRACE_SECONDS: '10' },
  simulator: { minuteMs: 6000, heartbeatIntervalSeconds: 2, lostAgentAfterMs: 15_000 },
};

/** One testbed for all files of the area; it is gone afterwards, the cluster stays. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const testbed = await startTestbed(options);
  project.provide('testbed', testbed.info);
  return () => testbed.close();
}
