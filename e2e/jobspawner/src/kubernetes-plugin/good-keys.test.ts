import { describe, expect, it } from 'vitest';
import { goodCases } from './cases/index.ts';
import { expectCase } from './expect-case.ts';
import { StepsUnderTest } from './steps-under-test.ts';

const steps = new StepsUnderTest();

describe.concurrent('given a kubernetes plugin', () => {
  it.each(goodCases)('with $given, when the job runs, then its keys have their effect', async sample => {
    const seen = await steps.run(sample.step(steps.world), sample.meanwhile);
    expect(seen.buildJob !== undefined || seen.job.endedBy === 'stack').toBe(true);
    expectCase(sample, seen, steps.world);
  });
});
