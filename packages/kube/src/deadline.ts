import { KubeError } from './kube-error.ts';

/**
 * Runs `action` with a signal that also aborts after `ms`; then throws `Timeout`, whose cause is what the action threw.
 * When `signal` is aborted, throws its reason. Leaves no listener behind, which AbortSignal.any does not promise for
 * a signal as old as the process.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  action: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const limited = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    limited.abort();
  }, ms);
  const onAbort = () => limited.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await action(limited.signal);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (expired) throw new KubeError('Timeout', `${what}: no answer within ${ms} ms`, { cause: thrown });
    throw thrown;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
