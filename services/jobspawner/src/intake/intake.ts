import { type BuildJob, isFinal } from '@buildkite-operator/crds';
import { refKey, type StoreReader } from '@buildkite-operator/kube';
import { type Clock, isAbort, monotonicClock, sleep } from '@buildkite-operator/service';
import type { StacksClient } from '@buildkite-operator/stacks-api';
import { buildJobName } from './build-job-of.ts';
import { chooseJobs } from './choose-jobs.ts';
import { type PlaceHolder, PlacesInUse, placeHolders, placeLimits } from './places.ts';
import { firstReservationSeconds, Reservations } from './reservations.ts';
import { type TakeDependencies, takeJob, type WaitingJob } from './take-job.ts';

export interface IntakeDependencies extends Omit<TakeDependencies, 'stacksOf'> {
  readonly store: StoreReader<BuildJob>;
  readonly stacksOf: (queue: string) => Pick<StacksClient, 'getJob' | 'getJobStates' | 'finishJob' | 'reserveJobs'>;
  /** Must never jump. */
  readonly clock?: Clock;
}

/** A job that is about to become a BuildJob. */
interface UnderWay {
  readonly job: WaitingJob;
  isReserved: boolean;
}

/** What waits in a queue, as it was last seen. */
interface Sighting {
  readonly jobs: readonly WaitingJob[];
  readonly atMs: number;
}

/** How long the jobs of a queue are counted with after the queue was last read. */
const sightingLastsMs = 15_000;
/** How long a BuildJob that was made may take to show in the cache. */
const cacheLagMs = 30_000;
const renewalTickMs = 1000;

/** Takes jobs for as long as there are places, and keeps those reserved that wait. One for all queues: they share the places. */
export class Intake {
  readonly #deps: IntakeDependencies;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #sightings = new Map<string, Sighting>();
  readonly #reservations: Reservations;
  readonly #working = new Set<Promise<void>>();
  readonly #waking = new Set<() => void>();
  #freed = 0;

  constructor(deps: IntakeDependencies) {
    this.#deps = deps;
    this.#clock = deps.clock ?? monotonicClock;
    this.#reservations = new Reservations({ ...deps, clock: this.#clock });
  }

  /** Notes what waits in a queue now. */
  sighted(queue: string, jobs: readonly WaitingJob[]): void {
    this.#sightings.set(queue, { jobs, atMs: this.#clock.now() });
  }

