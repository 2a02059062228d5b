import { z } from 'zod';
import type { AnswerHeaders } from './answer-headers.ts';
import type { Endpoint } from './endpoints.ts';
import { StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

/** What Buildkite's own errors look like; those of proxies in front of it do not. */
const errorSchema = z.object({ message: z.string(), reset: z.number().nonnegative().optional().catch(undefined) });

const codeByStatus: Readonly<Record<number, StacksApiErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'Invalid',
  429: 'RateLimited',
  503: 'Unavailable',
};

export interface FailedAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string;
  /** The token that was sent: it must not come back in a message. */
  readonly token: string;
}

/** The error of an answer that is not 2xx, whatever is in it. */
export function failedAnswer(endpoint: Endpoint, { status, headers, body, token }: FailedAnswer): StacksApiError {
  const parsed = errorSchema.safeParse(parseJson(body)).data;
  const resetMs = status === 429 && parsed?.reset !== undefined ? parsed.reset * 1000 : undefined;
  const text = (parsed?.message ?? body).replaceAll(token, '[token]').trim().slice(0, 500);
  return new StacksApiError(codeByStatus[status] ?? (status >= 500 ? 'ServerError' : 'Refused'), describe(endpoint, status, text), {
    endpoint: endpoint.name,
    status,
    requestId: headers.requestId,
    retryAfterMs: headers.retryAfterMs ?? resetMs,
    mayHaveActed: endpoint.effect !== 'none' && !isRefusal(status, parsed !== undefined),
  });
}

/** Whether the server has certainly not acted. A 503 is a refusal when Buildkite itself says so; a proxy's may be a lost answer. */
function isRefusal(status: number, isFromBuildkite: boolean): boolean {
  return status < 500 || (status === 503 && isFromBuildkite);
}

function describe(endpoint: Endpoint, status: number, text: string): string {
  return `${endpoint.name}: ${status}${text === '' ? '' : ` ${text}`}`;
}

/** undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
