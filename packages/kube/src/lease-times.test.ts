import { describe, expect, it } from 'vitest';
import { leaseTimes } from './lease-times.ts';

describe('given a lease duration', () => {
  it('when it is 15 s, then the times are those of client-go', () => {
    expect(leaseTimes(15)).toEqual({ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 });
  });

  it.for([3, 10, 60])('when it is %i s, then a leader gives up well before others take over', seconds => {
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leaseTimes(seconds);
    expect(leaseDurationMs).toBeGreaterThan(renewDeadlineMs);
    expect(renewDeadlineMs).toBeGreaterThan(2 * retryPeriodMs);
  });
});