  /**
   * The jobs of this queue that start now; they hold their places from here on. What waits in the other queues counts as well: a place that
   * a job there has more right to is left to it.
   */
  choose(queue: string): readonly WaitingJob[] {
    const limits = placeLimits(this.#deps.config());
    const chosen = chooseJobs(this.#waiting(), this.#holders(), limits).filter(job => job.queue === queue);
    for (const job of chosen) this.#underWay.set(job.jobId, { job, isReserved: false });
    return chosen;
  }

  /** Whether one more job of this queue could start, whatever its pipeline. */
  hasPlace(queue: string): boolean {
    const limits = placeLimits(this.#deps.config());
    const inUse = this.inUse();
    return inUse.inAll < limits.inAll && inUse.ofQueue(queue) < limits.ofQueue(queue);
  }

  /** The places that are taken. */
  inUse(): PlacesInUse {
    return new PlacesInUse(this.#holders());
  }

  /** Whether there is a BuildJob for the job, or about to be one. */
  isKnown(jobId: string): boolean {
    return this.#underWay.has(jobId) || this.#deps.store.get(this.#keyOf(jobId)) !== undefined;
  }

  /** How many places have become free; only for `placeFreed`. */
  get freed(): number {
    return this.#freed;
  }

  /** Waits `ms` at most, less when another place has become free than those that had been when `freed` was this. */
  async placeFreed(freed: number, ms: number, signal: AbortSignal): Promise<void> {
    if (freed !== this.#freed) return;
    const enough = new AbortController();
    const wake = () => enough.abort();
    this.#waking.add(wake);
    try {
      await sleep(ms, AbortSignal.any([signal, enough.signal]));
    } catch (thrown) {
      if (signal.aborted || !isAbort(thrown)) throw thrown;
    } finally {
      this.#waking.delete(wake);
    }
  }

  /** Reserves chosen jobs and makes BuildJobs of those that we get, in the background. Throws the failure of the reservation. */
  async take(queue: string, chosen: readonly WaitingJob[], signal: AbortSignal): Promise<void> {
    const { metrics } = this.#deps;
    let reserved: ReadonlySet<string> = new Set();
    try {
      const jobIds = chosen.map(({ jobId }) => jobId);
      const answer = await this.#reservations.reserve(queue, jobIds, firstReservationSeconds, signal);
      reserved = new Set(answer.reserved);
      metrics.reservations.inc({ queue, result: 'reserved' }, answer.reserved.length);
      metrics.reservations.inc({ queue, result: 'refused' }, answer.notReserved.length);
    } finally {
      for (const { jobId } of chosen) if (!reserved.has(jobId)) this.#underWay.delete(jobId);
    }
    for (const job of chosen) if (reserved.has(job.jobId)) this.#start(job, signal);
  }

  /** Extends reservations and tells of freed places until the signal is aborted, then waits for what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#deps.store.onChange(({ type, object }) => {
      if (type === 'deleted' || isFinal(object.status?.phase)) this.#free();
    });
    try {
      for (;;) {
        const reserved = [...this.#underWay.values()].filter(({ isReserved }) => isReserved);
        await this.#reservations.extend(
          reserved.map(({ job }) => job),
          signal,
        );
        await sleep(renewalTickMs, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      stop();
      await Promise.all(this.#working);
    }
  }

  #holders(): readonly PlaceHolder[] {
    const underWay = [...this.#underWay.values()].map(({ job }) => job);
    return placeHolders(this.#deps.store.values(), underWay);
  }

  #waiting(): WaitingJob[] {
    const now = this.#clock.now();
    const fresh = [...this.#sightings.values()].filter(({ atMs }) => now - atMs <= sightingLastsMs);
    return fresh.flatMap(({ jobs }) => jobs).filter(({ jobId }) => !this.isKnown(jobId));
  }

  #start(job: WaitingJob, signal: AbortSignal): void {
    const entry = { job, isReserved: true };
    this.#underWay.set(job.jobId, entry);
    const working = this.#take(job, signal).finally(() => {
      this.#underWay.delete(job.jobId);
      this.#working.delete(working);
      this.#free();
    });
    this.#working.add(working);
  }

  async #take(job: WaitingJob, signal: AbortSignal): Promise<void> {
    const { queue, jobId } = job;
    try {
      const result = await takeJob(job, this.#deps, signal);
      this.#deps.metrics.jobs.inc({ queue, result });
      this.#deps.logger.info({ queue, job: jobId, pipeline: job.pipeline, priority: job.priority, result }, 'a job was taken');
      if (result === 'created' || result === 'existed') await this.#shown(jobId, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  #free(): void {
    this.#freed += 1;
    for (const wake of this.#waking) wake();
  }

  /** Until the cache has the BuildJob, the job is only known to be under way. */
  async #shown(jobId: string, signal: AbortSignal): Promise<void> {
    const key = this.#keyOf(jobId);
    const shown = new AbortController();
    const stop = this.#deps.store.onChange(({ object }) => {
      if (object.metadata.name === buildJobName(jobId)) shown.abort();
    });
    try {
      if (this.#deps.store.get(key) === undefined) await sleep(cacheLagMs, AbortSignal.any([signal, shown.signal]));
    } catch (thrown) {
      if (!shown.signal.aborted) throw thrown;
    } finally {
      stop();
    }
  }

  #keyOf(jobId: string): string {
    return refKey({ namespace: this.#deps.namespace, name: buildJobName(jobId) });
  }
}
