import type { OperatorConfig } from '@buildkite-operator/config';
import {
  type BackoffPolicy,
  backoffDelay,
  type Clock,
  errorMessage,
  type Logger,
  monotonicClock,
  sleep,
} from '@buildkite-operator/service';
import { isStacksApiError, type ScheduledJob, type StacksClient } from '@buildkite-operator/stacks-api';
import type { Intake } from '../intake/intake.ts';
import { matchesTags } from '../intake/match-tags.ts';
import type { TakeDependencies, WaitingJob } from '../intake/take-job.ts';
import type { JobSpawnerMetrics } from '../jobspawner-metrics.ts';
import { pollDelayMs } from './poll-delay.ts';
import type { QueueNews } from './queue-news.ts';

export interface QueueDependencies {
  readonly queue: string;
  readonly client: Pick<StacksClient, 'register' | 'scheduledJobPages'>;
  readonly stackKey: string;
  readonly intake: Intake;
  readonly config: () => OperatorConfig;
  readonly tell: TakeDependencies['tell'];
  readonly news: QueueNews;
  readonly metrics: JobSpawnerMetrics;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly backoff?: BackoffPolicy;
}

/** Pages of 1000 jobs: the best of so many start first. */
const mostPages = 100;
const pageDeadlineMs = 10_000;
const busyMs = 60_000;
/** However quickly places become free. */
const leastPauseMs = 200;
const patience: BackoffPolicy = { initialMs: 500, maxMs: 30_000 };
/** A job is told that it has no place when it has waited this long for one. */
const noPlaceMs = 5000;

/** What was read of a queue. */
interface Listing {
  readonly jobs: readonly WaitingJob[];
  readonly foreign: number;
  readonly isPaused: boolean;
  readonly tookMs: number;
}

/**
 * Serves a queue until the signal is aborted: registers its stack, reads what waits, and has taken what there are places for. The stack is
 * never deregistered, since the next leader goes on with it; where Buildkite does not know it any more it is registered again.
 */
export class QueueWatch {
  readonly #deps: QueueDependencies;
  readonly #clock: Clock;
  /** When each job of ours was first seen. */
  #seen = new Map<string, number>();
  #listKey: string | undefined;
  #busyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: QueueDependencies) {
    this.#deps = deps;
    this.#clock = deps.clock ?? monotonicClock;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, intake, news, metrics, backoff = patience } = this.#deps;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { freed } = intake;
        const delayMs = await this.#look(signal);
        failures = 0;
        news.worked();
        const leastMs = Math.min(delayMs, leastPauseMs);
        await sleep(leastMs, signal);
        await intake.placeFreed(freed, delayMs - leastMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isStacksApiError(error)) throw error;
        failures += 1;
        metrics.polls.inc({ queue, result: error.code });
        this.#forgotten(error.code, error.message);
        news.failed(error.code, errorMessage(error));
        await this.#pause(Math.max(backoffDelay(failures, backoff), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  /** One look at the queue; returns how long to wait until the next. */
  async #look(signal: AbortSignal): Promise<number> {
    const { queue, intake, config, metrics } = this.#deps;
    const listing = await this.#list(await this.#registered(signal), signal);
    this.#show(listing);
    const now = this.#clock.now();
    if (listing.jobs.length > 0) this.#busyUntilMs = now + busyMs;
    intake.sighted(queue, listing.isPaused ? [] : listing.jobs);
    const chosen = listing.isPaused ? [] : intake.choose(queue);
    if (!listing.isPaused) this.#tellNoPlace(listing.jobs, now);
    metrics.placesInUse.set({ queue }, intake.inUse().ofQueue(queue));
    if (chosen.length > 0) await intake.take(queue, chosen, signal);
    const { isPaused, tookMs } = listing;
    const sight = { isPaused, tookMs, isBusy: now < this.#busyUntilMs, hasPlace: intake.hasPlace(queue) };
    return pollDelayMs(sight, config().job_spawner_config);
  }

  async #registered(signal: AbortSignal): Promise<string> {
    if (this.#listKey !== undefined) return this.#listKey;
    const { queue, client, news, stackKey } = this.#deps;
    const { queueKey } = await client.register({ queueKey: queue, metadata: { operator: 'buildkite-operator' } }, signal);
    this.#listKey = queueKey;
    news.registered(stackKey);
    return queueKey;
  }

  /** Whether the stack must be registered again: the server does not know it, or does not let us list. */
  #forgotten(code: string, why: string): void {
    if (this.#listKey === undefined || !['NotFound', 'Forbidden', 'Unauthorized'].includes(code)) return;
    this.#listKey = undefined;
    this.#deps.news.deregistered(why);
  }

  /** All pages: what goes first may stand last. */
  async #list(queueKey: string, signal: AbortSignal): Promise<Listing> {
    const { queue, client, config, intake } = this.#deps;
    const { tags } = config().job_spawner_config;
    const beganAtMs = this.#clock.now();
    const jobs: WaitingJob[] = [];
    let foreign = 0;
    let isPaused = false;
    for await (const page of client.scheduledJobPages({ queueKey, maxPages: mostPages, deadlineMs: pageDeadlineMs }, signal)) {
      const ours = page.jobs.filter(job => matchesTags(job.agentQueryRules, { queue, tags }));
      foreign += page.jobs.length - ours.length;
      jobs.push(...ours.filter(({ id }) => !intake.isKnown(id)).map(job => waitingJob(job, queue)));
      isPaused = page.isPaused;
      // Nothing is taken anyway.
      if (isPaused) break;
    }
    return { jobs, foreign, isPaused, tookMs: this.#clock.now() - beganAtMs };
  }

  #show({ jobs, foreign, isPaused, tookMs }: Listing): void {
    const { queue, metrics, news, logger } = this.#deps;
    metrics.polls.inc({ queue, result: isPaused ? 'paused' : 'ok' });
    metrics.pollDuration.observe({ queue }, tookMs / 1000);
    metrics.waiting.set({ queue, match: 'ours' }, jobs.length);
    metrics.waiting.set({ queue, match: 'foreign' }, foreign);
    news.paused(isPaused);
    logger.debug({ jobs: jobs.length, foreign, isPaused, tookMs: Math.round(tookMs) }, 'looked at the queue');
  }

  #tellNoPlace(jobs: readonly WaitingJob[], now: number): void {
    const { queue, intake, tell } = this.#deps;
    const seen = new Map(jobs.map(({ jobId }) => [jobId, this.#seen.get(jobId) ?? now]));
    this.#seen = seen;
    for (const [jobId, since] of seen) {
      if (now - since >= noPlaceMs && !intake.isKnown(jobId))
        tell(
          queue,
          jobId,
          'no-place',
          'waits for a place: as many jobs run as the operator may run at once (maxJobs and the limits beside it)',
        );
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(ms, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}

function waitingJob(job: ScheduledJob, queue: string): WaitingJob {
  return {
    jobId: job.id,
    queue,
    pipeline: job.pipeline.slug ?? '',
    priority: job.priority,
    scheduledAtMs: job.scheduledAt.getTime(),
    agentQueryRules: job.agentQueryRules,
  };
}
