import { reasonNames } from '@buildkite-operator/crds';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { endingCases } from './endings/index.ts';
import { produceEnding } from './produce-ending.ts';

const testbed = useTestbed();

const byReason = reasonNames.map(reason => ({ reason, cases: endingCases.filter(candidate => candidate.reason === reason) }));

describe.concurrent.each(byReason)('a job ends as $reason', ({ cases }) => {
  it.each(cases)('when $cause', async ending => {
    expect(await produceEnding(testbed, ending)).toBe(true);
  });
});

describe('the table of endings', () => {
  it('has a real cause for every reason there is', () => {
    expect(byReason.filter(({ cases }) => cases.length === 0)).toEqual([]);
  });
});
