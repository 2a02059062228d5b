import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { Live, Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import type { StepNames, Timeline } from './report-steps.ts';

/** What lies between the stations of a job on its way to the first output, in order. */
export const stepNames = {
  podMade: 'BuildJob created -> pod made',
  podScheduled: 'pod made -> node chosen',
  setupEnded: 'node chosen -> copy-agent has ended',
  acquired: 'copy-agent ended -> agent has acquired the job',
  started: 'acquired -> agent has started the job',
  commandBegan: 'started -> checkout done, command begins',
  outputArrived: 'command begins -> its output at Buildkite',
} as const satisfies StepNames<string>;

export type Station = keyof typeof stepNames;

/** When each station was reached, in milliseconds after the BuildJob was created. */
export type JobTimeline = Timeline<Station>;

/** What the log of a measured job holds from its first output on. */
export const firstOutput = 'first output at ';

/** The command of a measured job: it says when it began. */
export const measuredCommand = `echo "${firstOutput}$(date +%s%3N)"`;

/** Notes when a watch first saw each station of pods, in milliseconds since the epoch. */
export class PodObserver {
  readonly #seen = new Map<string, Partial<Record<Station, number>>>();

  observe(pod: Live<Pod>): void {
    const seen = this.#seen.get(pod.metadata.name) ?? {};
    this.#seen.set(pod.metadata.name, seen);
    const now = Date.now();
    seen.podMade ??= now;
    if (pod.spec?.nodeName !== undefined) seen.podScheduled ??= now;
    const setup = pod.status?.initContainerStatuses?.find(({ name }) => name === containerNames.setup);
    if (setup?.state?.terminated !== undefined) seen.setupEnded ??= now;
  }

  of(podName: string): Partial<Record<Station, number>> {
    return this.#seen.get(podName) ?? {};
  }
}

/** When the command of a measured job says that it began, in milliseconds since the epoch; NaN if it does not. */
export async function commandBeganAt({ simulator }: TestbedSession, jobId: string): Promise<number> {
  const log = await simulator.jobLog(jobId, { strip: true });
  return Number(new RegExp(`^${firstOutput}(\\d+)`, 'm').exec(log.toString())?.[1]);
}

/** Runs one job with a checkout to its end and returns its timeline. */
export async function measureJob(session: TestbedSession, observer: PodObserver, repository: string): Promise<JobTimeline> {
  const job = await session.simulator.createJob(measuredCommand, { repository, branch: 'main', commit: 'HEAD' });
  const created = Date.now();
  const buildJob = await session.createBuildJob(job, { checkout: {} });
  const { seenAt } = await session.simulator.waitForLog(job.id, firstOutput, 60_000);
  await session.waitForEnd(buildJob);
  const [{ timeline }, began] = await Promise.all([session.simulator.job(job.id), commandBeganAt(session, job.id)]);
  const seen = observer.of(buildJob.status?.podName ?? `bk-${job.id}`);
  await session.waitForNothingLeft([job.id]);
  const at = (time: number | undefined, station: Station) => {
    if (time === undefined || Number.isNaN(time)) throw new Error(`job ${job.id} was not seen at ${station}`);
    return time - created;
  };
  return {
    podMade: at(seen.podMade, 'podMade'),
    podScheduled: at(seen.podScheduled, 'podScheduled'),
    setupEnded: at(seen.setupEnded, 'setupEnded'),
    acquired: at(timeline.acquiredAt, 'acquired'),
    started: at(timeline.startedAt, 'started'),
    commandBegan: at(began, 'commandBegan'),
    outputArrived: at(seenAt, 'outputArrived'),
  };
}
