import { createMetricsRegistry } from '@buildkite-operator/service';
import { expect, it } from 'vitest';
import { KubeMetrics, kubeMetricNames } from './kube-metrics.ts';

const ours = 'buildkite_operator_kube_';

it('the metrics are these, and each is in the exported table', async () => {
  const registry = createMetricsRegistry('test');
  const metrics = new KubeMetrics(registry);
  metrics.sampleStore('pods', () => 1);
  const names = registry
    .getMetricsAsArray()
    .map(metric => metric.name)
    .filter(name => name.startsWith(ours));
  registry.clear();
  expect(new Set(names)).toEqual(new Set(Object.values(kubeMetricNames)));
  expect(names.map(name => name.slice(ours.length))).toMatchInlineSnapshot(`
    [
      "requests_total",
      "request_duration_seconds",
      "request_retries_total",
      "reflector_events_total",
      "reflector_lists_total",
      "reflector_failures_total",
      "reconciles_total",
      "reconcile_duration_seconds",
      "queue_wait_seconds",
      "leader",
      "events_total",
      "reflector_objects",
      "queue_depth",
      "queue_oldest_wait_seconds",
    ]
  `);
});

it('a gauge that is asked for at scrape time shows what is there now, and nothing of what has ended', async () => {
  const registry = createMetricsRegistry('test');
  const metrics = new KubeMetrics(registry);
  let size = 3;
  const stop = metrics.sampleStore('pods', () => size);
  const line = async () => (await registry.metrics()).split('\n').find(text => text.startsWith(`${kubeMetricNames.reflectorObjects}{`));
  expect(await line()).toBe(`${kubeMetricNames.reflectorObjects}{resource="pods",service="test"} 3`);
  size = 4;
  expect(await line()).toMatch(/ 4$/);
  stop();
  expect(await line()).toBeUndefined();
  registry.clear();
});
