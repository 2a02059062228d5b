import type { JobView } from '@buildkite-operator/e2e-simulator';

/** The largest number of these jobs that were reserved or running at the same moment, as Buildkite saw it. */
export function mostAtOnce(jobs: readonly JobView[]): number {
  const changes = jobs
    .flatMap(({ timeline: { reservedAt, finishedAt } }) =>
      reservedAt === undefined
        ? []
        : [
            { at: reservedAt, change: 1 },
            { at: finishedAt ?? Infinity, change: -1 },
          ],
    )
    // At the same millisecond one goes before the next comes.
    .sort((one, other) => one.at - other.at || one.change - other.change);
  let now = 0;
  let most = 0;
  for (const { change } of changes) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
