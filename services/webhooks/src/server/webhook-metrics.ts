import { Histogram, metricPrefix, type Registry } from '@buildkite-operator/service';

/** What became of a call: `failed` is a fault of ours, `bad-request` one of the caller's. */
export type Outcome = 'allowed' | 'refused' | 'bad-request' | 'failed';

/** The figures of the webhooks. */
export class WebhookMetrics {
  readonly duration: Histogram<'webhook' | 'outcome'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: `${metricPrefix}webhooks_duration_seconds`,
      help: 'Time of one admission, by webhook and outcome: allowed, refused, bad-request, failed.',
      labelNames: ['webhook', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
  }
}
