import { parseRetryAfter } from '@buildkite-operator/service';

/** What the headers of an answer say about when the endpoint may be called again. */
export interface AnswerHeaders {
  /** `RateLimit-Limit`: calls that fit into the window of the scope. */
  readonly limit: number | undefined;
  /** `RateLimit-Remaining`: calls that still fit. */
  readonly remaining: number | undefined;
  /** `RateLimit-Reset`: until then, in milliseconds. */
  readonly resetMs: number | undefined;
  /** `Retry-After`: seconds or an HTTP date, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads the headers that matter (names in lower case); what is absent or unreadable is undefined. */
export function readAnswerHeaders(headers: Headers, nowMs: number): AnswerHeaders {
  const resetSeconds = nonNegative(first(headers['ratelimit-reset']));
  return {
    limit: nonNegative(first(headers['ratelimit-limit'])),
    remaining: nonNegative(first(headers['ratelimit-remaining'])),
    resetMs: resetSeconds === undefined ? undefined : resetSeconds * 1000,
    retryAfterMs: parseRetryAfter(first(headers['retry-after']), nowMs),
    requestId: first(headers['x-request-id']),
  };
}

function nonNegative(value: string | undefined): number | undefined {
  const number = value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

function first(value: string | string[] | undefined): string | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === '' ? undefined : text;
}
