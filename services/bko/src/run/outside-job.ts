import type { BuildJob, BuildJobSpec } from '@buildkite-operator/crds';
import type { Secret } from '@buildkite-operator/kube';
import { buildJobSpecFor, settingsPlugins } from '@buildkite-operator/pipeline-settings';
import { fitsProcess, labelKeys, managedByValue, podNameFor } from '@buildkite-operator/podspec';
import { JobEnvironmentError } from './job-environment.ts';

/** Tells the BuildJob of one run from that of another of the same job. */
export const runIdAnnotation = 'buildkite-operator.io/run-id';

/** Long enough for the logs to be read to their end, and for a look at what a killed run left. */
const ttlSeconds = { least: 60, unlessSaid: 600 } as const;

/** The bytes that a Secret's data may have, with room for the rest of the object. */
const mostBytes = 1_000_000;

export interface OutsideJobRequest {
  readonly jobId: string;
  readonly namespace: string;
  /** Of this run. */
  readonly runId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** A script that replaces the job's command. */
  readonly command: string | undefined;
  /** Settings as a `buildkite-operator` block has them, later ones over earlier ones; those of the step's own blocks are below. */
  readonly settings: readonly Readonly<Record<string, unknown>>[];
}

export interface OutsideJob {
  readonly buildJob: BuildJob;
  /** The Secret with the job's environment, without its owner, which is the BuildJob once it is there. */
  readonly secret: Secret;
  /** What the pipeline says without effect. */
  readonly notices: readonly string[];
}

/**
 * The BuildJob for a job that an agent elsewhere has acquired, and the Secret with its environment: no value of a variable is in the BuildJob.
 * Throws PipelineSettingsError for settings that cannot be had, and JobEnvironmentError for an environment that no Secret holds.
 */
export function outsideJob(request: OutsideJobRequest): OutsideJob {
  const { jobId, namespace, runId, variables } = request;
  const name = podNameFor(jobId);
  const secretName = `${name}-${runId.slice(0, 8)}`;
  const command = request.command ?? variables['BUILDKITE_COMMAND'] ?? '';
  const { spec, notices } = buildJobSpecFor({
    id: jobId,
    command,
    env: { ...variables, BUILDKITE_PLUGINS: pluginsWith(variables['BUILDKITE_PLUGINS'], request.settings) },
    agentQueryRules: queueRule(variables['BUILDKITE_AGENT_META_DATA_QUEUE']),
  });
  const outside = { ...spec.buildkite, outsideAgent: { environmentSecret: secretName } };
  const labels = { [labelKeys.managedBy]: managedByValue, [labelKeys.jobId]: jobId };
  return {
    buildJob: {
      apiVersion: 'buildkite-operator.io/v1alpha1',
      kind: 'BuildJob',
      metadata: { name, namespace, labels, annotations: { [runIdAnnotation]: runId } },
      spec: {
        ...spec,
        buildkite: outside,
        ttlSecondsAfterFinished: Math.max(spec.ttlSecondsAfterFinished ?? ttlSeconds.unlessSaid, ttlSeconds.least),
        ...timeoutOf(spec, variables['BUILDKITE_TIMEOUT']),
      },
    },
    secret: {
      metadata: { name: secretName, namespace, labels },
      immutable: true,
      type: 'Opaque',
      data: encoded({ ...variables, BUILDKITE_COMMAND: spec.command ?? command }),
    },
    notices,
  };
}

/** A run that is killed leaves its BuildJob to itself: Buildkite's timeout of the job ends it, too, with a minute for Buildkite to be first. */
function timeoutOf({ timeoutSeconds }: BuildJobSpec, minutes: string | undefined): { timeoutSeconds?: number } {
  if (timeoutSeconds !== undefined) return { timeoutSeconds };
  const given = Number(minutes);
  return Number.isFinite(given) && given > 0 ? { timeoutSeconds: Math.ceil(given * 60) + 60 } : {};
}

function queueRule(queue: string | undefined): string[] {
  return queue === undefined || queue === '' || queue.includes(',') ? [] : [`queue=${queue}`];
}

/** What is not JSON stays as it is: the reading of it says what is wrong. */
function pluginsWith(json: string | undefined, settings: OutsideJobRequest['settings']): string {
  if (settings.length === 0) return json ?? '';
  const blocks = settings.map(block => JSON.stringify({ [settingsPlugins['buildkite-operator']]: block })).join(',');
  const list = (json ?? '').trim();
  if (list === '' || list === 'null' || /^\[\s*\]$/.test(list)) return `[${blocks}]`;
  return list.endsWith(']') ? `${list.slice(0, -1)},${blocks}]` : list;
}

/** The data of the Secret. A command that is too long for a variable is not in it: the BuildJob has it, and its pod runs it from a file. */
function encoded({ BUILDKITE_COMMAND: command = '', ...others }: Readonly<Record<string, string>>): Record<string, string> {
  const variables = { ...others, ...(fitsProcess('BUILDKITE_COMMAND', command) && { BUILDKITE_COMMAND: command }) };
  const data = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const bytes = Object.entries(data).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes > mostBytes)
    throw new JobEnvironmentError(
      `the job's environment has ${bytes} bytes, more than the ${mostBytes} that a Secret holds: keep large values in files`,
    );
  return data;
}
