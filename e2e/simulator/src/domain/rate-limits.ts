import type { Clock } from '@buildkite-operator/service';

/** Calls per second and stack, by the scope of the endpoint, as documented. */
export const rateLimits = {
  'list-scheduled-jobs': 10,
  'batch-reserve': 10,
  'show-job': 1000,
  'batch-load-job-states': 20,
  'finish-job': 100,
  'stack-notification': 200,
  default: 10,
} as const;

export type RateLimitScope = keyof typeof rateLimits;

export interface RateLimitVerdict {
  readonly allowed: boolean;
  readonly scope: RateLimitScope;
  readonly limit: number;
  /** Calls of the window, this one too. */
  readonly current: number;
  readonly remaining: number;
  /** Whole seconds until the window has room again. */
  readonly resetSeconds: number;
}

/** How often a scope was called, and how many of these calls were refused. */
export interface CallCount {
  calls: number;
  limited: number;
}

const windowMs = 1000;

/** Counts calls in a sliding window of one second. Refused calls take no place in it. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #factor: () => number;
  readonly #windows = new Map<string, number[]>();
  readonly #counts = new Map<string, Map<RateLimitScope, CallCount>>();

  /** @param factor by which the documented limits are multiplied */
  constructor(clock: Clock, factor: () => number) {
    this.#clock = clock;
    this.#factor = factor;
  }

  /** @param caller whose limit it is, e.g. a stack's key */
  take(caller: string, scope: RateLimitScope): RateLimitVerdict {
    const now = this.#clock.now();
    const limit = Math.max(1, Math.floor(rateLimits[scope] * this.#factor()));
    const name = `${caller}\n${scope}`;
    const window = (this.#windows.get(name) ?? []).filter(at => at > now - windowMs && at <= now);
    const allowed = window.length < limit;
    const current = window.length + 1;
    if (allowed) window.push(now);
    this.#windows.set(name, window);
    this.#count(caller, scope, allowed);
    const resetSeconds = Math.max(1, Math.ceil(((window[0] ?? now) + windowMs - now) / 1000));
    return { allowed, scope, limit, current, remaining: Math.max(0, limit - window.length), resetSeconds };
  }

  counts(caller: string): Readonly<Partial<Record<RateLimitScope, CallCount>>> {
    return Object.fromEntries(this.#counts.get(caller) ?? []);
  }

  clear(): void {
    this.#windows.clear();
    this.#counts.clear();
  }

  #count(caller: string, scope: RateLimitScope, allowed: boolean): void {
    const counts = this.#counts.get(caller) ?? new Map<RateLimitScope, CallCount>();
    this.#counts.set(caller, counts);
    const count = counts.get(scope) ?? { calls: 0, limited: 0 };
    counts.set(scope, count);
    count.calls += 1;
    if (!allowed) count.limited += 1;
  }
}
