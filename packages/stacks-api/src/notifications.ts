import type { z } from 'zod';
import type { notificationErrorsSchema } from './answer-schemas.ts';
import type { BatchResults, FailedBatch } from './batches.ts';
import { fitCharacters } from './fitting-text.ts';
import { jobIdSchema } from './scheduled-jobs.ts';

/** A line for the page of a job. */
export interface Notification {
  readonly jobId: string;
  /** Not empty; cut to 256 characters. */
  readonly detail: string;
  /** When it was so; the server refuses the future and times before the job was made. Left out, the server's own time is taken. */
  readonly at?: Date;
}

/** A notification that was not stored, and the server's words (or ours, when it could not be sent). */
export interface RefusedNotification {
  readonly notification: Notification;
  readonly reason: string;
}

/** Each of the notifications given is in exactly one of the three. */
export interface NotificationResults {
  readonly stored: readonly Notification[];
  readonly refused: readonly RefusedNotification[];
  readonly failed: readonly FailedBatch<Notification>[];
}

export interface OutgoingNotification {
  readonly notification: Notification;
  readonly body: { readonly job_uuid: string; readonly detail: string; readonly timestamp?: string };
}

const maxDetail = 256;

/** As it is sent, or why it cannot be: one that the API does not allow must not spoil the batch of the others. */
export function prepareNotification(notification: Notification): OutgoingNotification | RefusedNotification {
  const { jobId, detail, at } = notification;
  if (!jobIdSchema.safeParse(jobId).success) return { notification, reason: `jobId "${jobId}" is no job's id: give a UUID` };
  if (detail.trim() === '') return { notification, reason: 'detail is empty: give the job page something to show' };
  if (at !== undefined && Number.isNaN(at.getTime())) return { notification, reason: 'at is no valid date' };
  const body = { job_uuid: jobId, detail: fitCharacters(detail, maxDetail) };
  return { notification, body: at === undefined ? body : { ...body, timestamp: at.toISOString() } };
}

/** Brings together what became of each notification. */
export function sortNotifications(
  prepared: readonly (OutgoingNotification | RefusedNotification)[],
  results: BatchResults<OutgoingNotification, z.output<typeof notificationErrorsSchema>>,
): NotificationResults {
  const stored: Notification[] = [];
  const refused = prepared.filter((one): one is RefusedNotification => 'reason' in one);
  for (const { items, answer } of results.answered) {
    const reasons = new Map((answer.errors ?? []).flatMap(({ error, indexes }) => indexes.map(index => [index, error] as const)));
    for (const [index, { notification }] of items.entries()) {
      const reason = reasons.get(index);
      if (reason === undefined) stored.push(notification);
      else refused.push({ notification, reason });
    }
  }
  const failed = results.failed.map(({ items, error }) => ({ items: items.map(item => item.notification), error }));
  return { stored, refused, failed };
}
