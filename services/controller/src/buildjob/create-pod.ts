import type { BuildJob } from '@buildkite-operator/crds';
import { isKubeError, type KubeError, type Live, ownerReference, type Pod } from '@buildkite-operator/kube';
import { describeProblem, type Problem, policyProblems, RenderError, renderPod } from '@buildkite-operator/podspec';
import type { BuildJobDependencies } from './controller.ts';
import { type Decision, decideBlocked, duplicateOf, finish, nameHeld } from './decide.ts';
import { nameHolder } from './name-holder.ts';
import { buildJobs } from './resources.ts';

/** How soon a full quota is tried again. */
const quotaRetryMs = 5000;

/**
 * Renders and creates the job's pod. Its name comes from the Buildkite job, so the API server lets only one exist.
 * Returns a decision where the pod cannot be made: the job ends, or waits for what is missing. Other failures are thrown.
 */
export async function createPod(job: Live<BuildJob>, deps: BuildJobDependencies, signal: AbortSignal): Promise<Decision | undefined> {
  const now = deps.clock.now();
  const rendered = rendering(job, deps);
  if (rendered.pod === undefined) return refusedByRenderer(job, rendered.problems, deps, now);
  const pod = withOwner(rendered.pod, job);
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

/** The pod, or all that keeps it from being made: what is wrong with the job, and what policy does not allow it. */
function rendering(job: Live<BuildJob>, deps: BuildJobDependencies): { readonly pod?: Pod; readonly problems: readonly Problem[] } {
  const environments = environmentsOf(job, deps);
  const { defaults, policy } = deps.config();
  const forbidden = policyProblems(job, environments, defaults, policy);
  try {
    const pod = renderPod(job, environments, defaults);
    return forbidden.length === 0 ? { pod, problems: [] } : { problems: forbidden };
  } catch (error) {
    if (error instanceof RenderError) return { problems: [...error.problems, ...forbidden] };
    throw error;
  }
}

/** A named BuildEnvironment may be missing for a while: manifests are often applied together, in any order. */
function refusedByRenderer(job: Live<BuildJob>, problems: readonly Problem[], { config }: BuildJobDependencies, now: number): Decision {
  const missing = problems.filter(({ code }) => code === 'EnvironmentNotFound');
  const message = problems.map(describeProblem).join('\n');
  const left = Date.parse(job.metadata.creationTimestamp) + config().startFailureGraceSeconds * 1000 - now;
  if (missing.length > 0 && left > 0) return { ...decideBlocked(job, { reason: 'EnvironmentNotFound', message }, now), waitMs: left };
  const reason = missing.length > 0 && missing.length === problems.length ? 'EnvironmentNotFound' : 'Rejected';
  return finish(job, { phase: 'Failed', reason, message }, now);
}

/** Ours from an earlier pass whose answer was lost, or another BuildJob's for the same Buildkite job. */
async function alreadyExists(
  job: Live<BuildJob>,
  pod: Pod,
  { pods, clock }: BuildJobDependencies,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  const existing = await pods.client.find({ namespace: job.metadata.namespace, name: pod.metadata?.name ?? '' }, {}, signal);
  const holder = existing === undefined ? undefined : nameHolder(existing, job);
  if (holder?.kind === 'rival') return finish(job, duplicateOf(holder.name, job), clock.now());
  if (holder?.kind === 'stranger') return nameHeld(job, clock.now());
  // Its own, which the cache does not know yet, or one on its way out: that it goes is an event.
  return undefined;
}

/** A full quota empties again; what is Invalid or Forbidden otherwise stays so. Throws what another try may mend. */
function refusedByServer(job: Live<BuildJob>, error: KubeError, now: number): Decision {
  if (error.code === 'Forbidden' && error.message.includes('exceeded quota')) {
    return {
      ...decideBlocked(
        job,
        {
          reason: 'QuotaExceeded',
          message: `${error.message}; the pod is tried again until there is room: ask for less (resources), let other jobs end, or have the quota raised`,
        },
        now,
      ),
      waitMs: quotaRetryMs,
    };
  }
  if (error.code === 'Invalid' || error.code === 'Forbidden' || error.code === 'BadRequest' || error.code === 'RequestEntityTooLarge') {
    return finish(
      job,
      { phase: 'Failed', reason: 'Rejected', message: `the API server refuses the pod: ${error.message}; ${refusalAdvice(error)}` },
      now,
    );
  }
  throw error;
}

function refusalAdvice({ message }: KubeError): string {
  if (message.includes('violates PodSecurity')) return 'leave out what the namespace forbids, or run the job in a namespace that allows it';
  if (message.includes('admission webhook') || message.includes('ValidatingAdmissionPolicy'))
    return 'that is a rule of this cluster; change the job or ask who keeps the rule';
  return 'correct the BuildJob, its BuildEnvironments or its podPatch';
}
