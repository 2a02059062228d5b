import type { Pod } from '@buildkite-operator/kube';
import { annotationKeys } from '@buildkite-operator/podspec';
import { describe, lastSaid, memoryLimit } from './container-words.ts';
import { type ContainerStatus, decisiveEnd, type EndedContainer } from './pod-containers.ts';
import type { Obstacle } from './pod-progress.ts';

/**
 * The essential sidecar that failed while the job ran, if one did: it ended with another exit code than 0, whether it was started again
 * since or not. What sidecars end with while the pod is taken down, or after the job's end, says nothing.
 */
export function failedSidecar(pod: Pod, runningTime: string | undefined): Obstacle | undefined {
  if (runningTime === undefined || pod.metadata?.deletionTimestamp !== undefined || decisiveEnd(pod) !== undefined) return undefined;
  const failed = essentialSidecars(pod).flatMap(status => lastFailure(status) ?? []);
  // An ending before the start was forgiven: the job has started all the same. The kubelet's times are whole seconds.
  const since = failed.find(({ terminated }) => !(Date.parse(terminated.finishedAt ?? '') < Date.parse(runningTime)));
  return since === undefined
    ? undefined
    : { reason: 'SidecarFailed', message: `essential sidecar ${ended(pod, since)}; see its container log${lastSaid(since.terminated)}` };
}

/** The essential sidecar that crashes before the job has started, if one does. It may recover until the pending timeout. */
export function crashingSidecar(pod: Pod): Obstacle | undefined {
  for (const status of essentialSidecars(pod)) {
    const failure = status.started === true ? undefined : lastFailure(status);
    if (failure === undefined) continue;
    return {
      reason: 'SidecarFailed',
      message: `essential sidecar ${ended(pod, failure)} before the job started, and is started again; see its container log${lastSaid(failure.terminated)}`,
    };
  }
  return undefined;
}

/** The essential sidecar that runs, or is to, and is not ready for the job to start. */
export function awaitedSidecar(pod: Pod): Obstacle | undefined {
  const unready = essentialSidecars(pod).find(({ started, state }) => state?.running !== undefined && started === false);
  return unready === undefined
    ? undefined
    : {
        reason: 'SidecarFailed',
        message: `essential sidecar ${unready.name} has not become ready: its startupProbe does not succeed; see its container log`,
      };
}

function essentialSidecars(pod: Pod): ContainerStatus[] {
  const names = new Set((pod.metadata?.annotations?.[annotationKeys.essentialContainers] ?? '').split(','));
  return (pod.status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name));
}

function lastFailure({ name, state, lastState }: ContainerStatus): EndedContainer | undefined {
  const terminated = [state?.terminated, lastState?.terminated].find(end => end !== undefined && end.exitCode !== 0);
  return terminated === undefined ? undefined : { name, terminated };
}

function ended(pod: Pod, { name, terminated }: EndedContainer): string {
  const memory =
    terminated.reason === 'OOMKilled' ? `: it used more memory than ${memoryLimit(pod, name)}; raise its resources.limits.memory` : '';
  return `${name} ended with ${describe(terminated)}${memory}`;
}
