import { createTransport, EventRecorder, KubeMetrics, loadClusterAccess, type Transport } from '@buildkite-operator/kube';
import { createMetricsRegistry, type Logger, type Registry } from '@buildkite-operator/service';
import { ConfigSource } from './config-source.ts';
import type { ProcessSettings } from './process-settings.ts';

/** What every service of the operator stands on. */
export interface ServiceBase {
  readonly registry: Registry;
  /** Of the calls to the API server and what is built on them. */
  readonly metrics: KubeMetrics;
  /** To be closed at the end. */
  readonly transport: Transport;
  /** To be run. */
  readonly events: EventRecorder;
  /** To be run. */
  readonly config: ConfigSource;
}

/** Makes what the service named so stands on. Nothing is sent yet. Throws where there is no way to a cluster. */
export async function serviceBase(service: string, settings: ProcessSettings, logger: Logger): Promise<ServiceBase> {
  const registry = createMetricsRegistry(service);
  const metrics = new KubeMetrics(registry);
  const transport = createTransport({ access: await loadClusterAccess({}), logger, metrics });
  const component = `buildkite-operator-${service}`;
  const events = new EventRecorder({ transport, component, instance: settings.POD_NAME, logger, metrics });
  const config = new ConfigSource({
    transport,
    namespace: settings.POD_NAMESPACE,
    name: settings.CONFIG_MAP,
    events,
    logger,
    registry,
    metrics,
  });
  return { registry, metrics, transport, events, config };
}
