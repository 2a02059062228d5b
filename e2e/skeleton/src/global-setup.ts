import { startTestbed, type TestbedInfo } from '@buildkite-operator/e2e-testbed';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    testbed: TestbedInfo;
  }
}

/** Settings of the controller under test: what would take long is made quick. */
const settings = { START_FAILURE_GRACE_SECONDS: '10' };

/** One testbed for all files of the area; it is gone afterwards, the cluster stays. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const testbed = await startTestbed(settings);
  project.provide('testbed', testbed.info);
  return () => testbed.close();
}
