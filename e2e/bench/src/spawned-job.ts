import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { ClusterObserver } from './cluster-observer.ts';
import { commandBeganAt, firstOutput, measuredCommand } from './job-timeline.ts';
import type { StepNames, Timeline } from './report-steps.ts';

/** What lies between the stations of a job that the jobspawner takes, in order. */
export const spawnedStepNames = {
  seen: "scheduled in Buildkite -> in the jobspawner's list",
  reserved: 'seen -> reserved',
  buildJobMade: 'reserved -> BuildJob made',
  podMade: 'BuildJob made -> pod made',
  podScheduled: 'pod made -> node chosen',
  setupEnded: 'node chosen -> copy-agent has ended',
  acquired: 'copy-agent ended -> agent has acquired the job',
  commandBegan: 'acquired -> checkout done, command begins',
  outputArrived: 'command begins -> its output at Buildkite',
} as const satisfies StepNames<string>;

export type SpawnedStation = keyof typeof spawnedStepNames;

/** Lets one job with a checkout wait in the queue, follows it to its end and returns its timeline, from its being scheduled. */
export async function measureSpawnedJob(
  session: TestbedSession,
  observer: ClusterObserver,
  repository: string,
  queue: string,
): Promise<Timeline<SpawnedStation>> {
  const { simulator, info } = session;
  const job = await simulator.createJob(measuredCommand, {
    repository,
    branch: 'main',
    commit: 'HEAD',
    step: { agents: { queue }, plugins: [{ 'buildkite-operator': { image: info.images.dash } }] },
  });
  const { seenAt } = await simulator.waitForLog(job.id, firstOutput, 60_000);
  await simulator.waitForJob(job.id, 'ended');
  await session.waitForNothingLeft([job.id], 60_000);
  const { timeline } = await simulator.job(job.id);
  const name = `bk-${job.id}`;
  const seen = observer.pods.of(name);
  const at = (time: number | undefined, station: SpawnedStation) => {
    if (time === undefined || Number.isNaN(time)) throw new Error(`job ${job.id} was not seen at ${station}`);
    return time - (timeline.scheduledAt ?? timeline.createdAt);
  };
  return {
    seen: at(timeline.listedAt, 'seen'),
    reserved: at(timeline.reservedAt, 'reserved'),
    buildJobMade: at(observer.buildJobSeenAt(name), 'buildJobMade'),
    podMade: at(seen.podMade, 'podMade'),
    podScheduled: at(seen.podScheduled, 'podScheduled'),
    setupEnded: at(seen.setupEnded, 'setupEnded'),
    acquired: at(timeline.acquiredAt, 'acquired'),
    commandBegan: at(await commandBeganAt(session, job.id), 'commandBegan'),
    outputArrived: at(seenAt, 'outputArrived'),
  };
}
