import type { BuildEnvironmentSpec, BuildJob } from '@buildkite-operator/crds';
import { annotationKeys, labelKeys, managedByValue } from './names.ts';

const ownLabelKeys: ReadonlySet<string> = new Set(Object.values(labelKeys));

/** A label value that says as much of `text` as the rules for label values let it. */
export function toLabelValue(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** The pod's labels. The operator's own are nobody else's to set, because services select by them. */
export function podLabels(
  job: BuildJob,
  queue: string,
  environmentName: string | undefined,
  environment: BuildEnvironmentSpec,
): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(environment.podLabels ?? {}).filter(([key]) => !ownLabelKeys.has(key))),
    ...present({
      [labelKeys.pipeline]: job.spec.buildkite.pipeline,
      [labelKeys.queue]: queue,
      [labelKeys.environment]: environmentName,
      [labelKeys.buildJob]: job.metadata.name,
    }),
    [labelKeys.jobId]: job.spec.buildkite.jobId,
    [labelKeys.managedBy]: managedByValue,
  };
}

/** The pod's annotations: what is too long or too free for a label, and what an environment adds or overrides. */
export function podAnnotations(job: BuildJob, environment: BuildEnvironmentSpec): Record<string, string> {
  const { branch, buildUrl, pipeline, stepKey } = job.spec.buildkite;
  const known = {
    [annotationKeys.branch]: branch,
    [annotationKeys.buildUrl]: buildUrl,
    [annotationKeys.pipeline]: pipeline,
    [annotationKeys.stepKey]: stepKey,
  };
  const given = Object.entries(known).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return { [annotationKeys.safeToEvict]: 'false', ...environment.podAnnotations, ...Object.fromEntries(given) };
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  const labels = Object.entries(values).map(([key, value]) => [key, toLabelValue(value ?? '')] as const);
  return Object.fromEntries(labels.filter(([, value]) => value !== ''));
}
