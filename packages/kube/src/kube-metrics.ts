import { Counter, Gauge, Histogram, metricPrefix, type Registry } from '@buildkite-operator/service';

const prefix = `${metricPrefix}kube_`;

/** The names of every metric that this package makes. */
export const kubeMetricNames = {
  requests: `${prefix}requests_total`,
  requestDuration: `${prefix}request_duration_seconds`,
  requestRetries: `${prefix}request_retries_total`,
  reflectorObjects: `${prefix}reflector_objects`,
  reflectorEvents: `${prefix}reflector_events_total`,
  reflectorLists: `${prefix}reflector_lists_total`,
  reflectorFailures: `${prefix}reflector_failures_total`,
  reconciles: `${prefix}reconciles_total`,
  reconcileDuration: `${prefix}reconcile_duration_seconds`,
  queueDepth: `${prefix}queue_depth`,
  queueOldestWait: `${prefix}queue_oldest_wait_seconds`,
  queueWait: `${prefix}queue_wait_seconds`,
  leader: `${prefix}leader`,
  events: `${prefix}events_total`,
} as const;

/** Something whose value is asked for when the metrics are scraped. */
type Sampler = () => number;

/** The metrics of transports, reflectors, controllers, elections and recorders of one process. */
export class KubeMetrics {
  readonly requests: Counter<'method' | 'resource' | 'code'>;
  readonly requestDuration: Histogram<'method' | 'resource'>;
  readonly requestRetries: Counter<'code'>;
  readonly reflectorEvents: Counter<'resource' | 'type'>;
  readonly reflectorLists: Counter<'resource' | 'kind'>;
  readonly reflectorFailures: Counter<'resource' | 'code'>;
  readonly reconciles: Counter<'controller' | 'result'>;
  readonly reconcileDuration: Histogram<'controller'>;
  readonly queueWait: Histogram<'controller'>;
  readonly leader: Gauge<'lease'>;
  readonly events: Counter<'result'>;
  readonly #objects = new Map<string, Sampler>();
  readonly #depth = new Map<string, Sampler>();
  readonly #oldest = new Map<string, Sampler>();

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) => new Counter({ name, help, labelNames, registers });
    const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, registers, buckets });
    const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    this.requests = counter(
      kubeMetricNames.requests,
      'Calls to the API server by outcome (code "ok" or the error code), retries included.',
      ['method', 'resource', 'code'],
    );
    this.requestDuration = histogram(
      kubeMetricNames.requestDuration,
      'Time from sending a call to its parsed answer.',
      ['method', 'resource'],
      seconds,
    );
    this.requestRetries = counter(kubeMetricNames.requestRetries, 'Calls that were tried again, by the error code before.', ['code']);
    this.reflectorEvents = counter(kubeMetricNames.reflectorEvents, 'Watch events received.', ['resource', 'type']);
    this.reflectorLists = counter(kubeMetricNames.reflectorLists, 'Full reads of a resource, by kind "watch-list" or "list".', [
      'resource',
      'kind',
    ]);
    this.reflectorFailures = counter(kubeMetricNames.reflectorFailures, 'Lists and watches that ended with an error.', [
      'resource',
      'code',
    ]);
    this.reconciles = counter(kubeMetricNames.reconciles, 'Reconciles by result: done, requeue, conflict, error.', [
      'controller',
      'result',
    ]);
    this.reconcileDuration = histogram(kubeMetricNames.reconcileDuration, 'Time of one reconcile.', ['controller'], seconds);
    this.queueWait = histogram(
      kubeMetricNames.queueWait,
      'Time from the moment a key was due until its reconcile began.',
      ['controller'],
      seconds,
    );
    this.leader = new Gauge({
      name: kubeMetricNames.leader,
      help: '1 while this process holds the lease.',
      labelNames: ['lease'],
      registers,
    });
    this.events = counter(kubeMetricNames.events, 'Kubernetes events by result: sent, failed, dropped.', ['result']);
    sampledGauge(registry, kubeMetricNames.reflectorObjects, 'Objects held in the store.', 'resource', this.#objects);
    sampledGauge(registry, kubeMetricNames.queueDepth, 'Keys that are due and wait for a worker.', 'controller', this.#depth);
    sampledGauge(registry, kubeMetricNames.queueOldestWait, 'How long the oldest due key has waited.', 'controller', this.#oldest);
  }

  /** Reports the size of a store at each scrape, until the returned function is called. */
  sampleStore(resource: string, size: Sampler): () => void {
    this.#objects.set(resource, size);
    return () => this.#objects.delete(resource);
  }

  /** Reports a controller's queue at each scrape, until the returned function is called. */
  sampleQueue(controller: string, depth: Sampler, oldestWaitSeconds: Sampler): () => void {
    this.#depth.set(controller, depth);
    this.#oldest.set(controller, oldestWaitSeconds);
    return () => {
      this.#depth.delete(controller);
      this.#oldest.delete(controller);
    };
  }
}

function sampledGauge(registry: Registry, name: string, help: string, label: string, samplers: ReadonlyMap<string, Sampler>): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [],
    collect() {
      this.reset();
      for (const [value, sample] of samplers) this.set({ [label]: value }, sample());
    },
  });
  registry.registerMetric(gauge);
}
