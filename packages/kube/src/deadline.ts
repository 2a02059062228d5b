import { withDeadline as within } from '@buildkite-operator/service';
import { KubeError } from './kube-error.ts';

/** As `withDeadline` of packages/service; what it throws after `ms` is `Timeout`, whose cause is what the action threw. */
export function withDeadline<T>(what: string, ms: number, action: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return within(ms, cause => new KubeError('Timeout', `${what}: no answer within ${ms} ms`, { cause }), action, signal);
}
