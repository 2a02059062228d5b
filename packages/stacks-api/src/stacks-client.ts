import type { BackoffPolicy, Clock, Logger } from '@buildkite-operator/service';
import {
  type Job,
  jobSchema,
  jobStatesSchema,
  notificationErrorsSchema,
  reservationsSchema,
  type Stack,
  stackSchema,
} from './answer-schemas.ts';
import { sendInBatches } from './batches.ts';
import { endpoints, maxBatch } from './endpoints.ts';
import { type FinishOutcome, finishSafely } from './finish-safely.ts';
import { fitBytes } from './fitting-text.ts';
import type { JobState } from './job-state.ts';
import { type NotificationResults, type OutgoingNotification, prepareNotification, sortNotifications } from './notifications.ts';
import {
  checkRequest,
  finishRequestSchema,
  jobIdsSchema,
  listRequestSchema,
  registerRequestSchema,
  reserveRequestSchema,
  stackKeySchema,
} from './request-schemas.ts';
import { followPages, type ScheduledJobsPage, scheduledJobsSchema } from './scheduled-jobs.ts';
import { isStacksApiError, StacksApiError } from './stacks-api-error.ts';
import type { StacksApiMetrics } from './stacks-api-metrics.ts';
import type {
  CallLimits,
  FinishRequest,
  JobRequest,
  JobStates,
  JobStatesRequest,
  ListRequest,
  NotificationsRequest,
  PagesRequest,
  RegisterRequest,
  Reservations,
  ReserveRequest,
} from './stacks-requests.ts';
import { type StacksCall, StacksTransport } from './stacks-transport.ts';
import type { TokenSource } from './token-source.ts';

/** Where Buildkite's Stacks API is. */
export const defaultBaseUrl = 'https://agent.buildkite.com/v3/';

export interface StacksClientOptions {
  /** The stack that all calls are made for: fixed per installation, since stacks are counted per organization. */
  readonly stackKey: string;
  readonly tokens: TokenSource;
  readonly logger: Logger;
  readonly metrics?: StacksApiMetrics;
  /** Default `defaultBaseUrl`. */
  readonly baseUrl?: URL;
  /** Default `buildkite-operator`. */
  readonly userAgent?: string;
  /** Default 16. */
  readonly maxConnections?: number;
  /** How long one try of a call may take, its answer included; default 10 s. */
  readonly tryMs?: number;
  /** How often a call is sent at most; default 5. */
  readonly attempts?: number;
  /** The waits between tries when the server names none; default 0.5 s to 10 s. */
  readonly backoff?: BackoffPolicy;
  /** For Retry-After dates. */
  readonly clock?: Clock;
}

/**
 * Buildkite's Stacks API. Every failure is a StacksApiError; a call whose signal is aborted throws its reason, and may have taken effect.
 * Calls of an endpoint are held back to stay within its rate limit, and fail with `RateLimited` when the server wants a longer quiet than
 * their deadline allows.
 */
export class StacksClient {
  readonly #transport: StacksTransport;
  readonly #options: StacksClientOptions;
  readonly #stackPath: string;

