import type { OperatorConfig } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import type { KubeObject, ResourceClient } from '@buildkite-operator/kube';
import { PipelineSettingsError, podTemplateOf } from '@buildkite-operator/pipeline-settings';
import { type BackoffPolicy, backoffDelay, errorMessage, type Logger, sleep } from '@buildkite-operator/service';
import { isStacksApiError, type Job, jobStage, type StacksClient } from '@buildkite-operator/stacks-api';
import type { JobSpawnerMetrics, TakeResult } from '../jobspawner-metrics.ts';
import { buildJobOf, type NewBuildJob } from './build-job-of.ts';
import type { Candidate } from './choose-jobs.ts';
import { createRefusal } from './create-refusal.ts';

/** A job that waits, with what its step asks of agents. */
export interface WaitingJob extends Candidate {
  readonly agentQueryRules: readonly string[];
}

/** A `PodTemplate`, as far as a job may name one. */
export interface PodTemplate extends KubeObject {
  readonly template?: { readonly spec?: unknown };
}

export interface TakeDependencies {
  /** Namespace of the jobs. */
  readonly namespace: string;
  readonly jobs: Pick<ResourceClient<BuildJob>, 'create'>;
  readonly podTemplates: Pick<ResourceClient<PodTemplate>, 'find' | 'list'>;
  readonly stacksOf: (queue: string) => Pick<StacksClient, 'getJob' | 'getJobStates' | 'finishJob'>;
  readonly config: () => OperatorConfig;
  /** Puts a line on the job's page, once a topic. */
  readonly tell: (queue: string, jobId: string, topic: string, text: string) => void;
  readonly metrics: JobSpawnerMetrics;
  readonly logger: Logger;
  readonly backoff?: BackoffPolicy;
}

/** From a webhook that is being rolled out to an API server that is away for an hour. */
const patience: BackoffPolicy = { initialMs: 1000, maxMs: 30_000 };

/** etcd takes 1.5 MiB by default. */
const mostBytes = 1_400_000;

/** Buildkite's own exit status for a job that no agent ran. */
const neverRan = -1;

/**
 * Makes a reserved job a BuildJob. What can never become one is finished in Buildkite with the reason; what may pass is tried again for as
 * long as Buildkite keeps the job for us, which somebody else sees to. Throws only the signal's reason.
 */
export async function takeJob(job: WaitingJob, deps: TakeDependencies, signal: AbortSignal): Promise<TakeResult> {
  const logger = deps.logger.child({ job: job.jobId, queue: job.queue });
  for (let failures = 0; ; ) {
    try {
      if (failures > 0 && !(await isStillToBeHad(job, deps, signal))) return 'gone';
      return await takeOnce(job, deps, logger, signal);
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      deps.metrics.tries.inc({ queue: job.queue });
      logger.warn({ error, failures }, 'a job could not become a BuildJob, it is tried again');
      const refusal = createRefusal(error);
      if (refusal?.kind === 'passing') deps.tell(job.queue, job.jobId, 'create', refusal.message);
      await sleep(backoffDelay(failures, deps.backoff ?? patience), signal);
    }
  }
}

async function isStillToBeHad({ jobId, queue }: WaitingJob, { stacksOf }: TakeDependencies, signal: AbortSignal): Promise<boolean> {
  const { states } = await stacksOf(queue).getJobStates({ jobIds: [jobId] }, signal);
  const stage = jobStage(states.get(jobId));
  return stage === 'claimable' || stage === 'unknown';
}

async function takeOnce(waiting: WaitingJob, deps: TakeDependencies, logger: Logger, signal: AbortSignal): Promise<TakeResult> {
  const { queue, jobId } = waiting;
  const refuse = async (detail: string): Promise<TakeResult> => {
    logger.warn({ detail }, 'a job cannot be run and is finished in Buildkite');
    const { outcome } = await deps.stacksOf(queue).finishJob({ jobId, exitStatus: neverRan, detail }, signal);
    return outcome === 'finished' ? 'refused' : 'gone';
  };
  let job: Job;
  try {
    job = await deps.stacksOf(queue).getJob({ jobId }, signal);
  } catch (error) {
    if (isStacksApiError(error, 'BadAnswer', 'Invalid', 'BadRequest'))
      return refuse(`Buildkite's description of this job cannot be read by the operator: ${error.message}`);
    throw error;
  }
  const podTemplates = await templatesFor(job, deps, signal);
  const built = describe(waiting, job, podTemplates, deps, logger);
  if ('refusal' in built) return refuse(built.refusal);
  try {
    await deps.jobs.create(built.object, {}, signal);
  } catch (error) {
    const refusal = createRefusal(error, built.placeOf);
    if (refusal?.kind === 'exists') return 'existed';
    if (refusal?.kind === 'refused') return refuse(refusal.message);
    throw error;
  }
  for (const [index, text] of built.notices.entries()) deps.tell(queue, jobId, `settings-${index}`, text);
  return 'created';
}

function describe(
  { queue, agentQueryRules, priority }: WaitingJob,
  job: Job,
  podTemplates: ReadonlyMap<string, unknown>,
  { config, namespace }: TakeDependencies,
  logger: Logger,
): NewBuildJob | { readonly refusal: string } {
  try {
    const command = job.command === '' ? {} : { command: job.command };
    const built = buildJobOf({ id: job.id, env: job.env, agentQueryRules, priority, ...command }, config(), {
      queue,
      namespace,
      podTemplates,
    });
    const bytes = Buffer.byteLength(JSON.stringify(built.object));
    if (bytes <= mostBytes) return built;
    const mebibytes = (bytes / 1024 / 1024).toFixed(1);
    return {
      refusal: `This job's command and settings have ${mebibytes} MiB, more than the cluster stores (1.3 MiB): move the script to a file in the repository.`,
    };
  } catch (error) {
    if (error instanceof PipelineSettingsError) return { refusal: error.message };
    logger.error({ error }, 'the settings of a job could not be worked out');
    return { refusal: `The operator could not work out this job's settings, which is a fault of its own: ${errorMessage(error)}` };
  }
}

/** The PodTemplate that the job names; where it does not exist, the names of those that do, for the message. */
async function templatesFor(
  job: Job,
  { podTemplates, namespace }: TakeDependencies,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, unknown>> {
  const name = podTemplateOf(job);
  if (name === undefined) return new Map();
  // A name that no object can have must not become another path.
  const found = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name) ? await podTemplates.find({ namespace, name }, {}, signal) : undefined;
  if (found !== undefined) return new Map([[name, found.template?.spec ?? {}]]);
  const { items } = await podTemplates.list({ namespace }, {}, signal);
  return new Map(items.map(({ metadata, template }) => [metadata.name, template?.spec ?? {}]));
}
