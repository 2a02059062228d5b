export type { Job, Stack } from './answer-schemas.ts';
export type { FailedBatch } from './batches.ts';
export { type EndpointName, endpointNames, maxBatch } from './endpoints.ts';
export type { FinishOutcome } from './finish-safely.ts';
export { fitBytes } from './fitting-text.ts';
export { type JobStage, type JobState, jobStage, knownJobStates } from './job-state.ts';
export type { Notification, NotificationResults, RefusedNotification } from './notifications.ts';
export type { ScheduledJob, ScheduledJobsPage, UnreadableJob } from './scheduled-jobs.ts';
export { isStacksApiError, StacksApiError, type StacksApiErrorCode, stacksApiErrorCodes } from './stacks-api-error.ts';
export { StacksApiMetrics, stacksApiMetricNames } from './stacks-api-metrics.ts';
export { defaultBaseUrl, StacksClient, type StacksClientOptions } from './stacks-client.ts';
export type {
  CallLimits,
  FinishRequest,
  JobRequest,
  JobStates,
  JobStatesRequest,
  ListRequest,
  NotificationsRequest,
  PagesRequest,
  RegisterRequest,
  Reservations,
  ReserveRequest,
} from './stacks-requests.ts';
export { TokenFile, type TokenFileOptions, type TokenSource } from './token-source.ts';
