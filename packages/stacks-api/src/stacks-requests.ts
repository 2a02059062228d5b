import type { FailedBatch } from './batches.ts';
import type { JobState } from './job-state.ts';
import type { Notification } from './notifications.ts';

/** What every request may say. */
export interface CallLimits {
  /** For the whole call (of a batch: for each call), with all its tries and waits, in milliseconds; default 30 s. */
  readonly deadlineMs?: number;
}

export interface RegisterRequest extends CallLimits {
  readonly queueKey: string;
  /** Default `custom`, which Buildkite asks third parties to use. */
  readonly type?: 'custom' | 'kubernetes' | 'elastic';
  /** At most 100 entries; names to 64, values to 256 characters. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ListRequest extends CallLimits {
  readonly queueKey: string;
  /** 1 to 1000; the server's own choice when left out. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

export interface PagesRequest extends CallLimits {
  readonly queueKey: string;
  /** Default 1000. */
  readonly pageSize?: number;
  /** Default 10. */
  readonly maxPages?: number;
}

export interface ReserveRequest extends CallLimits {
  readonly jobIds: readonly string[];
  /** 1 to 3600; the server's default is 900. */
  readonly expirySeconds?: number;
}

/** Each of the jobs asked for is in exactly one of the three. */
export interface Reservations {
  /** Only these may be run. */
  readonly reserved: readonly string[];
  readonly notReserved: readonly string[];
  /** Where `error.mayHaveActed`, the jobs may be reserved: reserve them again, or let that expire. */
  readonly failed: readonly FailedBatch<string>[];
}

export interface JobStates {
  readonly states: ReadonlyMap<string, JobState>;
  /** Asked for, but not named by the server. */
  readonly missing: readonly string[];
  readonly failed: readonly FailedBatch<string>[];
}

export interface FinishRequest extends CallLimits {
  readonly jobId: string;
  /** Sent as it is, also 0. -1 with the server's `stack_error` is what users' retry rules match on. */
  readonly exitStatus: number;
  /** Shown on the job; cut to 4 KiB. Not empty. */
  readonly detail: string;
}

export interface JobRequest extends CallLimits {
  readonly jobId: string;
}

export interface JobStatesRequest extends CallLimits {
  readonly jobIds: readonly string[];
}

export interface NotificationsRequest extends CallLimits {
  readonly notifications: readonly Notification[];
}
