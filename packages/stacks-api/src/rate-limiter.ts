import type { Clock } from '@buildkite-operator/service';

/** The window in which the server counts. */
const windowMs = 1000;

/** The longest quiet that an answer can impose: a proxy that asks for a year must not need a restart of ours to be forgotten. */
const maxQuietMs = 300_000;

/** What an answer says about its scope. */
export interface LimitReport {
  readonly limit?: number | undefined;
  readonly remaining?: number | undefined;
  readonly resetMs?: number | undefined;
  /** How long nothing may be sent at all. */
  readonly quietMs?: number | undefined;
}

/** The right to send one call. `done` must be called when the call has ended, however it did; the second time it does nothing. */
export interface Permit {
  done(report?: LimitReport): void;
}

/** No permit: it is certain that the wait would be this long, in milliseconds, which is more than the caller has. */
export interface TooLong {
  readonly waitMs: number;
}

interface Slot {
  freeAt: number;
}

interface Budget {
  left: number;
  readonly until: number;
  readonly sequence: number;
}

/**
 * Keeps the calls of one scope within the server's sliding window of one second. When the server counts a call is known only to be between
 * sending and answer, so a call takes up its place from its sending until one second after its end: no second of the server's time then
 * holds more than the limit. What the answers report goes on top: others may use the same stack key. Waiting calls are let through in order.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #slots = new Set<Slot>();
  #limit: number;
  #sequence = 0;
  #budget: Budget | undefined;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #lastTurn: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  /** `clock` must never jump. */
  constructor(perSecond: number, clock: Clock) {
    this.#limit = perSecond;
    this.#clock = clock;
  }

  /** Waits until a call may be sent. Returns `TooLong` as soon as that is certain to take longer than `patienceMs`. */
  async acquire(patienceMs: number, signal: AbortSignal): Promise<Permit | TooLong> {
    signal.throwIfAborted();
    const giveUpAt = this.#clock.now() + patienceMs;
    const before = this.#lastTurn;
    const mine = Promise.withResolvers<void>();
    this.#lastTurn = mine.promise;
    try {
      await unlessAborted(before, signal);
      for (;;) {
        const waitMs = this.#waitMs();
        if (waitMs === 0) return this.#take();
        if (Number.isFinite(waitMs) && this.#clock.now() + waitMs > giveUpAt) return { waitMs };
        await this.#change(waitMs, signal);
      }
    } finally {
      // Also when this one gave up before its turn: those behind it still come after those in front.
      void before.then(mine.resolve);
    }
  }

  /** 0 when a call may be sent now; infinite when that depends on calls under way. */
  #waitMs(): number {
    const now = this.#clock.now();
    for (const slot of this.#slots) if (slot.freeAt <= now) this.#slots.delete(slot);
    if (this.#budget !== undefined && this.#budget.until <= now) this.#budget = undefined;
    let until = this.#quietUntil;
    if (this.#budget !== undefined && this.#budget.left <= 0) until = Math.max(until, this.#budget.until);
    const excess = this.#slots.size - this.#limit;
    if (excess >= 0) {
      const freeAt = [...this.#slots].map(slot => slot.freeAt).sort((a, b) => a - b)[excess];
      until = Math.max(until, freeAt ?? now);
    }
    return Math.max(0, until - now);
  }

  #take(): Permit {
    this.#sequence += 1;
    const sequence = this.#sequence;
    if (this.#budget !== undefined) this.#budget.left -= 1;
    const slot = { freeAt: Number.POSITIVE_INFINITY };
    this.#slots.add(slot);
    return {
      done: (report = {}) => {
        if (slot.freeAt !== Number.POSITIVE_INFINITY) return;
        slot.freeAt = this.#clock.now() + windowMs;
        this.#learn(report, sequence);
        this.#wake();
      },
    };
  }

  #learn({ limit, remaining, resetMs, quietMs }: LimitReport, sequence: number): void {
    const now = this.#clock.now();
    if (limit !== undefined) this.#limit = Math.max(1, Math.floor(limit));
    if (quietMs !== undefined) this.#quietUntil = Math.max(this.#quietUntil, now + Math.min(quietMs, maxQuietMs));
    if (remaining === undefined) return;
    // An answer that was overtaken knows less than the one that overtook it.
    if (this.#budget !== undefined && this.#budget.sequence > sequence) return;
    // A reset of 0 is a part of a second rounded down.
    const untilReset = resetMs === undefined || resetMs === 0 ? windowMs : resetMs;
    const sentSince = this.#sequence - sequence;
    this.#budget = { left: Math.floor(remaining) - sentSince, until: now + Math.min(untilReset, maxQuietMs), sequence };
  }

  async #change(withinMs: number, signal: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = Number.isFinite(withinMs) ? setTimeout(woken.resolve, Math.ceil(withinMs)) : undefined;
    try {
      await unlessAborted(woken.promise, signal);
    } finally {
      clearTimeout(timer);
      this.#wake = () => undefined;
    }
  }
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
