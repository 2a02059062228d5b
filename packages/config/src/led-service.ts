import { randomUUID } from 'node:crypto';
import { LeaderElection, leaseTimes, type NamedReflectors, type NamespaceStores, NamespaceWatch } from '@buildkite-operator/kube';
import { type Logger, startProbeServer } from '@buildkite-operator/service';
import type { OperatorConfig } from './operator-config.ts';
import type { LedProcessSettings } from './process-settings.ts';
import { type ServiceBase, serviceBase } from './service-base.ts';

/** What a led service has to work with. */
export interface LedContext<Reflectors extends NamedReflectors> {
  readonly base: ServiceBase;
  /** The configuration in force. */
  readonly config: () => OperatorConfig;
  /** The copies of the namespace that jobs are in now. */
  readonly stores: () => NamespaceStores<Reflectors>;
}

/** What the leader does, and what every replica undoes at the end. */
export interface Leadership<Reflectors extends NamedReflectors> {
  /** For the namespace of the jobs, and again for each that follows it. */
  readonly lead: (stores: NamespaceStores<Reflectors>, signal: AbortSignal) => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** A service of which every replica watches, and one works. */
export interface LedService<Reflectors extends NamedReflectors> {
  /** In the names of its lease, its Events and its metrics. */
  readonly name: string;
  readonly reflectorsOf: (namespace: string, base: ServiceBase) => Reflectors;
  /** Makes ready what the leader needs; on every replica, once there is a configuration. */
  readonly prepare: (context: LedContext<Reflectors>, signal: AbortSignal) => Promise<Leadership<Reflectors>>;
}

/**
 * Runs a replica until the signal is aborted: follows the configuration and the namespace of the jobs, answers probes, and works while
 * it leads. Throws what the work throws, or `LeadershipLost`, after which the process must end.
 */
export async function runLedService<Reflectors extends NamedReflectors>(
  service: LedService<Reflectors>,
  settings: LedProcessSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const base = await serviceBase(service.name, settings, logger);
  // The work that ends last has Events to tell, all the more where it ends because the lease was lost.
  await base.events.runDuring(() => serve(service, base, settings, logger, signal));
  await base.transport.close();
}

async function serve<Reflectors extends NamedReflectors>(
  { name, reflectorsOf, prepare }: LedService<Reflectors>,
  base: ServiceBase,
  settings: LedProcessSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { registry, metrics, transport, config: source } = base;
  const background = [source.run(signal)];
  let watch: { readonly hasSynced: boolean } | undefined;
  const readiness = {
    config: () => source.missing(),
    caches: () => (watch?.hasSynced === true ? undefined : 'the caches are not filled yet'),
  };
  const probes = await startProbeServer({ port: settings.HTTP_PORT, registry, readiness });

  const first = await source.first(signal);
  // It may have changed before this went on.
  const config = () => source.current() ?? first;
  const namespaces = new NamespaceWatch({ reflectorsOf: namespace => reflectorsOf(namespace, base), logger }, config().job_namespace);
  watch = namespaces;
  source.subscribe(changed => namespaces.moveTo(changed.job_namespace));
  background.push(namespaces.run(signal));
  const { lead, close } = await prepare({ base, config, stores: () => namespaces.stores }, signal);
  const election = new LeaderElection({
    transport,
    namespace: settings.POD_NAMESPACE,
    name: `buildkite-operator-${name}`,
    identity: `${settings.POD_NAME}_${randomUUID()}`,
    ...leaseTimes(settings.LEASE_DURATION_SECONDS),
    logger,
    metrics,
  });
  await election.run(leading => namespaces.forEach(lead, leading), signal);
  await Promise.all(background);
  await close?.();
  await probes.close();
}
