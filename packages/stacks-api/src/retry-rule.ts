import type { RetryVerdict } from '@buildkite-operator/service';
import type { Endpoint } from './endpoints.ts';
import { isStacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

/** Failures that may be over a moment later. */
const passing: ReadonlySet<StacksApiErrorCode> = new Set([
  'RateLimited',
  'Unavailable',
  'ServerError',
  'Unreachable',
  'Timeout',
  'NotJson',
]);

/**
 * What a failed try means. Whatever may pass is tried again, except that a call which must take effect once is tried again only when the
 * server has certainly not acted. A wish to wait longer than `leftMs` ends the call: who called can use the time better.
 */
export function judgeFailure(thrown: unknown, endpoint: Endpoint, leftMs: number): RetryVerdict {
  if (!isStacksApiError(thrown) || !passing.has(thrown.code)) return { retry: false };
  if (endpoint.effect === 'once' && thrown.mayHaveActed) return { retry: false };
  const { retryAfterMs: afterMs } = thrown;
  if (afterMs === undefined) return { retry: true };
  return afterMs < leftMs ? { retry: true, afterMs } : { retry: false };
}
