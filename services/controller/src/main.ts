import { type ConfigSource, type LedService, runLedService } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import { builtin, type ControllerSource, objectKey, ResourceClient, runController, type StoreReader } from '@buildkite-operator/kube';
import { createLogger, type Logger, loadSettings, runService, systemClock } from '@buildkite-operator/service';
import { buildJobConfig } from './build-job-config.ts';
import { type BuildJobDependencies, buildJobSources, reconcileBuildJob } from './buildjob/controller.ts';
import { BuildJobMetrics } from './buildjob/metrics.ts';
import { buildJobs } from './buildjob/resources.ts';
import { type JobReflectors, jobReflectors } from './job-reflectors.ts';
import { type ControllerSettings, controllerSettings } from './settings.ts';

// The configuration, BuildJobs, their pods and BuildEnvironments are watched by every replica; the leader alone reconciles:
//   watch -> key -> observe (caches) -> decide (pure) -> status -> act (create, stop or let go the pod; remove the BuildJob)
function controller(settings: ControllerSettings, logger: Logger): LedService<JobReflectors> {
  return {
    name: 'controller',
    reflectorsOf: (namespace, { transport, metrics }) => jobReflectors({ transport, logger, metrics }, namespace),
    async prepare({ base: { registry, metrics, transport, events, config: source }, config, stores }) {
      let current = buildJobConfig(config());
      source.subscribe(changed => {
        current = buildJobConfig(changed);
      });
      const jobMetrics = new BuildJobMetrics(registry, { values: () => stores().jobs.values() });
      const clients = { jobs: new ResourceClient(transport, buildJobs), pods: new ResourceClient(transport, builtin.pods) };
      return {
        lead({ jobs, pods, environments }, signal) {
          const deps: BuildJobDependencies = {
            jobs: { client: clients.jobs, store: jobs },
            pods: { client: clients.pods, store: pods },
            environments: { store: environments },
            events,
            config: () => current,
            clock: systemClock,
            logger: logger.child({ component: 'buildjob' }),
            metrics: jobMetrics,
          };
          const reconcile = (key: string, reconciling: AbortSignal) => reconcileBuildJob(key, deps, reconciling);
          const sources = [...buildJobSources(deps), configChanges(source, jobs)];
          return runController({ name: 'buildjob', concurrency: settings.CONCURRENCY, sources, reconcile, logger, metrics }, signal);
        },
      };
    },
  };
}

/** A new configuration may change what is to be done about every job. */
function configChanges(source: ConfigSource, jobs: StoreReader<BuildJob>): ControllerSource {
  return {
    waitForSync: async () => undefined,
    subscribe: add =>
      source.subscribe(() => {
        for (const job of jobs.values()) add(objectKey(job));
      }),
  };
}

const settings = loadSettings(controllerSettings, process.env);
const logger = createLogger('controller', settings.LOG_LEVEL);
await runService(logger, signal => runLedService(controller(settings, logger), settings, logger, signal));
