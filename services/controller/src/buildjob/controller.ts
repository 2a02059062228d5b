import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import {
  type Change,
  type ControllerSource,
  controllerOf,
  type EventRecorder,
  isKubeError,
  type Live,
  objectKey,
  type Pod,
  type ReconcileResult,
  type ResourceClient,
  requeueAfter,
  type StoreReader,
  watchStore,
} from '@buildkite-operator/kube';
import { type PodDefaults, podNameFor, timeoutsOf } from '@buildkite-operator/podspec';
import type { Clock, Logger } from '@buildkite-operator/service';
import { announce, announceEnd } from './announce.ts';
import { createPod } from './create-pod.ts';
import { type Action, type Decision, decide, givesUpPod, leftoverGrace, type Observed } from './decide.ts';
import type { BuildJobMetrics } from './metrics.ts';
import { nameHolder } from './name-holder.ts';
import { reapOrphans } from './orphans.ts';
import { unconfirmedMs } from './pod-ending.ts';
import { releasePod } from './release-pod.ts';
import { buildJobs } from './resources.ts';

/** What of the operator's configuration the BuildJob controller goes by. */
export interface BuildJobConfig {
  readonly defaults: PodDefaults;
  /** What jobs may ask for beyond their environments. */
  readonly policy: Policy;
  /** How long a failing image or container may recover, or a named BuildEnvironment be missing. */
  readonly startFailureGraceSeconds: number;
  /** How long a pod may find no node. */
  readonly unschedulableGraceSeconds: number;
  /** How many pods are made for one job in all, while it has not begun. */
  readonly maxPods: number;
}

/** What the BuildJob controller works with. */
export interface BuildJobDependencies {
  readonly jobs: { readonly client: ResourceClient<BuildJob>; readonly store: StoreReader<BuildJob> };
  readonly pods: { readonly client: ResourceClient<Pod>; readonly store: StoreReader<Pod> };
  readonly environments: { readonly store: StoreReader<BuildEnvironment> };
  readonly events: EventRecorder;
  /** The configuration as it is now: asked for at each use, so that a change counts from the next reconcile on. */
  readonly config: () => BuildJobConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: BuildJobMetrics;
}

/** Owner of the fields that this controller applies. */
const fieldManager = 'buildjob-controller';

/** A change of one of these makes the BuildJobs that it concerns be looked at again. */
export function buildJobSources({ jobs, pods, environments }: BuildJobDependencies): ControllerSource[] {
  return [
    watchStore(jobs.store, change => [objectKey(change.object)]),
    watchStore(pods.store, change => ownerKeys(change.object)),
    watchStore(environments.store, (change: Change<BuildEnvironment>) => waitingJobs(jobs.store, change.object)),
  ];
}

/** Brings one BuildJob a step further: observe, decide, write the status, act. Safe to repeat at any point. */
export async function reconcileBuildJob(key: string, deps: BuildJobDependencies, signal: AbortSignal): Promise<ReconcileResult> {
  const orphans = await reapOrphans(key, deps, signal);
  const job = deps.jobs.store.get(key);
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return orphans;
  announceEnd(job, deps);
  const { observed, decision } = await confirmed(job, await observe(job, deps, signal), deps, signal);
  const current = await writeStatus(job, decision, deps, signal);
  const blocked = await act(decision.action, current, observed.pod, deps, signal);
  if (blocked !== undefined) await writeStatus(current, blocked, deps, signal);
  return sooner(orphans, blocked?.waitMs ?? decision.waitMs);
}

function sooner(result: ReconcileResult, waitMs: number | undefined): ReconcileResult {
  if (waitMs === undefined || (result.kind === 'requeue' && result.afterMs < waitMs)) return result;
  return requeueAfter(waitMs);
}

/** Decides, and asks for the pod itself before one is given up: the cache may not know yet that its agent has acquired the job. */
async function confirmed(job: Live<BuildJob>, observed: Observed, deps: BuildJobDependencies, signal: AbortSignal) {
  const decision = decide(observed, deps.clock.now());
  const { name, namespace } = observed.pod?.metadata ?? {};
  if (name === undefined || !givesUpPod(decision, job)) return { observed, decision };
  const live = see(job, await deps.pods.client.find({ namespace, name }, {}, signal), deps);
  return { observed: live, decision: decide(live, deps.clock.now()) };
}

/** Reads the caches; asks the API server before it believes that a recorded pod is gone, or that another one is the job's. */
async function observe(job: Live<BuildJob>, deps: BuildJobDependencies, signal: AbortSignal): Promise<Observed> {
  const name = job.status?.podName ?? podNameFor(job.spec.buildkite.jobId);
  const { namespace } = job.metadata;
  const cached = deps.pods.store.get(`${namespace}/${name}`);
  const pod = doubtful(job, cached) ? await deps.pods.client.find({ namespace, name }, {}, signal) : cached;
  return see(job, pod, deps);
}

