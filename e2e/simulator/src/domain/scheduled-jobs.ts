import type { Job, Queue, Stack } from './records.ts';
import { lapseReservations } from './reservations.ts';
import { toldOfPauseAt } from './stacks.ts';
import { buildOf, type World } from './world.ts';

/** A place in the list of scheduled jobs. */
export type Cursor = readonly [scheduledAt: number, ordinal: number];

export interface ScheduledPage {
  readonly jobs: readonly Job[];
  readonly hasNextPage: boolean;
  /** Where the page ends; undefined when it is empty. */
  readonly end: Cursor | undefined;
}

/**
 * A page of the jobs that are scheduled in the queue now, the oldest first. It is no snapshot: a job that comes back from a
 * reservation takes its old place, which may lie before the cursor.
 */
export function listScheduledJobs(world: World, stack: Stack, queue: Queue, limit: number, after: Cursor | undefined): ScheduledPage {
  lapseReservations(world);
  stack.lastPolledAt = world.clock.now();
  const rest = [...world.openJobs]
    .filter(
      job =>
        job.state === 'scheduled' &&
        job.queueKey === queue.key &&
        buildOf(world, job).clusterId === stack.clusterId &&
        (after === undefined || compare(placeOf(job), after) > 0),
    )
    .toSorted((left, right) => compare(placeOf(left), placeOf(right)));
  const jobs = rest.slice(0, limit);
  const last = jobs.at(-1);
  return { jobs, hasNextPage: rest.length > jobs.length, end: last && placeOf(last) };
}

/** Notes that a stack has got a list of the queue, made at `at`, with what it says of a pause. */
export function notePoll(stack: Stack, queue: Queue, paused: boolean, at: number): void {
  stack.polledQueues.set(queue.key, { toldOfPauseAt: paused ? (toldOfPauseAt(stack, queue) ?? at) : undefined });
}

function placeOf({ timeline, ordinal }: Job): Cursor {
  return [timeline.scheduledAt ?? timeline.createdAt, ordinal];
}

function compare(left: Cursor, right: Cursor): number {
  return left[0] - right[0] || left[1] - right[1];
}
