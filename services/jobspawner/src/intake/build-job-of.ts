import type { OperatorConfig } from '@buildkite-operator/config';
import { settingsContextOf } from '@buildkite-operator/config';
import { apiVersion, type BuildJob, reportEndingFinalizer } from '@buildkite-operator/crds';
import { type BuildJobOutcome, buildJobSpecFor, type PipelineJob } from '@buildkite-operator/pipeline-settings';
import { labelKeys, managedByValue, podNameFor, toLabelValue } from '@buildkite-operator/podspec';

/** What a Buildkite job becomes. */
export interface NewBuildJob {
  readonly object: BuildJob;
  /** For the job's page. */
  readonly notices: readonly string[];
  readonly placeOf: BuildJobOutcome['placeOf'];
}

export interface BuildJobPlace {
  /** Key of the queue that the job was taken from. */
  readonly queue: string;
  /** Namespace of the jobs. */
  readonly namespace: string;
  /** `template.spec` of the PodTemplates that the job may name. */
  readonly podTemplates: ReadonlyMap<string, unknown>;
}

/**
 * The BuildJob for a job. The job's own environment is not in it, which may be large and hold secrets: the agent gets it from Buildkite and
 * hands it to the command. Throws `PipelineSettingsError` where the pipeline asks for what cannot be had.
 */
export function buildJobOf(job: PipelineJob, config: OperatorConfig, { queue, namespace, podTemplates }: BuildJobPlace): NewBuildJob {
  const { spec, notices, placeOf } = buildJobSpecFor(job, { ...settingsContextOf(config, queue), podTemplates });
  const labels = {
    [labelKeys.jobId]: job.id,
    [labelKeys.managedBy]: managedByValue,
    ...labelled(labelKeys.queue, queue),
    ...labelled(labelKeys.pipeline, spec.buildkite.pipeline),
  };
  return {
    object: {
      apiVersion,
      kind: 'BuildJob',
      metadata: { name: buildJobName(job.id), namespace, labels, finalizers: [reportEndingFinalizer] },
      // The queue that it waits in, whatever its tags call it: places and reports go by it.
      spec: { ...spec, buildkite: { ...spec.buildkite, queue } },
    },
    notices,
    placeOf,
  };
}

/** The name makes a second BuildJob for the same job impossible. It is that of its pod, too. */
export function buildJobName(jobId: string): string {
  return podNameFor(jobId);
}

function labelled(key: string, text: string | undefined): Record<string, string> {
  const value = toLabelValue(text ?? '');
  return value === '' ? {} : { [key]: value };
}
