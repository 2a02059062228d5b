import type { JobDetail } from '@buildkite-operator/e2e-simulator';
import { LedDeployment, overlayConfig } from '@buildkite-operator/e2e-testbed';
import { outcome, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { jobSpawnerConfig } from '../queues.ts';
import { useQueue } from '../use-queue.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'kubernetes-plugin');

const skip = { checkout: { skip: true } };
const refused = { state: 'finished', passed: false, signalReason: 'stack_error', endedBy: 'stack' } as const;

/** Lays this over the jobspawner's configuration while the test runs. */
function configure(change: Partial<typeof jobSpawnerConfig>): Promise<AsyncDisposable> {
  const jobspawner = new LedDeployment(testbed.session, 'jobspawner');
  return overlayConfig(testbed.session, jobspawner, { job_spawner_config: { ...jobSpawnerConfig, ...change } });
}

/** The ends of one step for each list of plugins. */
function run(...steps: readonly (readonly object[])[]): Promise<JobDetail[]> {
  const { simulator } = testbed.session;
  return Promise.all(
    steps.map(async plugins => {
      const { id } = await queue.job('true', { plugins });
      await simulator.waitForJob(id, 'ended', 90_000);
      return simulator.job(id);
    }),
  );
}

describe('given a platform that lets pipelines say little', () => {
  it('when it allows some keys of each plugin, then jobs with others fail, and their pages say which are allowed', async () => {
    await using changes = new AsyncDisposableStack();
    changes.use(await configure({ allowedKeys: { kubernetes: ['checkout', 'metadata'], buildkiteOperator: ['checkout', 'image'] } }));
    const [allowed, other, own] = await run(
      [{ kubernetes: { ...skip, metadata: { labels: { team: 'web' } } } }, { 'buildkite-operator': skip }],
      [{ kubernetes: { ...skip, podSpec: {} } }],
      [{ 'buildkite-operator': { ...skip, podLabels: {} } }],
    );
    expect(allowed?.passed, allowed?.detail).toBe(true);
    for (const job of [other, own]) expect(job && outcome(job)).toMatchObject(refused);
    expect(other?.detail).toContain(
      'kubernetes.podSpec: is not allowed here: remove it, or ask the platform for it; allowed are metadata, checkout',
    );
    expect(own?.detail).toContain('buildkite-operator.podLabels: is not allowed here: remove it, or ask the platform for it');
  });

  it('when it forbids the kubernetes plugin, then jobs with it fail, and others run', async () => {
    await using changes = new AsyncDisposableStack();
    changes.use(await configure({ allowedKeys: { kubernetes: [] } }));
    const [forbidden, other] = await run([{ kubernetes: skip }], [{ 'buildkite-operator': skip }]);
    expect(forbidden && outcome(forbidden)).toMatchObject(refused);
    expect(forbidden?.detail).toContain('kubernetes: is not allowed here: remove the plugin, or ask the platform for it');
    expect(other?.passed, other?.detail).toBe(true);
  });

  it('when it joins commands in another way, then jobs do that which do not choose one', async () => {
    const podSpec = { containers: [{ command: ['test', 'a b', '=', 'a b'] }] };
    await using changes = new AsyncDisposableStack();
    changes.use(await configure({ interposer: 'vector' }));
    const [usual, chosen] = await run(
      [{ kubernetes: { ...skip, podSpec } }],
      [{ kubernetes: { ...skip, podSpec, commandParams: { interposer: 'legacy' } } }],
    );
    expect(usual && outcome(usual)).toMatchObject({ passed: true });
    // Unquoted, these are too many words.
    expect(chosen && outcome(chosen)).toMatchObject({ passed: false, endedBy: 'agent' });
  });
});
