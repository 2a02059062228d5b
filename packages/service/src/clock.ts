/** Where the time comes from, so that tests can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds since some fixed moment: never jumps when the calendar is set, so it is the one to measure waits with. */
export const monotonicClock: Clock = { now: () => performance.now() };

/** Waits `ms`; throws the signal's reason (an AbortError unless another was given) when it is aborted first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const woken = Promise.withResolvers<void>();
  const onAbort = () => woken.reject(signal.reason);
  // The global timer, unlike that of node:timers/promises, is one that tests can own.
  const timer = setTimeout(woken.resolve, ms);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await woken.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A time in the form that Kubernetes' `metav1.Time` has: RFC 3339 with whole seconds. */
export function toKubernetesTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
