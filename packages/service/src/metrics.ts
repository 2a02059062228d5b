import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Every metric of ours begins with this; base units and `_total` as Prometheus asks. */
export const metricPrefix = 'buildkite_operator_';

/** The service's one registry, with the process's own figures in it. */
export function createMetricsRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
