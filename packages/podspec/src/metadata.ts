import type { BuildJob } from '@buildkite-operator/crds';
import type { Composition } from './compose.ts';
import { annotationKeys, labelKeys, managedByValue } from './names.ts';
import type { ResolvedContainer } from './resolve-container.ts';

const ownLabelKeys: ReadonlySet<string> = new Set(Object.values(labelKeys));
const ownAnnotationKeys: ReadonlySet<string> = new Set(Object.values(annotationKeys).filter(key => key !== annotationKeys.safeToEvict));

/** A label value that says as much of `text` as the rules for label values let it. */
export function toLabelValue(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** What the pod's labels and annotations are made of. */
type Labelled = Pick<Composition, 'environment' | 'environmentName'>;
type Annotated = Pick<Composition, 'environment'> & { readonly sidecars: readonly Pick<ResolvedContainer, 'essential' | 'name'>[] };

/** The pod's labels. The operator's own are nobody else's to set, because services select by them. */
export function podLabels(job: BuildJob, queue: string, { environment, environmentName }: Labelled): Record<string, string> {
  return {
    ...without(ownLabelKeys, { ...environment.podLabels, ...job.spec.podLabels }),
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

/**
 * The pod's annotations: what is too long or too free for a label, which sidecars are essential, which containers run further commands, and what environment and job add. The
 * operator's own are nobody else's to set, because the controller goes by them; whether an autoscaler may evict the pod is anybody's.
 */
export function podAnnotations(job: BuildJob, { environment, sidecars }: Annotated): Record<string, string> {
  const { branch, buildUrl, pipeline, stepKey } = job.spec.buildkite;
  const essential = sidecars.filter(({ essential }) => essential).map(({ name }) => name);
  const further = (job.spec.commandContainers ?? []).map(({ name }) => name);
  const known = {
    [annotationKeys.branch]: branch,
    [annotationKeys.buildUrl]: buildUrl,
    [annotationKeys.pipeline]: pipeline,
    [annotationKeys.stepKey]: stepKey,
    [annotationKeys.commandContainers]: further.length === 0 ? undefined : further.join(','),
    [annotationKeys.essentialContainers]: essential.length === 0 ? undefined : essential.toSorted().join(','),
  };
  const given = Object.entries(known).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return {
    [annotationKeys.safeToEvict]: 'false',
    ...without(ownAnnotationKeys, { ...environment.podAnnotations, ...job.spec.podAnnotations }),
    ...Object.fromEntries(given),
  };
}

function without(keys: ReadonlySet<string>, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.has(key)));
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  const labels = Object.entries(values).map(([key, value]) => [key, toLabelValue(value ?? '')] as const);
  return Object.fromEntries(labels.filter(([, value]) => value !== ''));
}
