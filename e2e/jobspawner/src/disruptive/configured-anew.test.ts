import { LedDeployment, overlayConfig } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { mostAtOnce } from '../most-at-once.ts';
import { jobMs } from '../patience.ts';
import { jobSpawnerConfig } from '../queues.ts';
import { ranOnce } from '../ran-once.ts';
import { pollsOf, waitForPolls } from '../stack-of.ts';
import { block, useQueue } from '../use-queue.ts';

const testbed = useTestbed();
const usual = useQueue(testbed, 'bk-operator');
const queues = [usual, useQueue(testbed, 'pipelines'), useQueue(testbed, 'renewed')];

/** Lays this over the jobspawner's configuration while the test runs. */
function configure(change: Partial<typeof jobSpawnerConfig>): Promise<AsyncDisposable> {
  const jobspawner = new LedDeployment(testbed.session, 'jobspawner');
  return overlayConfig(testbed.session, jobspawner, { job_spawner_config: { ...jobSpawnerConfig, ...change } });
}

describe('given a running jobspawner', () => {
  it('when it may have three jobs at once in all, then jobs of several queues share these places', async () => {
    const { session } = testbed;
    await using changes = new AsyncDisposableStack();
    changes.use(await configure({ maxJobs: 3 }));
    const jobs = (await Promise.all(queues.map(queue => queue.jobs(4, 'sleep 1')))).flat();
    const ended = await Promise.all(jobs.map(({ id }) => session.simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(session, jobs)).toEqual([]);
    expect(mostAtOnce(ended)).toBe(3);
  });

  it('when it may have none, then jobs wait until it may again', async () => {
    const { session } = testbed;
    const stopped = await configure({ maxJobs: 0 });
    const jobs = await usual.jobs(3, 'true');
    await waitForPolls(session, usual.key, (await pollsOf(session, usual.key)) + 5);
    expect(jobs.flatMap(({ id }) => session.watch.ofJob(id))).toEqual([]);
    await stopped[Symbol.asyncDispose]();
    await Promise.all(jobs.map(({ id }) => session.simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(session, jobs)).toEqual([]);
  });

  it('when a queue is added, then its jobs run, too; when it is taken out again, then they are left alone', async () => {
    const { session } = testbed;
    const { simulator } = session;
    const added = 'added';
    await simulator.createQueue(added);
    const step = { command: 'true', agents: { queue: added }, ...block() };
    const start = async () => (await testbed.createBuild({ yaml: JSON.stringify({ steps: [step] }) })).jobs;

    const changed = await configure({ furtherQueues: [...(jobSpawnerConfig.furtherQueues ?? []), added] });
    const jobs = await start();
    await Promise.all(jobs.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(session, jobs)).toEqual([]);
    await changed[Symbol.asyncDispose]();

    const left = await start();
    const others = await usual.jobs(2, 'true');
    await Promise.all(others.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(left.flatMap(({ id }) => session.watch.ofJob(id))).toEqual([]);
  });
});
