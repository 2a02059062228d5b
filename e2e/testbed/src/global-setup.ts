import type { TestProject } from 'vitest/node';
import { watchLeftBehind } from './left-behind.ts';
import { startTestbed, type TestbedOptions } from './start-testbed.ts';

/**
 * vitest's global setup of an area: one testbed for all of its files, which is gone afterwards; the cluster stays. What tests have left
 * behind fails the run.
 */
export function testbedSetup(options: TestbedOptions): (project: TestProject) => Promise<() => Promise<void>> {
  return async project => {
    const testbed = await startTestbed(options);
    const leftBehind = await watchLeftBehind(testbed);
    project.provide('testbed', testbed.info);
    return async () => {
      const left = await leftBehind();
      await testbed.close();
      if (left.length > 0) throw new Error(`the tests have left behind: ${left.join(', ')}`);
    };
  };
}
