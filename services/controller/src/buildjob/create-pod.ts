import type { BuildJob } from '@buildkite-operator/crds';
import { controllerOf, isKubeError, type KubeError, type Live, ownerReference, type Pod } from '@buildkite-operator/kube';
import { RenderError, renderPod } from '@buildkite-operator/podspec';
import type { BuildJobDependencies } from './controller.ts';
import { type Decision, decideBlocked, finish } from './decide.ts';
import { buildJobs } from './resources.ts';

/** How soon a full quota is tried again. */
const quotaRetryMs = 5000;

/**
 * Renders and creates the job's pod. Its name comes from the Buildkite job, so the API server lets only one exist.
 * Returns a decision where the pod cannot be made: the job ends, or waits for what is missing. Other failures are thrown.
 */
export async function createPod(job: Live<BuildJob>, deps: BuildJobDependencies, signal: AbortSignal): Promise<Decision | undefined> {
  const now = deps.clock.now();
  let pod: Pod;
  try {
    pod = withOwner(renderPod(job, environmentsOf(job, deps), deps.defaults), job);
  } catch (error) {
    if (error instanceof RenderError) return refusedByRenderer(job, error, deps, now);
    throw error;
  }
  try {
    await deps.pods.client.create(pod, {}, signal);
    deps.metrics.podCreated();
    return undefined;
  } catch (error) {
    if (!isKubeError(error)) throw error;
    if (error.code === 'AlreadyExists') return alreadyExists(job, pod, deps, signal);
    return refusedByServer(job, error, now);
  }
}

function environmentsOf(job: Live<BuildJob>, { environments }: BuildJobDependencies) {
  return new Map(environments.store.inNamespace(job.metadata.namespace).map(environment => [environment.metadata.name, environment]));
}

function withOwner(pod: Pod, job: Live<BuildJob>): Pod {
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [ownerReference(buildJobs, job, { blockOwnerDeletion: false })] } };
}

/** A named BuildEnvironment may be missing for a while: manifests are often applied together, in any order. */
function refusedByRenderer(
  job: Live<BuildJob>,
  error: RenderError,
  { startFailureGraceSeconds }: BuildJobDependencies,
  now: number,
): Decision {
  const missing = error.code === 'EnvironmentNotFound';
  const reason = missing ? 'EnvironmentNotFound' : 'Rejected';
  const left = Date.parse(job.metadata.creationTimestamp) + startFailureGraceSeconds * 1000 - now;
  if (missing && left > 0) return { ...decideBlocked(job, { reason, message: error.message }, now), waitMs: left };
  return finish(job, { phase: 'Failed', reason, message: error.message }, now);
}

/** Ours from an earlier pass whose answer was lost, or another BuildJob's for the same Buildkite job. */
async function alreadyExists(
  job: Live<BuildJob>,
  pod: Pod,
  { pods, clock }: BuildJobDependencies,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  const existing = await pods.client.find({ namespace: job.metadata.namespace, name: pod.metadata?.name ?? '' }, {}, signal);
  const owner = existing === undefined ? undefined : controllerOf(existing);
  if (owner === undefined || owner.uid === job.metadata.uid || owner.name === job.metadata.name) return undefined;
  const message = `BuildJob ${owner.name} already runs Buildkite job ${job.spec.buildkite.jobId}; delete this one`;
  return finish(job, { phase: 'Failed', reason: 'Duplicate', message }, clock.now());
}

/** A full quota empties again; what is Invalid or Forbidden otherwise stays so. Throws what another try may mend. */
function refusedByServer(job: Live<BuildJob>, error: KubeError, now: number): Decision {
  if (error.code === 'Forbidden' && error.message.includes('exceeded quota')) {
    return {
      ...decideBlocked(job, { reason: 'QuotaExceeded', message: `${error.message}; the pod is tried again until there is room` }, now),
      waitMs: quotaRetryMs,
    };
  }
  if (error.code === 'Invalid' || error.code === 'Forbidden' || error.code === 'BadRequest' || error.code === 'RequestEntityTooLarge') {
    return finish(job, { phase: 'Failed', reason: 'Rejected', message: `the API server refuses the pod: ${error.message}` }, now);
  }
  throw error;
}
