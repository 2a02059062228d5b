import { createHash, randomUUID } from 'node:crypto';
import type { SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { marked, outputIn } from './job-output.ts';
import { startShakyServer } from './shaky-server.ts';

const testbed = useTestbed();

type FaultRequest = Parameters<SimulatorClient['addFault']>[0];
type Trouble = FaultRequest['action'];

const troubles: readonly { readonly what: string; readonly action: Trouble }[] = [
  { what: 'answers 500', action: { type: 'status', status: 500 } },
  { what: 'cuts the connection', action: { type: 'drop' } },
  { what: 'loses its answer', action: { type: 'lost-answer' } },
];

/** Lets the first calls of this kind for the job fail; gives how to ask how many did. */
async function trouble(jobId: string, method: string, route: string, action: Trouble, times: number): Promise<() => Promise<number>> {
  const { simulator } = testbed.session;
  const { id } = await simulator.addFault({ match: { method, route, jobId }, action, times });
  return async () => (await simulator.faults()).find(fault => fault.id === id)?.hit ?? 0;
}

describe.concurrent('given a Buildkite that stumbles while it takes the log', () => {
  it.concurrent.for(troubles)('when it $what, then the output arrives byte for byte all the same', async ({ action }) => {
    const job = await testbed.createJob(
      marked('head -c 1000000 /dev/urandom >/tmp/random\nsha256sum </tmp/random\ncat /tmp/random\nsleep 2\nprintf later'),
    );
    const hits = await trouble(job.id, 'POST', 'jobs/*/chunks', action, 2);
    const { job: finished } = await testbed.finish(job);
    expect(finished).toMatchObject({ passed: true, exitStatus: 0 });
    const output = outputIn(await testbed.log(job.id));
    const bytes = output.subarray(68, -5);
    expect(output.subarray(-5).toString()).toBe('later');
    expect(bytes).toHaveLength(1_000_000);
    expect(output.subarray(0, 64).toString()).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await hits()).toBe(2);
  });
});

describe.concurrent('given a Buildkite that stumbles over calls for a job', () => {
  const calls = [
    { call: 'acquire', method: 'PUT', route: 'jobs/*/acquire' },
    { call: 'start', method: 'PUT', route: 'jobs/*/start' },
    { call: 'finish', method: 'PUT', route: 'jobs/*/finish' },
  ];
  it.concurrent.for(calls.flatMap(call => troubles.map(trouble => ({ ...call, ...trouble }))))(
    'when it $what to $call, then the job runs once and both sides have its exit code',
    async ({ method, route, action }) => {
      const job = await testbed.createJob('echo ra"n"\nexit 6');
      const hits = await trouble(job.id, method, route, action, 1);
      const { job: finished, record } = await testbed.finish(job);
      expect(finished).toMatchObject({ state: 'finished', exitStatus: 6 });
      expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 6 });
      expect((await testbed.log(job.id)).toString().match(/^ran$/gm)).toHaveLength(1);
      expect(await hits()).toBe(1);
    },
  );
});

describe.concurrent('given a Buildkite that stumbles over artifacts', () => {
  it.concurrent.for([
    { call: 'announced', method: 'POST' },
    { call: 'declared finished', method: 'PUT' },
  ])('when it fails as they are $call, then they arrive all the same', async ({ method }) => {
    const job = await testbed.createJob('echo content >file.txt', { step: { artifact_paths: '*.txt' } });
    const hits = await trouble(job.id, method, 'jobs/*/artifacts', { type: 'status', status: 503 }, 2);
    const { job: finished } = await testbed.finish(job);
    expect(finished).toMatchObject({ passed: true });
    const [artifact, ...others] = await testbed.session.simulator.artifacts(job.buildId);
    expect(others).toEqual([]);
    expect(artifact).toMatchObject({ path: 'file.txt', state: 'finished' });
    expect((await testbed.session.simulator.artifactBytes(artifact?.id ?? '')).toString()).toBe('content\n');
    expect(await hits()).toBe(2);
  });
});

describe.concurrent('given a git server that refuses at first', () => {
  it.concurrent('when the checkout is tried again, then the job runs', async () => {
    const { name, commit } = await testbed.session.createRepository(`shaky-${randomUUID()}`, { 'readme.txt': 'hello\n' });
    await using server = await startShakyServer(testbed.session.info, 2);
    const { job } = await testbed.run(
      'cat readme.txt',
      { repository: `${server.origin}/${name}.git`, branch: 'main', commit },
      { checkout: {} },
    );
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('hello\n');
    expect(server.refused).toBe(2);
  });
});
