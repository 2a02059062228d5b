import { say } from '@buildkite-operator/e2e-setup';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { observeCluster } from './cluster-observer.ts';
import { measureHostAgent } from './host-agent.ts';
import { onTestbed } from './on-testbed.ts';
import { reportSteps, type Timeline } from './report-steps.ts';
import { measureSpawnedJob, type SpawnedStation, spawnedStepNames } from './spawned-job.ts';
import { measureThroughput, reportThroughput } from './throughput.ts';

const queue = 'bk-operator';
const jobsAtOnce = 200;

/**
 * The whole way from Buildkite's queue, with all of the operator as it is shipped: `count` single jobs one after another, step by step, each
 * beside the same job by the same agent as a plain process; then 200 jobs at once.
 */
export async function benchJobspawner(count: number): Promise<void> {
  await onTestbed({ webhooks: true, jobspawner: true, queues: [queue] }, async session => {
    const { timelines, control } = await measureSingleJobs(session, count);
    reportSteps(spawnedStepNames, timelines, { whole: 'scheduled in Buildkite -> first output at Buildkite', control });
    reportThroughput(await measureThroughput(session, jobsAtOnce, queue));
  });
}

async function measureSingleJobs(session: TestbedSession, count: number) {
  const { name } = await session.createRepository('bench', { 'README.md': 'A small repository.\n' });
  const repository = `${session.info.gitHttp.origin}/${name}.git`;
  await using observer = await observeCluster(session);
  const timelines: Timeline<SpawnedStation>[] = [];
  const control: number[] = [];
  // The first job of a node pulls the images and is not counted.
  for (let index = -2; index < count; index += 1) {
    const timeline = await measureSpawnedJob(session, observer, repository, queue);
    if (index < 0) continue;
    timelines.push(timeline);
    control.push(await measureHostAgent(session, repository));
    say(`  job ${index + 1} of ${count}: first output after ${(timeline.outputArrived / 1000).toFixed(2)} s`);
  }
  return { timelines, control };
}
