import { OperatorError } from '@buildkite-operator/service';

/**
 * What went wrong: the `reason` of the API server's Status (`NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`,
 * `TooManyRequests`, `Expired`, ...), or one of our own: `Unreachable` (no answer: refused, reset, DNS, TLS), `Timeout` (no
 * answer in time; also the server's own reason), `BadAnswer` (an answer that is not what was asked for).
 */
export type KubeErrorCode =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'TooManyRequests'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'InternalError'
  | 'ServerTimeout'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'Unreachable'
  | 'BadAnswer'
  | (string & Record<never, never>);

/** One fault of an `Invalid` object: which field, and what is wrong with it. */
export interface StatusCause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export interface KubeErrorOptions {
  readonly status?: number;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  readonly details?: Record<string, unknown>;
}

/** A call to the API server that failed. Branch on `code`, never on the message. */
export class KubeError extends OperatorError<KubeErrorCode> {
  override readonly name = 'KubeError';
  /** The HTTP status (or the code of an ERROR event in a watch); 0 when there was no answer. */
  readonly status: number;
  readonly causes: readonly StatusCause[];
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: KubeErrorCode, message: string, options: KubeErrorOptions = {}) {
    super(code, message, { cause: options.cause, details: { ...options.details, status: options.status ?? 0 } });
    this.status = options.status ?? 0;
    this.causes = options.causes ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether this is a KubeError with one of these codes. */
export function isKubeError(thrown: unknown, ...codes: readonly KubeErrorCode[]): thrown is KubeError {
  return thrown instanceof KubeError && (codes.length === 0 || codes.includes(thrown.code));
}
