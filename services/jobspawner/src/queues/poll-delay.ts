import type { JobSpawnerConfig } from '@buildkite-operator/config';

/** What was seen of a queue. */
export interface QueueSight {
  readonly isPaused: boolean;
  /** Whether a job of ours waits there, or did within the last minute. */
  readonly isBusy: boolean;
  /** Whether a job of this queue could start now. */
  readonly hasPlace: boolean;
  /** How long it took to read the list, in milliseconds. */
  readonly tookMs: number;
}

/**
 * How long to wait before a queue is looked at again, in milliseconds. A place that becomes free ends the wait. A list that takes long to
 * read is read half of the time at most.
 */
export function pollDelayMs(
  { isPaused, isBusy, hasPlace, tookMs }: QueueSight,
  { pollSeconds, idlePollSeconds }: Pick<JobSpawnerConfig, 'pollSeconds' | 'idlePollSeconds'>,
): number {
  const wantedMs = (isBusy && hasPlace && !isPaused ? pollSeconds : idlePollSeconds) * 1000;
  return Math.max(wantedMs, tookMs);
}
