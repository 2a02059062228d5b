import { OperatorError } from '@buildkite-operator/service';
import type { EndpointName } from './endpoints.ts';

/** What went wrong with a call, each with what it means for the caller. */
export const stacksApiErrorCodes = {
  InvalidArgument: 'We would have sent something that the API does not allow; nothing was sent.',
  TokenUnreadable: 'The file of the agent token is missing, empty or holds something else; nothing was sent.',
  BadRequest: '400: a parameter is malformed.',
  Unauthorized: '401: the token is missing, invalid or expired, also after it was read anew.',
  Forbidden: '403: the organization has too many stacks, or the token may not do this.',
  NotFound: '404: the stack, the job or the queue is unknown; a stack that was deregistered must be registered again.',
  Conflict: '409: the state of the job does not allow it.',
  Invalid: '422: the content of the request is not allowed.',
  Refused: 'Another 3xx or 4xx.',
  RateLimited: '429, or the endpoint has asked for quiet that outlasts the deadline of the call, which then was not sent.',
  Unavailable: '503: the organization is temporarily unavailable.',
  ServerError: 'Another 5xx.',
  Unreachable: 'No answer: refused, reset, DNS, TLS.',
  Timeout: 'No answer in time.',
  NotJson: 'An answer that says success but is cut off or no JSON, as a proxy in between may send.',
  BadAnswer: 'An answer without something that we rely on, or too large.',
  UnknownOutcome: 'A call that must not be repeated got no clear answer: it may have taken effect. The cause says what came instead.',
  NotSent: 'A batch that was not sent because one before it failed; the cause is that failure.',
} as const;
export type StacksApiErrorCode = keyof typeof stacksApiErrorCodes;

export interface StacksApiErrorOptions {
  readonly endpoint: EndpointName;
  readonly status?: number;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly mayHaveActed?: boolean;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A call of the Stacks API that failed. Branch on `code` and `mayHaveActed`, never on the message. Holds neither token nor job content. */
export class StacksApiError extends OperatorError<StacksApiErrorCode> {
  override readonly name = 'StacksApiError';
  readonly endpoint: EndpointName;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** What Buildkite's support asks for; undefined when the answer has none. */
  readonly requestId: string | undefined;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether this or an earlier try of the call may have changed something on the server. Always false for calls that only read. */
  readonly mayHaveActed: boolean;

  constructor(code: StacksApiErrorCode, message: string, options: StacksApiErrorOptions) {
    const { endpoint, status = 0, requestId, retryAfterMs, mayHaveActed = false, cause } = options;
    super(code, message, { cause, details: { ...options.details, endpoint, status, requestId, mayHaveActed } });
    this.endpoint = endpoint;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.mayHaveActed = mayHaveActed;
  }
}

/** Whether this is a StacksApiError with one of these codes; with any when none is given. */
export function isStacksApiError(thrown: unknown, ...codes: readonly StacksApiErrorCode[]): thrown is StacksApiError {
  return thrown instanceof StacksApiError && (codes.length === 0 || codes.includes(thrown.code));
}