  /** Opens nothing until the first call. Throws `InvalidArgument` for a stack key that the API does not allow. */
  constructor(options: StacksClientOptions) {
    checkRequest(endpoints.register, stackKeySchema, options.stackKey);
    this.#options = options;
    this.#stackPath = `stacks/${options.stackKey}`;
    this.#transport = new StacksTransport({
      baseUrl: options.baseUrl ?? new URL(defaultBaseUrl),
      tokens: options.tokens,
      logger: options.logger,
      metrics: options.metrics,
      userAgent: options.userAgent ?? 'buildkite-operator',
      maxConnections: options.maxConnections ?? 16,
      tryMs: options.tryMs ?? 10_000,
      attempts: options.attempts ?? 5,
      backoff: options.backoff ?? { initialMs: 500, maxMs: 10_000 },
      clock: options.clock,
    });
  }

  /** Makes the stack known, or known anew; doing it again is harmless. List with the `queueKey` of the answer. */
  async register(request: RegisterRequest, signal: AbortSignal): Promise<Stack> {
    const { type = 'custom', queueKey, metadata = {} } = request;
    checkRequest(endpoints.register, registerRequestSchema, { type, queueKey, metadata });
    const body = { key: this.#options.stackKey, type, queue_key: queueKey, metadata };
    return this.#transport.fetch(this.#call('register', 'stacks/register', request, { body }), stackSchema, signal);
  }

  /**
   * Makes the stack unknown; `notRegistered` when it was so already, as after a try whose answer was lost. A repeat can also undo what
   * another process has registered under the same key meanwhile: give it a short deadline, and call it only when the stack is to end.
   */
  async deregister(request: CallLimits, signal: AbortSignal): Promise<'deregistered' | 'notRegistered'> {
    try {
      await this.#transport.run(this.#call('deregister', `${this.#stackPath}/deregister`, request), signal);
      return 'deregistered';
    } catch (thrown) {
      if (isStacksApiError(thrown, 'NotFound')) return 'notRegistered';
      throw thrown;
    }
  }

  /** One page of the jobs that wait in a queue, the oldest first; jobs that are reserved are not among them. */
  async listScheduledJobs(request: ListRequest, signal: AbortSignal): Promise<ScheduledJobsPage> {
    const { queueKey, limit, after } = request;
    checkRequest(endpoints.listScheduledJobs, listRequestSchema, { queueKey, limit, after });
    const query = { queue_key: queueKey, limit, after };
    const call = this.#call('listScheduledJobs', `${this.#stackPath}/scheduled-jobs`, request, { query });
    const page = await this.#transport.fetch(call, scheduledJobsSchema, signal);
    if (page.unreadable.length > 0) {
      this.#options.metrics?.unreadableJobs.inc(page.unreadable.length);
      this.#options.logger.warn({ queueKey, unreadable: page.unreadable.slice(0, 5) }, 'left out scheduled jobs that were not understood');
    }
    return page;
  }

  /** The pages of a queue from the first on, each fetched when it is asked for. The list moves meanwhile: no job comes twice, some may never. */
  scheduledJobPages(request: PagesRequest, signal: AbortSignal): AsyncGenerator<ScheduledJobsPage, void, void> {
    const { queueKey, pageSize = maxBatch, maxPages = 10, deadlineMs } = request;
    const limits = deadlineMs === undefined ? {} : { deadlineMs };
    return followPages(
      after => this.listScheduledJobs({ queueKey, limit: pageSize, ...(after === undefined ? {} : { after }), ...limits }, signal),
      maxPages,
    );
  }

  /** Reserves jobs, and extends the reservation of those that we have; in batches. Throws when none of the batches succeeded. */
  async reserveJobs(request: ReserveRequest, signal: AbortSignal): Promise<Reservations> {
    const { expirySeconds } = request;
    const jobIds = [...new Set(request.jobIds)];
    checkRequest(endpoints.reserveJobs, reserveRequestSchema, { jobIds, expirySeconds });
    const send = (ids: readonly string[], signal: AbortSignal) => {
      const body = { job_uuids: ids, reservation_expiry_seconds: expirySeconds };
      const call = this.#call('reserveJobs', `${this.#stackPath}/scheduled-jobs/batch-reserve`, request, { body });
      return this.#transport.fetch(call, reservationsSchema, signal);
    };
    const { answered, failed } = await sendInBatches(jobIds, maxBatch, send, signal);
    const sorted = answered.map(({ items, answer }) => {
      const refused = new Set(answer.not_reserved ?? []);
      const reserved = new Set(answer.reserved.filter(id => !refused.has(id)));
      return { reserved: items.filter(id => reserved.has(id)), notReserved: items.filter(id => !reserved.has(id)) };
    });
    return { reserved: sorted.flatMap(s => s.reserved), notReserved: sorted.flatMap(s => s.notReserved), failed };
  }

  /** The environment and command of a job. Throws `NotFound` for a job that is unknown. */
  async getJob(request: JobRequest, signal: AbortSignal): Promise<Job> {
    checkRequest(endpoints.getJob, jobIdsSchema, [request.jobId]);
    const job = await this.#transport.fetch(this.#call('getJob', this.#jobPath(request.jobId), request), jobSchema, signal);
    if (job.id === request.jobId) return job;
    throw new StacksApiError('BadAnswer', `get-job: asked for ${request.jobId}, got ${job.id}`, { endpoint: 'get-job', status: 200 });
  }

  /** The states of jobs, in batches. Throws when none of the batches succeeded. */
  async getJobStates(request: JobStatesRequest, signal: AbortSignal): Promise<JobStates> {
    const jobIds = [...new Set(request.jobIds)];
    checkRequest(endpoints.getJobStates, jobIdsSchema, jobIds);
    const send = (ids: readonly string[], signal: AbortSignal) => {
      const call = this.#call('getJobStates', `${this.#stackPath}/jobs/get-states`, request, { body: { job_uuids: ids } });
      return this.#transport.fetch(call, jobStatesSchema, signal);
    };
    const { answered, failed } = await sendInBatches(jobIds, maxBatch, send, signal);
    const states = new Map<string, JobState>();
    const missing: string[] = [];
    for (const { items, answer } of answered) {
      const named = new Map(Object.entries(answer.states));
      for (const id of items) {
        const state = named.get(id) ?? undefined;
        if (state === undefined) missing.push(id);
        else states.set(id, state);
      }
    }
    return { states, missing, failed };
  }

  /**
   * Ends a job that no agent has run, at most once. Ask for its state before: an agent's job must not be finished. When an answer is lost
   * or the server refuses, the job's state decides: while the job is still to be had it is sent again (or the refusal thrown), else the
   * outcome is `notOurs`. Throws `UnknownOutcome` when even that cannot be told; then asking for the state later can.
   */
  async finishJob(request: FinishRequest, signal: AbortSignal): Promise<FinishOutcome> {
    const { jobId, exitStatus, detail } = request;
    checkRequest(endpoints.finishJob, finishRequestSchema, { jobId, exitStatus, detail });
    const { deadlineMs } = this.#limits(request);
    const body = { exit_status: exitStatus, detail: fitBytes(detail, 4096) };
    return finishSafely(
      {
        finish: (leftMs, signal) =>
          this.#transport.run(this.#call('finishJob', `${this.#jobPath(jobId)}/finish`, { deadlineMs: leftMs }, { body }), signal),
        stateOf: async (leftMs, signal) => (await this.getJobStates({ jobIds: [jobId], deadlineMs: leftMs }, signal)).states.get(jobId),
        backoff: this.#options.backoff ?? { initialMs: 500, maxMs: 10_000 },
        attempts: this.#options.attempts ?? 5,
        deadlineMs,
      },
      signal,
    );
  }

  /**
   * Shows lines on the pages of jobs, in batches; at most 100 per job are kept, which the server counts. A batch whose answer is lost is
   * not sent again, so that no line shows twice: it is in `failed` as `UnknownOutcome`. Throws when no batch succeeded.
   */
  async createNotifications(request: NotificationsRequest, signal: AbortSignal): Promise<NotificationResults> {
    const prepared = request.notifications.map(prepareNotification);
    const outgoing = prepared.filter((one): one is OutgoingNotification => 'body' in one);
    const send = (batch: readonly OutgoingNotification[], signal: AbortSignal) => {
      const body = { notifications: batch.map(one => one.body) };
      return this.#transport.fetch(
        this.#call('createNotifications', `${this.#stackPath}/notifications`, request, { body }),
        notificationErrorsSchema,
        signal,
      );
    };
    return sortNotifications(prepared, await sendInBatches(outgoing, maxBatch, send, signal));
  }

  /** Waits for calls under way and closes every connection; nothing can be sent afterwards. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #call(endpoint: keyof typeof endpoints, path: string, limits: CallLimits, extra: Pick<StacksCall, 'query' | 'body'> = {}): StacksCall {
    return { endpoint: endpoints[endpoint], path, ...this.#limits(limits), ...extra };
  }

  #limits({ deadlineMs = 30_000 }: CallLimits): { deadlineMs: number } {
    return { deadlineMs };
  }

  #jobPath(jobId: string): string {
    return `${this.#stackPath}/jobs/${jobId}`;
  }
}
