import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError } from './cluster-error.ts';

export interface WaitOptions {
  /** What is waited for, as the error names it: `timed out after 30 s waiting for WHAT`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Further text for the error, e.g. the end of a log. */
  readonly explain?: () => string | Promise<string>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks until the answer is neither undefined nor false and returns it. Throws `timeout` after `timeoutMs`, or the signal's reason. */
export async function waitUntil<T>(ask: () => Promise<T | undefined | false>, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) {
      const explanation = (await options.explain?.()) ?? '';
      throw new ClusterError(
        'timeout',
        `timed out after ${options.timeoutMs / 1000} s waiting for ${options.what}\n${explanation}`.trimEnd(),
      );
    }
    await delay(options.everyMs ?? 100, undefined, { signal: options.signal }).catch((error: unknown) => {
      // Node's AbortError only carries the signal's own reason as its cause.
      options.signal?.throwIfAborted();
      throw error;
    });
  }
}
