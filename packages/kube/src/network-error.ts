import { errorMessage } from '@buildkite-operator/service';
import { KubeError } from './kube-error.ts';

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/** Codes that mean: no connection was made, so the server has not seen the request. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** Turns what undici or a socket threw into `Unreachable` or `Timeout`; `details.sent` is false when the server cannot have acted. */
export function networkError(call: string, thrown: unknown): KubeError {
  if (thrown instanceof KubeError) return thrown;
  const networkCode = codeOf(thrown);
  const code = networkCode !== undefined && timeouts.has(networkCode) ? 'Timeout' : 'Unreachable';
  const sent = networkCode === undefined || !neverSent.has(networkCode);
  return new KubeError(code, `${call}: ${errorMessage(thrown) || String(networkCode)}`, { cause: thrown, details: { networkCode, sent } });
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}
