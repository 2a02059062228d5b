import { sleep } from './clock.ts';

/** How long to wait between tries: exponential from `initialMs` to `maxMs`, each with full jitter on its upper half. */
export interface BackoffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** The waits that fit a server which may be restarting. */
export const defaultBackoff: BackoffPolicy = { initialMs: 200, maxMs: 30_000 };

/** The wait before try number `failures + 1`, in milliseconds; `failures` counts from 1. */
export function backoffDelay(failures: number, policy: BackoffPolicy = defaultBackoff, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.maxMs, policy.initialMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** What a failed try means. */
export type RetryVerdict =
  | { readonly retry: false }
  /** `afterMs` is the server's own wish (Retry-After); it replaces a shorter back-off. */
  | { readonly retry: true; readonly afterMs?: number };

export interface RetryOptions {
  readonly attempts: number;
  readonly backoff?: BackoffPolicy;
  readonly judge: (thrown: unknown) => RetryVerdict;
  /** Called before each wait, for the log and the metrics. */
  readonly onRetry?: (thrown: unknown, attempt: number, delayMs: number) => void;
}

/** Runs `action` until it succeeds, its failure is judged final, or the attempts are used up; then throws the last failure. */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await action(attempt);
    } catch (thrown) {
      const verdict = options.judge(thrown);
      if (!verdict.retry || attempt >= options.attempts) throw thrown;
      const delayMs = Math.max(backoffDelay(attempt, options.backoff), verdict.afterMs ?? 0);
      options.onRetry?.(thrown, attempt, delayMs);
      await sleep(delayMs, signal);
    }
  }
}
