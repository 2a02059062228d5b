import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MovableClock } from '../testing/movable-clock.ts';
import { RateLimiter } from './rate-limits.ts';

describe('a rate limiter', () => {
  it('refuses a call exactly when as many as the limit were allowed within the second before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 80 }), pauses => {
        const clock = new MovableClock();
        const limiter = new RateLimiter(clock, () => 0.5);
        const allowedAt: number[] = [];
        for (const pause of pauses) {
          clock.pass(pause);
          const before = allowedAt.filter(at => at > clock.now() - 1000).length;
          const { allowed, current, remaining, resetSeconds } = limiter.take('stack', 'list-scheduled-jobs');
          if (allowed) allowedAt.push(clock.now());
          expect({ allowed, current, remaining }).toEqual({ allowed: before < 5, current: before + 1, remaining: Math.max(0, 4 - before) });
          expect(resetSeconds).toBe(1);
        }
      }),
    );
  });

  it('counts each caller and each scope for itself, and what it refused', () => {
    const limiter = new RateLimiter(new MovableClock(), () => 0.1);

    const verdicts = [
      limiter.take('a', 'batch-reserve'),
      limiter.take('a', 'batch-reserve'),
      limiter.take('a', 'default'),
      limiter.take('b', 'batch-reserve'),
    ];

    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, false, true, true]);
    expect(limiter.counts('a')).toEqual({ 'batch-reserve': { calls: 2, limited: 1 }, default: { calls: 1, limited: 0 } });
    limiter.clear();
    expect(limiter.counts('a')).toEqual({});
    expect(limiter.take('a', 'batch-reserve').allowed).toBe(true);
  });

  it('lets at least one call pass, however small the factor', () => {
    expect(new RateLimiter(new MovableClock(), () => 0.001).take('a', 'default')).toMatchObject({ allowed: true, limit: 1, remaining: 0 });
  });
});
