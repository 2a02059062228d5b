import type { RetryVerdict } from '@buildkite-operator/service';
import { isKubeError, type KubeError } from './kube-error.ts';
import type { KubeRequest } from './transport.ts';

/** Whether sending the call twice leaves the server as sending it once does. */
export function isIdempotentByNature({ method, contentType }: Pick<KubeRequest, 'method' | 'contentType'>): boolean {
  return method !== 'POST' && contentType !== 'application/json-patch+json';
}

/**
 * What a failed try means: refused before the server acted (429, or 503 with Retry-After, or no connection) may always be
 * sent again; whatever leaves open if the server acted, only when that does no harm.
 */
export function judgeFailure(thrown: unknown, isIdempotent: boolean): RetryVerdict {
  if (!isKubeError(thrown)) return { retry: false };
  if (!isRefusedUnseen(thrown) && !(isIdempotent && isPassing(thrown))) return { retry: false };
  return thrown.retryAfterMs === undefined ? { retry: true } : { retry: true, afterMs: thrown.retryAfterMs };
}

function isRefusedUnseen(error: KubeError): boolean {
  if (error.status === 429) return true;
  if (error.status === 503) return error.retryAfterMs !== undefined;
  return error.status === 0 && error.details['sent'] === false;
}

function isPassing(error: KubeError): boolean {
  return error.status >= 500 || (error.status === 0 && (error.code === 'Unreachable' || error.code === 'Timeout'));
}
