/** The times of the leader election, in the proportions that client-go has: 15 s, 10 s and 2 s. */
export function leaseTimes(leaseDurationSeconds: number) {
  return {
    leaseDurationMs: leaseDurationSeconds * 1000,
    renewDeadlineMs: (leaseDurationSeconds * 2000) / 3,
    retryPeriodMs: (leaseDurationSeconds * 2000) / 15,
  };
}
