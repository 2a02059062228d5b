import { hasEnded } from './job-state.ts';
import type { Job, Stack } from './records.ts';
import type { BreachRequest } from './referee.ts';
import { isOfCluster, noteForeignJob } from './reservations.ts';
import type { World } from './world.ts';

/** Limits as documented. */
export const notificationLimits = { perJob: 100, detailLength: 256, afterEndMs: 300_000 } as const;

export interface NotificationRequest {
  readonly jobId: string;
  readonly detail: string;
  /** ISO 8601; now if not given. */
  readonly timestamp?: string | undefined;
}

export interface NotificationError {
  readonly error: string;
  /** Places in the request, from 0. */
  readonly indexes: readonly number[];
}

/** Attaches notifications to their jobs. What is refused is named in the answer and does not hinder the rest. */
export function addNotifications(
  world: World,
  stack: Stack,
  requests: readonly NotificationRequest[],
  request: BreachRequest,
): NotificationError[] {
  const indexesByError = new Map<string, number[]>();
  for (const [index, each] of requests.entries()) {
    const error = addNotification(world, stack, each, request);
    if (error !== undefined) indexesByError.set(error, [...(indexesByError.get(error) ?? []), index]);
  }
  return [...indexesByError].map(([error, indexes]) => ({ error, indexes }));
}

function addNotification(world: World, stack: Stack, { jobId, detail, timestamp }: NotificationRequest, request: BreachRequest) {
  const job = world.jobs.get(jobId);
  // Not held against the stack: the job may have been forgotten here.
  if (job === undefined || !isOfCluster(world, stack, job)) return 'job not found';
  const now = world.clock.now();
  const at = timestamp === undefined ? now : Date.parse(timestamp);
  const error = brokenLimit(job, detail, at, now);
  if (error !== undefined) {
    world.referee.note({ kind: 'notification-limit', jobId, request, explanation: `stack ${stack.key}: ${error}` });
    return error;
  }
  if (job.reservation !== undefined && job.reservation.stackKey !== stack.key)
    noteForeignJob(world, stack, job, 'sent a notification for', request);
  job.notifications.push({ stackKey: stack.key, detail, at, receivedAt: now });
  world.events.emit('job', job);
  return undefined;
}

function brokenLimit({ state, timeline, notifications }: Job, detail: string, at: number, now: number): string | undefined {
  if (detail === '') return 'detail is required';
  if (Array.from(detail).length > notificationLimits.detailLength)
    return `detail is longer than ${notificationLimits.detailLength} characters`;
  if (Number.isNaN(at)) return 'timestamp is not an ISO 8601 time';
  if (at > now) return 'timestamp is in the future';
  if (at < timeline.createdAt) return 'timestamp is before the creation of the job';
  if (hasEnded(state) && timeline.finishedAt !== undefined && timeline.finishedAt + notificationLimits.afterEndMs < now)
    return `job finished more than ${notificationLimits.afterEndMs / 1000} seconds ago`;
  if (notifications.length >= notificationLimits.perJob) return 'job stack notification count exceeded';
  return undefined;
}
