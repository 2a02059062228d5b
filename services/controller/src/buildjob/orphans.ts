import {
  controllerOf,
  done,
  isKubeError,
  type Live,
  type Pod,
  parseKey,
  type ReconcileResult,
  requeueAfter,
} from '@buildkite-operator/kube';
import { podFinalizer } from '@buildkite-operator/podspec';
import type { BuildJobDependencies } from './controller.ts';
import { hasEnded, unconfirmedMs } from './pod-ending.ts';
import { releasePod } from './release-pod.ts';

/**
 * Sees the pods of a deleted BuildJob out: each gets its grace period, so that its agent tells Buildkite, and is let go once it
 * has ended, by force where its node never confirms it. Asks the API server first whether the BuildJob is really gone. Another one may have its name by now.
 */
export async function reapOrphans(key: string, deps: BuildJobDependencies, signal: AbortSignal): Promise<ReconcileResult> {
  const ref = parseKey(key);
  const job = deps.jobs.store.get(key);
  const keeper = job?.metadata.deletionTimestamp === undefined ? job?.metadata.uid : undefined;
  const orphans = deps.pods.store.byIndex(ownerNameIndex, key).filter(pod => controllerOf(pod)?.uid !== keeper);
  if (orphans.length === 0) return done();
  const live = await deps.jobs.client.find(ref, {}, signal);
  let waitMs: number | undefined;
  for (const pod of orphans) {
    if (live !== undefined && live.metadata.deletionTimestamp === undefined && controllerOf(pod)?.uid === live.metadata.uid) continue;
    waitMs = Math.min(waitMs ?? Number.POSITIVE_INFINITY, await seeOut(pod, deps, signal));
  }
  return waitMs === undefined || !Number.isFinite(waitMs) ? done() : requeueAfter(waitMs);
}

/** Index of pods by the key of the BuildJob that owns them. */
export const ownerNameIndex = 'buildjob';

/** The values of that index. */
export function ownerName(pod: Live<Pod>): string[] {
  const owner = controllerOf(pod);
  return owner?.kind === 'BuildJob' ? [`${pod.metadata.namespace}/${owner.name}`] : [];
}

async function seeOut(pod: Live<Pod>, { pods, clock }: BuildJobDependencies, signal: AbortSignal): Promise<number> {
  const { name, namespace, uid, deletionTimestamp, finalizers = [] } = pod.metadata;
  const { ended, waitMs } = hasEnded(pod, clock.now());
  if (ended && finalizers.includes(podFinalizer)) await releasePod(pod, pods.client, signal);
  const unconfirmed = unconfirmedMs(pod, clock.now());
  if (deletionTimestamp === undefined || unconfirmed === 0) {
    const grace = unconfirmed === 0 ? { gracePeriodSeconds: 0 } : {};
    try {
      await pods.client.delete({ name, namespace }, { preconditions: { uid }, ...grace }, signal);
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
  return waitMs ?? (unconfirmed || Number.POSITIVE_INFINITY);
}
