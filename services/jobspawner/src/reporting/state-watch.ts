import type { BuildJob } from '@buildkite-operator/crds';
import { controllerOf, isKubeError, type Live, type Pod } from '@buildkite-operator/kube';
import { podNameFor } from '@buildkite-operator/podspec';
import { isAbort, sleep } from '@buildkite-operator/service';
import { isStacksApiError, type JobState } from '@buildkite-operator/stacks-api';
import { awaitsAgent, isReported, queueOf } from './reported-job.ts';
import { fieldManager, type ReportingDependencies } from './reporting-dependencies.ts';
import { lookAfterMs, mustStop } from './stop-step.ts';

/** Leaves time within the 5 s that a cancelled job may stay. */
const pollMs = 1500;
const pollDeadlineMs = 10_000;

interface Sighting {
  readonly state: JobState;
  readonly sinceMs: number;
}

/**
 * Stops the BuildJobs whose jobs are over in Buildkite, or run elsewhere, before their agent has started. Each poll is one request per
 * queue and thousand jobs, and none while no BuildJob waits.
 */
export class StateWatch {
  readonly #deps: ReportingDependencies;
  /** What Buildkite has told of a BuildJob's job, and since when without a break, by uid. */
  readonly #sightings = new Map<string, Sighting>();

  constructor(deps: ReportingDependencies) {
    this.#deps = deps;
  }

  /** Polls until the signal is aborted. What fails is tried again at the next poll. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.jobs.store.waitForSync(signal);
      for (;;) {
        await this.poll(signal);
        await sleep(pollMs, signal);
      }
    } catch (thrown) {
      if (!signal.aborted || !isAbort(thrown)) throw thrown;
    }
  }

  /** One round over all queues, each on its own. */
  async poll(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#deps.jobs.store.values()].filter(job => isReported(job) && awaitsAgent(job));
    const uids = new Set(waiting.map(({ metadata }) => metadata.uid));
    for (const uid of this.#sightings.keys()) if (!uids.has(uid)) this.#sightings.delete(uid);
    await Promise.all([...Map.groupBy(waiting, queueOf)].map(([queue, jobs]) => this.#pollQueue(queue, jobs, signal)));
  }

  async #pollQueue(queue: string, jobs: readonly Live<BuildJob>[], signal: AbortSignal): Promise<void> {
    const client = this.#deps.stacksOf(queue);
    if (client === undefined) return;
    const jobIds = jobs.map(({ spec }) => spec.buildkite.jobId);
    let states: ReadonlyMap<string, JobState>;
    try {
      const answer = await client.getJobStates({ jobIds, deadlineMs: pollDeadlineMs }, signal);
      ({ states } = answer);
      this.#deps.metrics.polled(answer.failed.length === 0 ? 'answered' : 'failed');
    } catch (thrown) {
      if (!isStacksApiError(thrown)) throw thrown;
      this.#deps.metrics.polled('failed');
      this.#deps.logger.warn({ error: thrown, queue }, 'cannot ask for the states of waiting jobs');
      return;
    }
    await Promise.all(
      jobs.map(async job => {
        const sighting = this.#sight(job, states.get(job.spec.buildkite.jobId));
        if (sighting !== undefined) await this.#look(job, sighting, signal);
      }),
    );
  }

  /** Notes the state; gives it back where it has stood for long enough to look at the BuildJob. */
  #sight({ metadata }: Live<BuildJob>, state: JobState | undefined): Sighting | undefined {
    const lookMs = lookAfterMs(state);
    if (state === undefined || lookMs === undefined) {
      this.#sightings.delete(metadata.uid);
      return undefined;
    }
    const now = this.#deps.clock.now();
    const earlier = this.#sightings.get(metadata.uid);
    const sighting = earlier?.state === state ? earlier : { state, sinceMs: now };
    this.#sightings.set(metadata.uid, sighting);
    return now - sighting.sinceMs >= lookMs ? sighting : undefined;
  }

  /** Reads the BuildJob and its pod as they are now, and stops it if its agent cannot have the job. */
  async #look({ metadata, spec }: Live<BuildJob>, { state, sinceMs }: Sighting, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = metadata;
    const { jobs, logger, metrics, clock } = this.#deps;
    try {
      const job = await jobs.client.find({ name, namespace }, {}, signal);
      if (job === undefined || job.metadata.uid !== uid) return;
      const pod = await this.#ownPod(job, signal);
      if (!mustStop({ job, pod, state, seenMs: clock.now() - sinceMs })) return;
      const preconditions = { uid, resourceVersion: job.metadata.resourceVersion };
      await jobs.client.mergePatch({ name, namespace }, { spec: { cancelled: true } }, { preconditions, fieldManager }, signal);
      metrics.stopped(state);
      logger.info({ jobId: spec.buildkite.jobId, buildJob: name, state }, 'stopped a BuildJob that Buildkite needs no more');
    } catch (error) {
      if (!isKubeError(error)) throw error;
      // The next poll looks again; a conflict only means that something has just changed.
      if (!isKubeError(error, 'Conflict', 'NotFound')) logger.warn({ error, buildJob: name }, 'cannot stop a BuildJob');
    }
  }

  async #ownPod(job: Live<BuildJob>, signal: AbortSignal): Promise<Live<Pod> | undefined> {
    const { namespace, uid } = job.metadata;
    const name = job.status?.podName ?? podNameFor(job.spec.buildkite.jobId);
    const pod = await this.#deps.pods.client.find({ name, namespace }, {}, signal);
    return pod !== undefined && controllerOf(pod)?.uid === uid ? pod : undefined;
  }
}
