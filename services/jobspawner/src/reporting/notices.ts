import { type BackoffPolicy, backoffDelay, type Clock, isAbort, type Logger, sleep } from '@buildkite-operator/service';
import { isStacksApiError, type Notification, type StacksApiErrorCode, type StacksClient } from '@buildkite-operator/stacks-api';
import { NoticeLedger } from './notice-ledger.ts';
import type { ReportingMetrics } from './reporting-metrics.ts';

export interface NoticesOptions {
  /** The client for a queue; undefined where the queue is not served any more. */
  readonly stacksOf: (queue: string) => Pick<StacksClient, 'createNotifications'> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ReportingMetrics;
  /** How long lines are collected before they are sent, in milliseconds; default 1 s. */
  readonly collectMs?: number;
  /** The waits of a queue whose lines could not be sent. */
  readonly backoff?: BackoffPolicy;
}

interface Pending extends Notification {
  readonly queue: string;
  readonly topic: string;
  readonly sinceMs: number;
}

/** What is said later than this helps nobody. */
const longestPendingMs = 10 * 60_000;
const mostPending = 5000;
const sendDeadlineMs = 10_000;

/** Failures that the same lines would meet again. */
const hopeless: readonly StacksApiErrorCode[] = ['BadRequest', 'Invalid', 'BadAnswer', 'UnknownOutcome'];

/**
 * Lines for the pages of jobs in Buildkite, collected and sent together: each job is told of a topic once, unless the text changes
 * materially, and never more than a small number in all. They are a courtesy: what Buildkite refuses, or what cannot be sent in time, is
 * counted and dropped, and nothing waits for them.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #logger: Logger;
  readonly #ledger = new NoticeLedger();
  /** By job and topic, so that a newer text replaces one that has not been sent. */
  readonly #pending = new Map<string, Pending>();
  readonly #silence = new Map<string, { failures: number; untilMs: number }>();

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'notices' });
  }

  /** Tells a job something, some time soon. Cut to 256 characters. Never throws. */
  tell(queue: string, jobId: string, topic: string, text: string): void {
    if (text.trim() === '' || !this.#ledger.admit(jobId, { topic, text })) return;
    const key = keyOf(jobId, topic);
    if (this.#pending.size >= mostPending && !this.#pending.has(key)) {
      this.#options.metrics.notices('dropped', 1);
      return;
    }
    this.#pending.set(key, { queue, jobId, topic, detail: text, sinceMs: this.#options.clock.now() });
  }

  /** Whether the job is still to be told of this topic. */
  isPending(jobId: string, topic: string): boolean {
    return this.#pending.has(keyOf(jobId, topic));
  }

  /** Takes back what the job has not been told yet, since it has ended; but not of this one topic. */
  withdraw(jobId: string, except?: string): void {
    for (const [key, pending] of this.#pending) {
      if (pending.jobId !== jobId || pending.topic === except) continue;
      this.#pending.delete(key);
      this.#ledger.retract(jobId, pending.topic);
    }
  }

  /** Sends until the signal is aborted; what is left then is lost. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#options.collectMs ?? 1000, signal);
        await this.flush(signal);
      }
    } catch (thrown) {
      if (!signal.aborted || !isAbort(thrown)) throw thrown;
    }
  }

  /** Sends what has been collected. A queue that does not answer holds up no other. */
  async flush(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    const byQueue = Map.groupBy(this.#pending, ([, { queue }]) => queue);
    await Promise.all(
      [...byQueue].map(async ([queue, entries]) => {
        const late = entries.filter(([, { sinceMs }]) => now - sinceMs > longestPendingMs);
        this.#settle(late, 'dropped');
        if ((this.#silence.get(queue)?.untilMs ?? 0) > now) return;
        await this.#send(
          queue,
          entries.filter(entry => !late.includes(entry)),
          signal,
        );
      }),
    );
  }

  async #send(queue: string, entries: readonly (readonly [string, Pending])[], signal: AbortSignal): Promise<void> {
    const client = this.#options.stacksOf(queue);
    if (client === undefined) return this.#settle(entries, 'dropped');
    if (entries.length === 0) return;
    const entriesOf = (notifications: readonly Notification[]) => {
      const wanted = new Set(notifications);
      return entries.filter(([, pending]) => wanted.has(pending));
    };
    try {
      const notifications = entries.map(([, pending]) => pending);
      const { stored, refused, failed } = await client.createNotifications({ notifications, deadlineMs: sendDeadlineMs }, signal);
      this.#silence.delete(queue);
      this.#settle(entriesOf(stored), 'stored');
      this.#settle(entriesOf(refused.map(({ notification }) => notification)), 'refused');
      if (refused.length > 0)
        this.#logger.warn({ queue, refused: refused.slice(0, 5), count: refused.length }, 'notifications were refused');
      for (const { items, error } of failed) if (isStacksApiError(error, ...hopeless)) this.#settle(entriesOf(items), 'dropped');
    } catch (thrown) {
      if (!isStacksApiError(thrown)) throw thrown;
      this.#quiet(queue, thrown.retryAfterMs ?? 0);
      this.#logger.warn({ error: thrown, queue, count: entries.length }, 'notifications could not be sent');
      if (isStacksApiError(thrown, ...hopeless)) this.#settle(entries, 'dropped');
    }
  }

  #quiet(queue: string, atLeastMs: number): void {
    const failures = (this.#silence.get(queue)?.failures ?? 0) + 1;
    const waitMs = Math.max(atLeastMs, backoffDelay(failures, this.#options.backoff));
    this.#silence.set(queue, { failures, untilMs: this.#options.clock.now() + waitMs });
  }

  /** Counts these as dealt with; a text that was replaced meanwhile stays. */
  #settle(entries: readonly (readonly [string, Pending])[], result: 'stored' | 'refused' | 'dropped'): void {
    for (const [key, pending] of entries) if (this.#pending.get(key) === pending) this.#pending.delete(key);
    this.#options.metrics.notices(result, entries.length);
  }
}

function keyOf(jobId: string, topic: string): string {
  return `${jobId} ${topic}`;
}
