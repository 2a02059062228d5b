import { objectKey, runController, watchStore } from '@buildkite-operator/kube';
import { JobReporter } from './report-job.ts';
import type { ReportingDependencies } from './reporting-dependencies.ts';
import { StateDesk } from './state-desk.ts';
import { StateWatch } from './state-watch.ts';

/** Enough to work through a burst of endings at Buildkite's pace, which the client keeps. */
const concurrency = 32;

/** From a restart of Buildkite to an hour without it. */
const backoff = { initialMs: 1000, maxMs: 60_000 };

/**
 * Keeps BuildJobs and Buildkite's jobs true to each other until the signal is aborted; for the leader alone. Buildkite hears why a job waits
 * and how it ended where no agent could tell; a BuildJob whose job is over there, or runs elsewhere, is stopped. Everything it goes by is in
 * the API server and in Buildkite, so it may be killed at any point.
 */
export async function runReporting(deps: ReportingDependencies, signal: AbortSignal): Promise<void> {
  const logger = deps.logger.child({ component: 'reporting' });
  const reporter = new JobReporter({ ...deps, logger }, new StateDesk(signal));
  const { kubeMetrics } = deps;
  await Promise.all([
    runController(
      {
        name: 'reporting',
        concurrency,
        sources: [watchStore(deps.jobs.store, change => [objectKey(change.object)])],
        reconcile: (key, reconciling) => reporter.reconcile(key, reconciling),
        backoff,
        logger,
        ...(kubeMetrics !== undefined && { metrics: kubeMetrics }),
      },
      signal,
    ),
    new StateWatch({ ...deps, logger }).run(signal),
  ]);
}
