import { randomUUID } from 'node:crypto';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import {
  builtin,
  createTransport,
  EventRecorder,
  KubeMetrics,
  LeaderElection,
  loadClusterAccess,
  type Pod,
  Reflector,
  ResourceClient,
  runController,
  Store,
} from '@buildkite-operator/kube';
import { labelKeys, managedByValue } from '@buildkite-operator/podspec';
import {
  createLogger,
  createMetricsRegistry,
  type Logger,
  loadSettings,
  runService,
  startProbeServer,
  systemClock,
} from '@buildkite-operator/service';
import { type BuildJobDependencies, buildJobSources, reconcileBuildJob } from './buildjob/controller.ts';
import { BuildJobMetrics } from './buildjob/metrics.ts';
import { ownerName, ownerNameIndex } from './buildjob/orphans.ts';
import { buildEnvironments, buildJobs } from './buildjob/resources.ts';
import { leaseTimes } from './lease-times.ts';
import { podDefaults } from './pod-defaults.ts';
import { type ControllerSettings, controllerSettings } from './settings.ts';

// BuildJobs, their pods and BuildEnvironments are watched by every replica; the leader alone reconciles:
//   watch -> key -> observe (caches) -> decide (pure) -> status -> act (create, stop or let go the pod; remove the BuildJob)
async function main(settings: ControllerSettings, logger: Logger, signal: AbortSignal): Promise<void> {
  const registry = createMetricsRegistry('controller');
  const metrics = new KubeMetrics(registry);
  const access = await loadClusterAccess({});
  const transport = createTransport({ access, logger, metrics });
  const namespace = settings.JOB_NAMESPACE ?? settings.POD_NAMESPACE;
  const podStore = new Store<Pod>({ indexes: { [ownerNameIndex]: ownerName }, logger });
  const common = { transport, namespace, logger, metrics };
  const jobReflector = new Reflector<BuildJob>({ ...common, resource: buildJobs });
  const environmentReflector = new Reflector<BuildEnvironment>({ ...common, resource: buildEnvironments });
  const podReflector = new Reflector<Pod>({
    ...common,
    resource: builtin.pods,
    store: podStore,
    labelSelector: { matchLabels: { [labelKeys.managedBy]: managedByValue } },
  });
  const events = new EventRecorder({ transport, component: 'buildkite-operator-controller', instance: settings.POD_NAME, logger, metrics });
  const background = [jobReflector.run(signal), environmentReflector.run(signal), podReflector.run(signal), events.run(signal)];
  const deps: BuildJobDependencies = {
    jobs: { client: new ResourceClient(transport, buildJobs), store: jobReflector.store },
    pods: { client: new ResourceClient(transport, builtin.pods), store: podReflector.store },
    environments: { store: environmentReflector.store },
    events,
    defaults: podDefaults(settings),
    startFailureGraceSeconds: settings.START_FAILURE_GRACE_SECONDS,
    clock: systemClock,
    logger: logger.child({ component: 'buildjob' }),
    metrics: new BuildJobMetrics(registry, jobReflector.store),
  };
  const synced = () =>
    [jobReflector, environmentReflector, podReflector].every(({ store }) => store.hasSynced) ? undefined : 'the caches are not filled yet';
  const probes = await startProbeServer({ port: settings.HTTP_PORT, registry, readiness: { caches: synced } });
  const election = new LeaderElection({
    transport,
    namespace: settings.POD_NAMESPACE,
    name: 'buildkite-operator-controller',
    identity: `${settings.POD_NAME}_${randomUUID()}`,
    ...leaseTimes(settings.LEASE_DURATION_SECONDS),
    logger,
    metrics,
  });
  const reconcile = (key: string, reconciling: AbortSignal) => reconcileBuildJob(key, deps, reconciling);
  await election.run(
    leading =>
      runController(
        { name: 'buildjob', concurrency: settings.CONCURRENCY, sources: buildJobSources(deps), reconcile, logger, metrics },
        leading,
      ),
    signal,
  );
  await Promise.all(background);
  await probes.close();
  await transport.close();
}

const settings = loadSettings(controllerSettings, process.env);
const logger = createLogger('controller', settings.LOG_LEVEL);
await runService(logger, signal => main(settings, logger, signal));
