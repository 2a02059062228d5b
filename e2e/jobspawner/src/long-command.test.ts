import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobMs } from './patience.ts';
import { ranOnce } from './ran-once.ts';
import { block, useQueue } from './use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'long-commands');

/** A script whose end is these lines; Buildkite repeats all of it in a variable. */
function script(bytes: number, ...end: readonly string[]): string {
  return [`: ${'x'.repeat(bytes)}`, ...end].join('\n');
}

async function logOf(jobId: string): Promise<string> {
  return (await testbed.session.simulator.jobLog(jobId, { strip: true })).toString();
}

describe.concurrent('given a job with a command that no process can be given in a variable', () => {
  it.for([131_072, 300_000, 990_000])('when it has %i bytes, then it runs to its end, once', async bytes => {
    const { session } = testbed;
    const job = await queue.job(script(bytes, 'echo "at the end; script: ${BUILDKITE_SCRIPT_PATH:-none}"'), block());
    await session.simulator.waitForJob(job.id, 'ended', jobMs);
    expect(await ranOnce(session, [job])).toEqual([]);
    expect(await logOf(job.id)).toContain('at the end; script: none');
  });

  it('when it fails, then the job has its exit code', async () => {
    const { session } = testbed;
    const job = await queue.job(script(300_000, 'exit 42'), block());
    expect(await session.simulator.waitForJob(job.id, 'ended', jobMs)).toMatchObject({ state: 'finished', exitStatus: 42 });
    await session.waitForNothingLeft([job.id]);
  });

  it('when it is cancelled while it runs, then the agent ends it', async () => {
    const { session } = testbed;
    const job = await queue.job(script(300_000, 'echo be"gun"', 'sleep 300'), block());
    await session.simulator.waitForLog(job.id, 'begun', jobMs);
    await session.simulator.cancelJob(job.id);
    expect(await session.simulator.waitForJob(job.id, 'ended', jobMs)).toMatchObject({ state: 'canceled', signalReason: 'cancel' });
    await session.waitForNothingLeft([job.id]);
  });

  it('when it is the second of two containers, then both run', async () => {
    const { session } = testbed;
    const image = session.info.images.busybox;
    const containers = [
      { name: 'first', image, command: ['echo the first'] },
      { name: 'second', image },
    ];
    const job = await queue.job(script(300_000, 'echo the second'), {
      plugins: [{ kubernetes: { checkout: { skip: true }, podSpec: { containers } } }],
    });
    expect(await session.simulator.waitForJob(job.id, 'ended', jobMs)).toMatchObject({ state: 'finished', passed: true });
    const log = await logOf(job.id);
    for (const line of ['the first', 'the second']) expect(log).toContain(`\n${line}`);
    await session.waitForNothingLeft([job.id]);
  });
});
