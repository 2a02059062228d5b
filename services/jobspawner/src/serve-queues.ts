import type { OperatorConfig, ServiceBase } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import { builtin, ResourceClient, type StoreReader } from '@buildkite-operator/kube';
import { isAbort, type Logger, systemClock } from '@buildkite-operator/service';
import { Intake } from './intake/intake.ts';
import type { JobSpawnerMetrics } from './jobspawner-metrics.ts';
import { QueueNews } from './queues/queue-news.ts';
import type { Stacks } from './queues/stacks.ts';
import { QueueWatch } from './queues/watch-queue.ts';
import { Notices, type ReportingMetrics, runReporting } from './reporting/index.ts';
import { buildJobs, podTemplates } from './resources.ts';

export interface ServeOptions {
  readonly base: ServiceBase;
  /** The namespace of the jobs and its BuildJobs. */
  readonly namespace: string;
  readonly store: StoreReader<BuildJob>;
  readonly stacks: Stacks;
  /** The configuration in force. */
  readonly config: () => OperatorConfig;
  readonly metrics: JobSpawnerMetrics;
  readonly reportingMetrics: ReportingMetrics;
  readonly logger: Logger;
}

/** What the leader does for one namespace until the signal is aborted: takes jobs of every queue, and keeps both sides true to each other. */
export async function serveQueues(options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { base, namespace, store, stacks, config, metrics, reportingMetrics, logger } = options;
  await store.waitForSync(signal);
  const stacksOf = (queue: string) => stacks.of(queue);
  const notices = new Notices({ stacksOf, clock: systemClock, logger, metrics: reportingMetrics });
  const jobs = new ResourceClient(base.transport, buildJobs);
  const tell = notices.tell.bind(notices);
  const intake = new Intake({
    namespace,
    jobs,
    store,
    podTemplates: new ResourceClient(base.transport, podTemplates),
    stacksOf,
    config,
    tell,
    metrics,
    logger: logger.child({ component: 'intake' }),
  });
  const watch = (queue: string, watching: AbortSignal) => {
    const queueLogger = logger.child({ component: 'queue', queue });
    const news = new QueueNews({ queue, metrics, logger: queueLogger, events: base.events, regarding: () => base.config.object });
    const parts = { queue, intake, config, tell, news, metrics, client: stacks.of(queue), stackKey: stacks.keyOf(queue) };
    return new QueueWatch({ ...parts, logger: queueLogger }).run(watching);
  };
  const pods = { client: new ResourceClient(base.transport, builtin.pods) };
  await Promise.all([
    intake.run(signal),
    notices.run(signal),
    runReporting(
      {
        jobs: { client: jobs, store },
        pods,
        stacksOf,
        notices,
        clock: systemClock,
        logger,
        metrics: reportingMetrics,
        kubeMetrics: base.metrics,
      },
      signal,
    ),
    forEachConfiguration(
      base.config,
      (current, working) => {
        const { queue, furtherQueues } = current.job_spawner_config;
        return Promise.all([queue, ...furtherQueues].map(key => watch(key, working)));
      },
      signal,
    ),
  ]);
}

/** Does the work for each configuration that comes into force, until the next or the end. */
async function forEachConfiguration(
  source: ServiceBase['config'],
  work: (config: OperatorConfig, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const config = await source.first(signal);
    const changed = new AbortController();
    const stop = source.subscribe(() => changed.abort());
    try {
      await work(config, AbortSignal.any([signal, changed.signal]));
    } catch (thrown) {
      if (!(isAbort(thrown) && (changed.signal.aborted || signal.aborted))) throw thrown;
    } finally {
      stop();
    }
  }
}
