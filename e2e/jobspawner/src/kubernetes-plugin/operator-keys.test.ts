import { describe, expect, it } from 'vitest';
import { operatorCases } from './cases/operator-cases.ts';
import { operatorRefusals } from './cases/operator-refusals.ts';
import { expectCase, expectRefusal } from './expect-case.ts';
import { StepsUnderTest } from './steps-under-test.ts';

const steps = new StepsUnderTest();

describe.concurrent('given a buildkite-operator plugin', () => {
  it.each(operatorCases)('with $given, when the job runs, then its keys have their effect', async sample => {
    const seen = await steps.run(sample.step(steps.world));
    expect(seen.buildJob).toBeDefined();
    expectCase(sample, seen, steps.world);
  });

  it.each(operatorRefusals)('with a wrong $key, then the job fails and its page names it', async ({ step, says }) => {
    const seen = await steps.run({ command: 'true', ...step });
    expect(seen.buildJob).toBeUndefined();
    expectRefusal(seen, says);
  });
});
