import { setTimeout as timer } from 'node:timers/promises';

/** Where the time comes from, so that tests can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Waits `ms`; throws the signal's AbortError when it is aborted first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await timer(ms, undefined, { signal });
}

/** A time in the form that Kubernetes' `metav1.Time` has: RFC 3339 with whole seconds. */
export function toKubernetesTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
