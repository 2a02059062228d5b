import { errorMessage } from '@buildkite-operator/service';
import type { Endpoint } from './endpoints.ts';
import { StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

const codeByNetworkCode: Readonly<Record<string, StacksApiErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'Timeout',
  UND_ERR_HEADERS_TIMEOUT: 'Timeout',
  UND_ERR_BODY_TIMEOUT: 'Timeout',
  ETIMEDOUT: 'Timeout',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'BadAnswer',
};

/** Codes that mean: no connection was made, so the server has not seen the request. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

/** What undici or a socket threw, as `Unreachable`, `Timeout` or `BadAnswer`. */
export function networkFailure(endpoint: Endpoint, thrown: unknown): StacksApiError {
  if (thrown instanceof StacksApiError) return thrown;
  const networkCode = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return new StacksApiError(codeByNetworkCode[networkCode] ?? 'Unreachable', `${endpoint.name}: ${errorMessage(thrown) || networkCode}`, {
    endpoint: endpoint.name,
    mayHaveActed: endpoint.effect !== 'none' && !neverSent.has(networkCode),
    cause: thrown,
    details: { networkCode },
  });
}
