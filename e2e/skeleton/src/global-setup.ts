import { startTestbed, type TestbedInfo, type TestbedOptions } from '@buildkite-operator/e2e-testbed';
import type { TestProject } from 'vitest/node';
import { watchLeftBehind } from './left-behind.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testbed: TestbedInfo;
  }
}

/** What would take long is made quick; but the kubelet itself tries a container that could not be made only every 10 s or so. */
const options: TestbedOptions = {
  controller: { START_FAILURE_GRACE_SECONDS: '25' },
  simulator: { minuteMs: 6000, heartbeatIntervalSeconds: 2, lostAgentAfterMs: 15_000 },
};

/** One testbed for all files of the area; it is gone afterwards, the cluster stays. What tests have left behind fails the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const testbed = await startTestbed(options);
  const leftBehind = await watchLeftBehind(testbed);
  project.provide('testbed', testbed.info);
  return async () => {
    const left = await leftBehind();
    await testbed.close();
    if (left.length > 0) throw new Error(`the tests have left behind: ${left.join(', ')}`);
  };
}
