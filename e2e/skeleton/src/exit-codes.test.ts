import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

describe.concurrent('given a command that ends with an exit code', () => {
  it.concurrent.for([0, 1, 42, 137, 255])('when it is %i, then status and Buildkite have it as it is', async code => {
    const { job, record } = await testbed.run(`exit ${code}`);
    expect(job).toMatchObject({ state: 'finished', exitStatus: code, passed: code === 0 });
    expect(record.last.status).toMatchObject({
      phase: code === 0 ? 'Succeeded' : 'Failed',
      reason: code === 0 ? 'Completed' : 'ExitCode',
      exitCode: code,
    });
  });
});

describe.concurrent('given a script of several lines', () => {
  it.concurrent('when one of them fails, then the rest is not run and its exit code is the job’s', async () => {
    const { job, record } = await testbed.run('echo fir"st"\n(exit 3)\necho ne"ver"');
    expect(job.exitStatus).toBe(3);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 3 });
    const log = (await testbed.log(job.id)).toString();
    expect(log).toContain('first');
    expect(log).not.toContain('never');
  });
});

describe.concurrent('given a command that a signal ends', () => {
  it.concurrent.for([
    { signal: 'TERM', code: 143 },
    { signal: 'KILL', code: 137 },
  ])('when it is SIG$signal, then the exit code is $code, as a shell counts it', async ({ signal, code }) => {
    const { job, record } = await testbed.run(`sh -c 'kill -${signal} $$'`);
    expect(job).toMatchObject({ state: 'finished', exitStatus: code, passed: false });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: code });
  });

  it.concurrent('when the shell itself is killed, then the job fails with the same exit code on both sides', async () => {
    const { job, record } = await testbed.run('kill -KILL $$');
    expect(job).toMatchObject({ state: 'finished', passed: false });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: job.exitStatus });
  });
});

describe.concurrent('given a command that does not exist', () => {
  it.concurrent('when it is run, then the exit code is 127', async () => {
    const { job, record } = await testbed.run('no-such-program --help');
    expect(job.exitStatus).toBe(127);
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 127 });
  });
});
