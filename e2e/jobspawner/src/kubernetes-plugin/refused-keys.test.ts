import { describe, expect, it } from 'vitest';
import { refusedValues } from './cases/refused-values.ts';
import { expectRefusal } from './expect-case.ts';
import { StepsUnderTest } from './steps-under-test.ts';

const steps = new StepsUnderTest();

describe.concurrent('given a kubernetes plugin', () => {
  it.each(refusedValues)('with a wrong $key, then the job fails and its page names it', async ({ step, says }) => {
    const seen = await steps.run({ command: 'true', ...step });
    expect(seen.buildJob).toBeUndefined();
    expectRefusal(seen, says);
  });
});
