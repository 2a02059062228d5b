import { type LedService, runLedService } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import { builtin, Reflector, ResourceClient, type Transport } from '@buildkite-operator/kube';
import { backoffDelay, createLogger, type Logger, loadSettings, runService, sleep } from '@buildkite-operator/service';
import { StacksApiMetrics, TokenFile } from '@buildkite-operator/stacks-api';
import { JobSpawnerMetrics } from './jobspawner-metrics.ts';
import { installationKey } from './queues/stack-key.ts';
import { Stacks } from './queues/stacks.ts';
import { ReportingMetrics } from './reporting/index.ts';
import { buildJobs } from './resources.ts';
import { serveQueues } from './serve-queues.ts';
import { type JobSpawnerSettings, jobSpawnerSettings } from './settings.ts';

// Configuration and BuildJobs are watched by every replica; the leader alone talks to Buildkite:
//   list -> match -> choose (pure) -> reserve -> read -> BuildJob, and back: how BuildJobs end, and what becomes of their jobs there
function jobSpawner(settings: JobSpawnerSettings, logger: Logger): LedService<{ readonly jobs: Reflector<BuildJob> }> {
  return {
    name: 'jobspawner',
    reflectorsOf: (namespace, { transport, metrics }) => ({
      jobs: new Reflector<BuildJob>({ transport, namespace, resource: buildJobs, logger, metrics }),
    }),
    async prepare({ base, config, stores }, signal) {
      const tokens = new TokenFile({ path: settings.AGENT_TOKEN_FILE, logger });
      const installation = await installationOf(base.transport, settings.POD_NAMESPACE, logger, signal);
      const stacks = new Stacks({ tokens, installation, logger, metrics: new StacksApiMetrics(base.registry) }, config());
      base.config.subscribe(changed => stacks.use(changed));
      const metrics = new JobSpawnerMetrics(base.registry);
      const reportingMetrics = new ReportingMetrics(base.registry, { values: () => stores().jobs.values() });
      return {
        lead: ({ namespace, jobs: store }, leading) =>
          serveQueues({ base, namespace, store, stacks, config, metrics, reportingMetrics, logger }, leading),
        close: () => stacks.close(),
      };
    },
  };
}

/** What the stacks of this installation are called: after the operator's namespace, which must be read once. */
async function installationOf(transport: Transport, name: string, logger: Logger, signal: AbortSignal): Promise<string> {
  const namespaces = new ResourceClient(transport, builtin.namespaces);
  for (let failures = 1; ; failures += 1) {
    try {
      const { metadata } = await namespaces.get({ name }, {}, signal);
      return installationKey(metadata.uid);
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error, namespace: name }, 'cannot read the namespace of the operator, which is tried again');
      await sleep(backoffDelay(failures), signal);
    }
  }
}

const settings = loadSettings(jobSpawnerSettings, process.env);
const logger = createLogger('jobspawner', settings.LOG_LEVEL);
await runService(logger, signal => runLedService(jobSpawner(settings, logger), settings, logger, signal));
