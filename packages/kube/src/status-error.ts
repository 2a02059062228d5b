import { z } from 'zod';
import { KubeError, type KubeErrorCode } from './kube-error.ts';

const text = z.string().default('');

/** `metav1.Status`, as far as it says why a call failed. */
const statusSchema = z.object({
  kind: z.literal('Status'),
  message: text,
  reason: text,
  code: z.number().int().optional(),
  details: z
    .object({
      causes: z.array(z.object({ field: text, reason: text, message: text })).nullish(),
      retryAfterSeconds: z.number().nonnegative().default(0),
    })
    .nullish(),
});

const codeByHttpStatus: Readonly<Record<number, KubeErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  504: 'ServerTimeout',
};

/** What is known of a failed call besides its body. */
export interface FailedCall {
  /** For the message, for example `GET /api/v1/pods`. */
  readonly call: string;
  readonly status: number;
  readonly retryAfterMs?: number | undefined;
}

/** Reads a Status object (parsed JSON), or makes the best of an answer that is not one: proxies answer in plain text. */
export function statusError(body: unknown, failed: FailedCall): KubeError {
  const parsed = statusSchema.safeParse(body);
  if (!parsed.success) {
    const code = codeOf('', failed.status);
    const message = typeof body === 'string' && body !== '' ? body.slice(0, 500) : code;
    return new KubeError(code, `${failed.call}: ${message}`, { status: failed.status, retryAfterMs: failed.retryAfterMs });
  }
  const { message, reason, details } = parsed.data;
  const status = parsed.data.code ?? failed.status;
  const code = codeOf(reason, status);
  const wishMs = (details?.retryAfterSeconds ?? 0) * 1000;
  return new KubeError(code, `${failed.call}: ${message === '' ? code : message}`, {
    status,
    causes: details?.causes ?? [],
    retryAfterMs: failed.retryAfterMs ?? (wishMs > 0 ? wishMs : undefined),
  });
}

function codeOf(reason: string, status: number): KubeErrorCode {
  if (reason !== '' && reason !== 'Unknown') return reason;
  return codeByHttpStatus[status] ?? (status >= 500 ? 'InternalError' : 'BadRequest');
}
