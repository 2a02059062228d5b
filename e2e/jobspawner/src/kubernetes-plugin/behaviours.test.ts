import { describe, expect, it } from 'vitest';
import { behaviourCases } from './cases/behaviour-cases.ts';
import { refusedByCluster, refusedSteps } from './cases/refused-steps.ts';
import { kubernetes } from './cases/steps.ts';
import { expectCase, expectRefusal } from './expect-case.ts';
import { StepsUnderTest } from './steps-under-test.ts';

const steps = new StepsUnderTest();

describe.concurrent('given a step', () => {
  it.each(behaviourCases)('with $given, when its job runs, then it is as its pipeline relies on', async sample => {
    const seen = await steps.run(sample.step(steps.world), sample.meanwhile);
    expect(seen.buildJob).toBeDefined();
    expectCase(sample, seen, steps.world);
  });

  it.each(refusedSteps)('with $given, then the job fails and its page says why', async ({ step, says }) => {
    const seen = await steps.run({ command: 'true', ...step });
    expect(seen.buildJob).toBeUndefined();
    expectRefusal(seen, says);
  });

  it.each(refusedByCluster)('with $given, then the job fails and its page says why', async ({ step, says }) => {
    const seen = await steps.run({ command: 'true', ...step });
    expect(seen.pod).toBeUndefined();
    expectRefusal(seen, says);
  });

  it('whose command fails, when it has artifacts, then they are uploaded, and the exit code is the command’s', async () => {
    const { job, log } = await steps.run({
      command: 'mkdir out; echo kept >out/kept.txt; exit 3',
      artifact_paths: 'out/*.txt',
      plugins: kubernetes({}),
    });
    expect(job, log).toMatchObject({ passed: false, exitStatus: 3 });
    const { simulator } = steps.testbed.session;
    const artifacts = (await simulator.artifacts(job.buildId)).filter(({ jobId }) => jobId === job.id);
    expect(artifacts).toEqual([expect.objectContaining({ path: 'out/kept.txt', state: 'finished' })]);
    const [artifact] = artifacts;
    expect((await simulator.artifactBytes(artifact?.id ?? '')).toString()).toBe('kept\n');
  });
});
