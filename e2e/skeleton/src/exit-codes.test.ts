import { describe, expect, it } from 'vitest';
import { useTestbed } from './use-testbed.ts';

const testbed = useTestbed();

describe('given a command that ends with an exit code', () => {
  it.for([0, 1, 42, 137])('when it is %i, then status and Buildkite have it as it is', async code => {
    const { job, record } = await testbed.run(`exit ${code}`);
    expect(job).toMatchObject({ state: 'finished', exitStatus: code, passed: code === 0 });
    expect(record.last.status).toMatchObject({
      phase: code === 0 ? 'Succeeded' : 'Failed',
      reason: code === 0 ? 'Completed' : 'ExitCode',
      exitCode: code,
    });
  });
});
