import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { jobKindNames, stepOf } from './job-kinds.ts';
import { longestStormMs, planStorm, victims } from './storm-plan.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('the plan of a storm', () => {
  it('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(seeds, seed => {
        expect(planStorm(seed, 300)).toEqual(planStorm(seed, 300));
        expect(planStorm(seed, 300)).not.toEqual(planStorm(seed + 1, 300));
      }),
      { numRuns: 20 },
    );
  });

  it('has every kind of job, each step once, and kills each victim again and again, the API server twice', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const { builds, blows } = planStorm(seed, 300);
        const steps = builds.flatMap(build => build.steps);
        expect(new Set(steps.map(({ key }) => key)).size).toBe(300);
        expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(jobKindNames));
        for (const victim of victims) {
          const times = blows.filter(blow => blow.victim === victim).map(({ atMs }) => atMs);
          expect(times.length).toSatisfy(count => (victim === 'api-server' ? count === 2 : count >= longestStormMs / 40_000));
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('cancels the jobs that are to be cancelled, and no other', () => {
    for (const { kind, cancelAfterMs } of planStorm(1, 300).builds.flatMap(build => build.steps))
      expect(cancelAfterMs !== undefined).toBe(kind === 'cancelled');
  });

  it('tells how to have it again', () => {
    expect(describePlan(planStorm(42, 300))[0]).toContain('BUILDKITE_OPERATOR_SEED=42 pnpm e2e chaos');
  });
});

describe('a step', () => {
  it('reports its run, and leaves a mark that its text does not hold', () => {
    const step = stepOf('s', 'plain', 1, { image: 'busybox', ledgerUrl: 'http://10.0.0.1:80/runs' });
    expect(step['command']).toContain('http://10.0.0.1:80/runs/$BUILDKITE_JOB_ID');
    expect(step['command']).not.toContain('ran ');
  });

  it("may ask for more than a plain one's settings, and may get them wrong", () => {
    const settings = (kind: 'plain' | 'unknownKey' | 'missingImage') =>
      stepOf('s', kind, 1, { image: 'busybox', ledgerUrl: 'http://ledger' })['plugins'];
    expect(settings('plain')).toEqual([{ 'buildkite-operator': { image: 'busybox', checkout: { skip: true } } }]);
    expect(settings('unknownKey')).toMatchObject([{ 'buildkite-operator': { imege: 'typo' } }]);
    expect(settings('missingImage')).not.toEqual(settings('plain'));
  });
});
