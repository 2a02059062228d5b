import { Counter, Histogram, metricPrefix, type Registry } from '@buildkite-operator/service';

const prefix = `${metricPrefix}stacks_api_`;

/** The names of every metric that this package makes. */
export const stacksApiMetricNames = {
  requests: `${prefix}requests_total`,
  requestDuration: `${prefix}request_duration_seconds`,
  retries: `${prefix}request_retries_total`,
  limiterWait: `${prefix}limiter_wait_seconds`,
  unreadableJobs: `${prefix}unreadable_jobs_total`,
} as const;

/** The metrics of the clients of one process. */
export class StacksApiMetrics {
  readonly requests: Counter<'endpoint' | 'status'>;
  readonly requestDuration: Histogram<'endpoint'>;
  readonly retries: Counter<'endpoint' | 'code'>;
  readonly limiterWait: Histogram<'endpoint'>;
  readonly unreadableJobs: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: stacksApiMetricNames.requests,
      help: 'Requests to the Stacks API, retries included, by HTTP status; without a whole answer by error code, or "aborted".',
      labelNames: ['endpoint', 'status'],
      registers,
    });
    this.requestDuration = new Histogram({
      name: stacksApiMetricNames.requestDuration,
      help: 'Time from sending a request to the end of its answer, without the wait for the rate limit.',
      labelNames: ['endpoint'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.retries = new Counter({
      name: stacksApiMetricNames.retries,
      help: 'Requests that were sent again, by the error code before.',
      labelNames: ['endpoint', 'code'],
      registers,
    });
    this.limiterWait = new Histogram({
      name: stacksApiMetricNames.limiterWait,
      help: 'How long requests were held back to stay within the rate limit; those that were not count as 0.',
      labelNames: ['endpoint'],
      buckets: [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.unreadableJobs = new Counter({
      name: stacksApiMetricNames.unreadableJobs,
      help: 'Entries in lists of scheduled jobs that were left out because they were not understood.',
      registers,
    });
  }
}
