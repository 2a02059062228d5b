import type { Phase, Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { type ContainerStatus, clientCount, clientStatuses, containerStatus } from './pod-containers.ts';

/** What keeps a pod from running. */
export interface Obstacle {
  readonly reason: Extract<Reason, 'Unschedulable' | 'ImagePull' | 'InvalidImage' | 'ConfigError'>;
  readonly message: string;
}

/** How far a pod is on its way to its end. Times are RFC 3339. */
export interface Progress {
  readonly phase: Extract<Phase, 'Scheduling' | 'Initializing' | 'Running'>;
  readonly schedulingTime: string | undefined;
  readonly initializingTime: string | undefined;
  readonly runningTime: string | undefined;
  readonly obstacle: Obstacle | undefined;
}

/** Waiting reasons of the kubelet, from its container runtime and image managers, by what they mean here. */
const waitingReasons: Readonly<Record<string, Obstacle['reason']>> = {
  ErrImagePull: 'ImagePull',
  ImagePullBackOff: 'ImagePull',
  ErrImageNeverPull: 'ImagePull',
  ImageInspectError: 'ImagePull',
  RegistryUnavailable: 'ImagePull',
  SignatureValidationFailed: 'ImagePull',
  InvalidImageName: 'InvalidImage',
  CreateContainerConfigError: 'ConfigError',
  CreateContainerError: 'ConfigError',
  RunContainerError: 'ConfigError',
  PreCreateHookError: 'ConfigError',
  PreStartHookError: 'ConfigError',
  PostStartHookError: 'ConfigError',
};

/** Reads how far the pod is. Pure. */
export function podProgress(pod: Pod): Progress {
  const scheduled = pod.status?.conditions?.find(condition => condition.type === 'PodScheduled');
  const runningTime = startedTime(pod);
  const times = {
    schedulingTime: pod.metadata?.creationTimestamp,
    initializingTime: scheduled?.status === 'True' ? (scheduled.lastTransitionTime ?? undefined) : undefined,
    runningTime,
  };
  if (scheduled?.status !== 'True') {
    const obstacle: Obstacle | undefined =
      scheduled?.reason === 'Unschedulable'
        ? { reason: 'Unschedulable', message: `no node can take the pod: ${scheduled.message ?? 'the scheduler gives no reason'}` }
        : undefined;
    return { phase: 'Scheduling', ...times, obstacle };
  }
  if (runningTime !== undefined) return { phase: 'Running', ...times, obstacle: undefined };
  return { phase: 'Initializing', ...times, obstacle: containerObstacle(pod) };
}

function startedTime(pod: Pod): string | undefined {
  const agent = containerStatus(pod, containerNames.agent);
  const clients = clientStatuses(pod);
  if (agent === undefined || clients.length < clientCount(pod)) return undefined;
  const times = [agent, ...clients].flatMap(({ state }) => state?.running?.startedAt ?? state?.terminated?.startedAt ?? []);
  return times.length < 1 + clients.length ? undefined : times.toSorted().at(-1);
}

function containerObstacle(pod: Pod): Obstacle | undefined {
  const statuses: ContainerStatus[] = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name, image, state } of statuses) {
    const reason = waitingReasons[state?.waiting?.reason ?? ''];
    if (reason === undefined) continue;
    return {
      reason,
      message: `container ${name}${reason === 'ConfigError' ? '' : ` (image ${image})`}: ${state?.waiting?.reason}: ${state?.waiting?.message ?? 'no message'}`,
    };
  }
  return undefined;
}
