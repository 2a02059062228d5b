import { type BackoffPolicy, backoffDelay, type Clock, monotonicClock } from '@buildkite-operator/service';

export interface WorkQueueOptions {
  /** The waits after failures of one key; default 100 ms doubling to 60 s. */
  readonly backoff?: BackoffPolicy;
  readonly clock?: Clock;
}

/** What a key waits for. */
interface Delayed {
  readonly dueAt: number;
  readonly timer: NodeJS.Timeout;
}

/** Node fires longer timers at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Keys that want work. A key stands in it at most once, is worked on by one worker at a time, and when it is added
 * meanwhile it comes again afterwards: no change is missed, none is handled twice at once. Keys leave nothing behind.
 */
export class WorkQueue {
  readonly #backoff: BackoffPolicy;
  readonly #clock: Clock;
  /** Due keys, oldest first, with the time they became due. */
  readonly #due = new Map<string, number>();
  readonly #active = new Set<string>();
  /** Keys that became due while they were worked on, with the time. */
  readonly #again = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #idleWorkers: (() => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#backoff = options.backoff ?? { initialMs: 100, maxMs: 60_000 };
    this.#clock = options.clock ?? monotonicClock;
  }

  /** Keys that are due and wait for a worker. */
  get depth(): number {
    return this.#due.size + this.#again.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys that are worked on. */
  get active(): number {
    return this.#active.size;
  }

  /** How long the oldest due key has waited, in milliseconds; 0 when none is due. */
  get oldestWaitMs(): number {
    const [oldest] = this.#due.values();
    return oldest === undefined ? 0 : this.#clock.now() - oldest;
  }

  /** How often in a row the key has failed. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Makes the key due now. Takes no effect once the queue is closed. */
  add(key: string): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    if (this.#active.has(key)) {
      if (!this.#again.has(key)) this.#again.set(key, this.#clock.now());
      return;
    }
    if (this.#due.has(key)) return;
    this.#due.set(key, this.#clock.now());
    this.#idleWorkers.shift()?.();
  }

  /** Makes the key due in `ms`. Of several times the earliest counts; a key that is due already stays so. */
  addAfter(key: string, ms: number): void {
    if (!(ms > 0)) {
      this.add(key);
      return;
    }
    if (this.#closed || this.#due.has(key)) return;
    const dueAt = this.#clock.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.dueAt <= dueAt) return;
    this.#cancelDelay(key);
    const timer = setTimeout(() => this.add(key), Math.min(ms, longestTimerMs));
    this.#delayed.set(key, { dueAt, timer });
  }

  /** Counts a failure of the key and makes it due after its back-off, or `atLeastMs` if longer. Returns the wait in milliseconds. */
  addRateLimited(key: string, atLeastMs = 0): number {
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    const ms = Math.max(backoffDelay(failures, this.#backoff), atLeastMs);
    this.addAfter(key, ms);
    return ms;
  }

  /** Forgets the failures of the key: its work has succeeded. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Works with `concurrency` workers until the signal is aborted; then takes no new key, waits for those under way, and
   * returns. `work` gets the time that the key waited; it must not throw: what it throws ends the run.
   */
  async run(concurrency: number, work: (key: string, waitedMs: number) => Promise<void>, signal: AbortSignal): Promise<void> {
    const close = () => this.#close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    try {
      await Promise.all(Array.from({ length: concurrency }, () => this.#work(work)));
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  }

  async #work(work: (key: string, waitedMs: number) => Promise<void>): Promise<void> {
    while (!this.#closed) {
      const [next] = this.#due;
      if (next === undefined) {
        const woken = Promise.withResolvers<void>();
        this.#idleWorkers.push(woken.resolve);
        await woken.promise;
        continue;
      }
      const [key, dueSince] = next;
      this.#due.delete(key);
      this.#active.add(key);
      try {
        await work(key, this.#clock.now() - dueSince);
      } finally {
        this.#finish(key);
      }
    }
  }

  #finish(key: string): void {
    this.#active.delete(key);
    const since = this.#again.get(key);
    if (since === undefined) return;
    this.#again.delete(key);
    this.#due.set(key, since);
    this.#idleWorkers.shift()?.();
  }

  #close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#due.clear();
    this.#again.clear();
    this.#failures.clear();
    for (const wake of this.#idleWorkers.splice(0)) wake();
  }

  #cancelDelay(key: string): void {
    const delayed = this.#delayed.get(key);
    if (delayed === undefined) return;
    clearTimeout(delayed.timer);
    this.#delayed.delete(key);
  }
}
