/**
 * Runs `action` with a signal that also aborts after `ms`; then throws what `expired` makes of what the action threw. When `signal` is
 * aborted, throws its reason. Leaves no listener behind, which AbortSignal.any does not promise for a signal as old as the process.
 */
export async function withDeadline<T>(
  ms: number,
  expired: (cause: unknown) => Error,
  action: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const limited = new AbortController();
  let isExpired = false;
  const timer = setTimeout(() => {
    isExpired = true;
    limited.abort();
  }, ms);
  const onAbort = () => limited.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await action(limited.signal);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw isExpired ? expired(thrown) : thrown;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
