import type { Clock } from '@buildkite-operator/service';

/** Milliseconds since some fixed moment: never jumps when the calendar is set, so it is the one to measure waits with. */
export const monotonicClock: Clock = { now: () => performance.now() };
