import { z } from 'zod';
import type { CallCount, RateLimitScope } from '../domain/rate-limits.ts';
import type { Reservation, StackNotification, StackType } from '../domain/records.ts';
import type { StackState } from '../domain/stacks.ts';

/** Body of `PUT /control/queues/:key`: makes the queue if there is none, and pauses or resumes it. */
export const queueSchema = z.object({
  cluster: z.string().optional().describe('name or id; the first cluster if not given'),
  dispatchPaused: z.boolean().optional().describe('as it was if not given'),
});

/** Body of `POST /control/tokens`. */
export const createTokenSchema = z.object({
  cluster: z.string().optional().describe('name or id; the first cluster if not given'),
  token: z.string().min(8).optional().describe('a random one if not given'),
});

/** Query of `GET /control/notifications`. */
export const notificationsQuerySchema = z.object({ jobId: z.string().optional() });

export interface QueueView {
  readonly id: string;
  readonly key: string;
  readonly dispatchPaused: boolean;
  /** Milliseconds since the epoch. */
  readonly pausedAt?: number | undefined;
}

/** A stack, as the control API shows it. Times are milliseconds since the epoch. */
export interface StackView {
  readonly id: string;
  readonly key: string;
  readonly type: StackType;
  readonly clusterId: string;
  readonly queue: string;
  /** All whose jobs it has listed. */
  readonly polledQueues: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly state: StackState;
  readonly registeredAt: number;
  readonly lastConnectedAt: number;
  readonly lastPolledAt?: number | undefined;
  /** Calls and refusals by the scope of the rate limit. */
  readonly calls: Readonly<Partial<Record<RateLimitScope, Readonly<CallCount>>>>;
}

/** A reservation in force. */
export interface ReservationView extends Readonly<Reservation> {
  readonly jobId: string;
  readonly queue: string;
}

export interface NotificationView extends StackNotification {
  readonly jobId: string;
}
