import type { BuildJob } from '@buildkite-operator/crds';
import { controllerOf, type Live, type Pod } from '@buildkite-operator/kube';
import { buildJobs } from './resources.ts';

/** Whose a pod with the name of a job's pod is. */
export type NameHolder =
  /** The job's own. */
  | { readonly kind: 'own' }
  /** Of an earlier BuildJob with the job's name; it is on its way out. */
  | { readonly kind: 'earlier' }
  /** Of another BuildJob, for the same Buildkite job. */
  | { readonly kind: 'rival'; readonly name: string }
  /** None of ours: somebody made it by hand, or by another controller. */
  | { readonly kind: 'stranger' };

/** Tells whose it is by its owner. Pure. */
export function nameHolder(pod: Pod, job: Live<BuildJob>): NameHolder {
  const owner = controllerOf(pod);
  if (owner === undefined || owner.kind !== buildJobs.kind) return { kind: 'stranger' };
  if (owner.uid === job.metadata.uid) return { kind: 'own' };
  return owner.name === job.metadata.name ? { kind: 'earlier' } : { kind: 'rival', name: owner.name };
}
