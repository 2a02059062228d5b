import { monotonicClock, sleep } from '@buildkite-operator/service';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LimitReport, type Permit, RateLimiter } from './rate-limiter.ts';

const never = new AbortController().signal;
const patience = 600_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function permitOf(limiter: RateLimiter, signal = never): Promise<Permit> {
  const permit = await limiter.acquire(patience, signal);
  if ('waitMs' in permit) throw new Error(`no permit for ${permit.waitMs} ms`);
  return permit;
}

/** How long the next call is held back, in milliseconds of the fake clock. */
async function waitOf(limiter: RateLimiter): Promise<number> {
  const startedAt = monotonicClock.now();
  const waiting = (async () => {
    await permitOf(limiter);
    return monotonicClock.now() - startedAt;
  })();
  await vi.runAllTimersAsync();
  return waiting;
}

async function answered(limiter: RateLimiter, report: LimitReport): Promise<void> {
  (await permitOf(limiter)).done(report);
}

describe('the window of a scope', () => {
  it('given calls up to the limit, holds back the next until a second after the first answer', async () => {
    const limiter = new RateLimiter(3, monotonicClock);
    const permits = [await permitOf(limiter), await permitOf(limiter), await permitOf(limiter)];
    vi.advanceTimersByTime(400);
    for (const permit of permits) permit.done();
    expect(await waitOf(limiter)).toBe(1000);
  });

  it('given the limit in calls without an answer yet, waits for the first of them', async () => {
    const limiter = new RateLimiter(1, monotonicClock);
    const first = await permitOf(limiter);
    setTimeout(() => first.done(), 5000);
    expect(await waitOf(limiter)).toBe(6000);
  });

  it('frees a place once, however often a call is said to be done', async () => {
    const limiter = new RateLimiter(1, monotonicClock);
    const first = await permitOf(limiter);
    first.done();
    vi.advanceTimersByTime(900);
    first.done({ remaining: 0, resetMs: 90_000 });
    expect(await waitOf(limiter)).toBe(100);
  });

  it('never lets the server count more than the limit in any second, whenever between sending and answer it counts', async () => {
    const call = fc.record({ after: fc.nat(700), latency: fc.nat(1500), countedAt: fc.double({ min: 0, max: 1, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(call, { maxLength: 25 }), async (limit, calls) => {
        const limiter = new RateLimiter(limit, monotonicClock);
        const counted: number[] = [];
        const runs = calls.map(async ({ after, latency, countedAt }) => {
          await sleep(after, never);
          const permit = await permitOf(limiter);
          counted.push(monotonicClock.now() + latency * countedAt);
          await sleep(latency, never);
          permit.done();
        });
        await vi.runAllTimersAsync();
        await Promise.all(runs);
        counted.sort((a, b) => a - b);
        for (const [index, at] of counted.entries())
          expect((counted[index + limit] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(1000);
      }),
      { numRuns: 60 },
    );
  });

  it('lets waiting calls through in the order in which they came, also when one of them gives up', async () => {
    const limiter = new RateLimiter(1, monotonicClock);
    const stop = new AbortController();
    const first = await permitOf(limiter);
    const order: string[] = [];
    const take = async (name: string, signal: AbortSignal) => {
      const permit = await permitOf(limiter, signal);
      order.push(name);
      permit.done();
    };
    const takes = [take('a', never), take('b', stop.signal), take('c', never), take('d', never)];
    stop.abort(new Error('enough'));
    setTimeout(() => first.done(), 10);
    const results = Promise.allSettled(takes);
    await vi.runAllTimersAsync();
    expect((await results).map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(order).toEqual(['a', 'c', 'd']);
  });

  it('throws the reason of a signal that is aborted before or while it waits', async () => {
    const limiter = new RateLimiter(1, monotonicClock);
    await answered(limiter, {});
    const reason = new Error('enough');
    await expect(limiter.acquire(patience, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = limiter.acquire(patience, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what answers report', () => {
  it.each<[string, LimitReport, number]>([
    ['nothing left until a reset: it waits for that', { remaining: 0, resetMs: 7000 }, 7000],
    ['nothing left and a reset rounded down to 0: a whole window', { remaining: 0, resetMs: 0 }, 1000],
    ['nothing left and no reset: a whole window', { remaining: 0 }, 1000],
    ['something left: it does not wait', { remaining: 1, resetMs: 7000 }, 0],
    ['quiet: it waits for its end', { quietMs: 2500 }, 2500],
    ['an absurd quiet: five minutes', { quietMs: 1e12 }, 300_000],
    ['an absurd reset: five minutes', { remaining: 0, resetMs: 1e12 }, 300_000],
  ])('%s', async (_what, report, waitMs) => {
    const limiter = new RateLimiter(100, monotonicClock);
    await answered(limiter, report);
    expect(await waitOf(limiter)).toBe(waitMs);
  });

  it('a limit that is lower or higher than the documented one replaces it', async () => {
    const limiter = new RateLimiter(10, monotonicClock);
    await answered(limiter, { limit: 1 });
    expect(await waitOf(limiter)).toBe(1000);
    const roomy = new RateLimiter(1, monotonicClock);
    await answered(roomy, { limit: 2 });
    expect(await waitOf(roomy)).toBe(0);
  });

  it('what is left is shared with calls sent since: the answer does not know of them', async () => {
    const limiter = new RateLimiter(100, monotonicClock);
    const [first, second] = [await permitOf(limiter), await permitOf(limiter)];
    first.done({ remaining: 1, resetMs: 3000 });
    expect(await waitOf(limiter)).toBe(3000);
    second.done();
  });

  it('an answer that was overtaken does not undo what a later one said', async () => {
    const limiter = new RateLimiter(100, monotonicClock);
    const [first, second] = [await permitOf(limiter), await permitOf(limiter)];
    second.done({ remaining: 0, resetMs: 3000 });
    first.done({ remaining: 50, resetMs: 3000 });
    expect(await waitOf(limiter)).toBe(3000);
  });

  it('a shorter quiet does not end a longer one', async () => {
    const limiter = new RateLimiter(100, monotonicClock);
    const [first, second] = [await permitOf(limiter), await permitOf(limiter)];
    first.done({ quietMs: 5000 });
    second.done({ quietMs: 10 });
    expect(await waitOf(limiter)).toBe(5000);
  });

  it('a wait that is longer than the caller has is told at once', async () => {
    const limiter = new RateLimiter(100, monotonicClock);
    await answered(limiter, { quietMs: 60_000 });
    expect(await limiter.acquire(30_000, never)).toEqual({ waitMs: 60_000 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