/** What is to be decided on, if this is the pod that has the name of the job's. */
function see(job: Live<BuildJob>, pod: Pod | undefined, deps: BuildJobDependencies): Observed {
  const { defaults, startFailureGraceSeconds, unschedulableGraceSeconds, maxPods } = deps.config();
  const limits = { ...timeoutsOf(job, defaults), startFailureGraceSeconds, unschedulableGraceSeconds, maxPods };
  const eventPending = deps.events.isPending(job.metadata.uid);
  const seen: Observed = { job, pod: undefined, rival: undefined, nameTaken: undefined, eventPending, limits };
  const holder = pod === undefined ? undefined : nameHolder(pod, job);
  switch (holder?.kind) {
    case undefined:
      return seen;
    case 'own':
      return { ...seen, pod };
    case 'rival':
      return { ...seen, rival: holder.name };
    case 'earlier':
      return { ...seen, nameTaken: 'by-earlier' };
    case 'stranger':
      return { ...seen, nameTaken: 'by-stranger' };
  }
}

/** Whether the cache may be behind the status: it lacks the recorded pod, or, after a replacement, has neither this nor the last one. */
function doubtful({ status = {} }: BuildJob, cached: Pod | undefined): boolean {
  const { podUid, replacedPodUid, finishedTime } = status;
  if (finishedTime !== undefined) return false;
  const uid = cached?.metadata?.uid;
  if (podUid !== undefined) return uid !== podUid;
  return replacedPodUid !== undefined && uid !== undefined && uid !== replacedPodUid;
}

/**
 * Writes the decided status if it is new. Before a pod is made it is written in any case: the write fails with Conflict if the
 * cached job is not the job as it is now, which may have had its pod already.
 */
async function writeStatus(
  job: Live<BuildJob>,
  { status, action }: Decision,
  deps: BuildJobDependencies,
  signal: AbortSignal,
): Promise<Live<BuildJob>> {
  const unchanged = isDeepStrictEqual(JSON.parse(JSON.stringify(status)), JSON.parse(JSON.stringify(job.status ?? {})));
  if (unchanged && action.kind !== 'create-pod') return job;
  const { name, namespace, resourceVersion } = job.metadata;
  const written = await deps.jobs.client.applyStatus(
    { apiVersion: job.apiVersion, kind: job.kind, metadata: { name, namespace, resourceVersion }, spec: job.spec, status },
    { fieldManager },
    signal,
  );
  announce(job, written, deps);
  return written;
}

/** Does what was decided. What comes back is a second decision: why the pod could not be made. */
async function act(
  action: Action,
  job: Live<BuildJob>,
  pod: Pod | undefined,
  deps: BuildJobDependencies,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  switch (action.kind) {
    case 'none':
      return undefined;
    case 'create-pod':
      return createPod(job, deps, signal);
    case 'stop-pod':
      await deletePod(pod, action.gracePeriodSeconds, deps, signal);
      return undefined;
    case 'give-up-pod':
      if (pod === undefined) return undefined;
      await releasePod(pod, deps.pods.client, signal);
      if (pod.metadata?.deletionTimestamp === undefined || unconfirmedMs(pod, deps.clock.now()) === 0)
        await deletePod(pod, leftoverGrace(pod, deps.clock.now()), deps, signal);
      return undefined;
    case 'clean-up':
      // Let go first: the deletion makes another version of the pod, and the release is for the version that was seen.
      if (action.releasePod && pod !== undefined) await releasePod(pod, deps.pods.client, signal);
      if (action.endPod) await deletePod(pod, pod === undefined ? undefined : leftoverGrace(pod, deps.clock.now()), deps, signal);
      if (action.removeJob) await deleteJob(job, deps, signal);
      return undefined;
  }
}

async function deletePod(
  pod: Pod | undefined,
  gracePeriodSeconds: number | undefined,
  { pods }: BuildJobDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = pod?.metadata ?? {};
  if (name === undefined) return;
  await ignoringReplaced(
    pods.client.delete(
      { name, namespace },
      { preconditions: { uid }, ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }) },
      signal,
    ),
  );
}

async function deleteJob(job: Live<BuildJob>, { jobs }: BuildJobDependencies, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = job.metadata;
  await ignoringReplaced(jobs.client.delete({ name, namespace }, { preconditions: { uid }, propagationPolicy: 'Background' }, signal));
}

/** A Conflict about the uid means that the object is gone and another one has its name: there is nothing left to delete. */
async function ignoringReplaced(deletion: Promise<boolean>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) throw error;
  }
}

function ownerKeys(pod: Live<Pod>): string[] {
  const owner = controllerOf(pod);
  return owner?.kind === buildJobs.kind ? [`${pod.metadata.namespace}/${owner.name}`] : [];
}

/** Jobs that wait for this environment to appear or to be corrected. */
function waitingJobs(store: StoreReader<BuildJob>, environment: Live<BuildEnvironment>): string[] {
  return store
    .inNamespace(environment.metadata.namespace)
    .filter(job => job.status?.reason === 'EnvironmentNotFound' && job.status.finishedTime === undefined)
    .map(job => objectKey(job));
}
