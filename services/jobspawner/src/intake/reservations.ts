import type { OperatorConfig } from '@buildkite-operator/config';
import { type BuildJob, isFinal, reportEndingFinalizer } from '@buildkite-operator/crds';
import type { StoreReader } from '@buildkite-operator/kube';
import { type Clock, type Logger, systemClock } from '@buildkite-operator/service';
import { type Reservations as Answer, isStacksApiError, type StacksClient } from '@buildkite-operator/stacks-api';
import type { JobSpawnerMetrics } from '../jobspawner-metrics.ts';
import type { PlaceHolder } from './places.ts';
import { ReservationBook } from './reservation-book.ts';

export interface ReservationsDependencies {
  readonly store: Pick<StoreReader<BuildJob>, 'values'>;
  readonly stacksOf: (queue: string) => Pick<StacksClient, 'reserveJobs'>;
  readonly config: () => OperatorConfig;
  readonly metrics: JobSpawnerMetrics;
  readonly logger: Logger;
  /** Must never jump. */
  readonly clock: Clock;
}

/** How long a job is reserved for before its BuildJob is stored, in seconds. */
export const firstReservationSeconds = 30;
/** The agent acquires its job within this time once the containers run. */
const acquiringMs = 120_000;

/** Makes reservations, and extends those of jobs that still wait here. */
export class Reservations {
  readonly #deps: ReservationsDependencies;
  readonly #book = new ReservationBook();

  constructor(deps: ReservationsDependencies) {
    this.#deps = deps;
  }

  /** Reserves jobs, or extends what we have; at most for as long as the configuration says. Throws a StacksApiError. */
  async reserve(queue: string, jobIds: readonly string[], seconds: number, signal: AbortSignal): Promise<Answer> {
    const { stacksOf, config, clock } = this.#deps;
    const expirySeconds = Math.min(seconds, config().job_spawner_config.reservationSeconds);
    // From before the call: the server counts from when it was asked at the earliest.
    const askedAtMs = clock.now();
    const answer = await stacksOf(queue).reserveJobs({ jobIds, expirySeconds, deadlineMs: 10_000 }, signal);
    for (const jobId of answer.reserved) this.#book.granted(jobId, expirySeconds * 1000, askedAtMs);
    return answer;
  }

  /** Extends what is due: of BuildJobs whose agent may still have to acquire its job, and of these jobs, which are about to become one. */
  async extend(underWay: readonly PlaceHolder[], signal: AbortSignal): Promise<void> {
    const { store, clock, config } = this.#deps;
    const stored = [...store.values()].filter(job => needsReservation(job, systemClock.now()));
    const isStored = new Set(stored.map(({ spec }) => spec.buildkite.jobId));
    const queues = new Map(underWay.map(({ jobId, queue }) => [jobId, queue]));
    for (const { spec } of stored) queues.set(spec.buildkite.jobId, spec.buildkite.queue ?? '');
    const due = this.#book.due(new Set(queues.keys()), clock.now());
    const batches = Map.groupBy(due, jobId => JSON.stringify([queues.get(jobId), isStored.has(jobId)]));
    await Promise.all(
      [...batches.values()].map(async ([first = '', ...rest]) => {
        const seconds = isStored.has(first) ? config().job_spawner_config.reservationSeconds : firstReservationSeconds;
        await this.#extendBatch(queues.get(first) ?? '', [first, ...rest], seconds, signal);
      }),
    );
  }

  async #extendBatch(queue: string, jobIds: readonly string[], seconds: number, signal: AbortSignal): Promise<void> {
    const { metrics, logger, clock } = this.#deps;
    try {
      const { reserved, notReserved } = await this.reserve(queue, jobIds, seconds, signal);
      metrics.reservations.inc({ queue, result: 'extended' }, reserved.length);
      // Its agent has it by now, or it is over; whoever reports sees to that. It may also come back to us.
      for (const jobId of notReserved) this.#book.granted(jobId, firstReservationSeconds * 1000, clock.now());
      if (notReserved.length > 0) logger.debug({ queue, jobs: notReserved }, 'reservations that were not extended');
    } catch (error) {
      if (!isStacksApiError(error)) throw error;
      metrics.reservations.inc({ queue, result: 'failed' }, jobIds.length);
      logger.warn({ error, queue, count: jobIds.length }, 'reservations could not be extended, which is tried again');
    }
  }
}

/** Whether the BuildJob's agent may still have to acquire the job. Those that were not taken from a queue are not ours to reserve. */
function needsReservation({ metadata, spec, status }: BuildJob, nowMs: number): boolean {
  if (metadata.deletionTimestamp !== undefined || spec.cancelled || isFinal(status?.phase)) return false;
  if (metadata.finalizers?.includes(reportEndingFinalizer) !== true) return false;
  const runningAt = Date.parse(status?.runningTime ?? '');
  return Number.isNaN(runningAt) || nowMs - runningAt < acquiringMs;
}
