import type { Phase, Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { couldNotStart } from './acquisition.ts';
import { type ContainerStatus, clientCount, clientStatuses, containerStatus, isOutside } from './pod-containers.ts';
import { awaitedSidecar, crashingSidecar, failedSidecar } from './sidecars.ts';
import { startAdvice, startFailure } from './start-failure.ts';

/** What keeps a pod from running. */
export interface Obstacle {
  readonly reason: Extract<Reason, 'Unschedulable' | 'ImagePull' | 'InvalidImage' | 'ConfigError' | 'SidecarFailed'>;
  readonly message: string;
  /** Whether it can never go away by itself, so that no grace helps. */
  readonly final?: boolean;
}

/**
 * How far a pod is on its way to its end. Times are RFC 3339. It is Running once all containers have started; an outside job once the first
 * of its clients has, as its checkout: from then on the job's own work is done, its time counts, and no other pod may do it again.
 */
export interface Progress {
  readonly phase: Extract<Phase, 'Scheduling' | 'Initializing' | 'Running'>;
  readonly schedulingTime: string | undefined;
  readonly initializingTime: string | undefined;
  readonly runningTime: string | undefined;
  /** While the pod runs, what keeps the command of an outside job from following its checkout. */
  readonly obstacle: Obstacle | undefined;
  /** What the start waits for, where nothing is wrong yet: told only when it has been waited for too long. */
  readonly awaited?: Obstacle | undefined;
  /** An essential sidecar that has failed while the job ran. */
  readonly failedSidecar?: Obstacle | undefined;
}

/** Waiting reasons of the kubelet, from its container runtime and image managers, by what they mean here. */
const waitingReasons: Readonly<Record<string, 'ImagePull' | 'InvalidImage' | 'ConfigError'>> = {
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

/** What a person should do about each of them. */
const advice: Readonly<Record<Exclude<Obstacle['reason'], 'SidecarFailed'>, string>> = {
  ImagePull: "check the image's name and tag, the registry, and imagePullSecrets of the environment",
  InvalidImage: "correct the image's name",
  ConfigError: 'create the Secret or ConfigMap that it names, or correct the container',
  Unschedulable:
    'ask for less (resources), correct nodeSelector, jobNodeRequirements or tolerations, or add a node that fits; taints and sizes of nodes are shown by kubectl describe nodes',
};

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

/** Reads how far the pod is. Pure. */
export function podProgress(pod: Pod): Progress {
  const scheduled = pod.status?.conditions?.find(condition => condition.type === 'PodScheduled');
  const runningTime = startedTime(pod);
  const times = {
    schedulingTime: pod.metadata?.creationTimestamp,
    initializingTime: scheduled?.status === 'True' ? (scheduled.lastTransitionTime ?? undefined) : undefined,
    runningTime,
  };
  if (scheduled?.status !== 'True') return { phase: 'Scheduling', ...times, obstacle: schedulingObstacle(scheduled) };
  if (runningTime !== undefined) {
    const obstacle = containerObstacle(clientStatuses(pod)) ?? startObstacle(pod);
    return { phase: 'Running', ...times, obstacle, failedSidecar: failedSidecar(pod, runningTime) };
  }
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return {
    phase: 'Initializing',
    ...times,
    obstacle: containerObstacle(statuses) ?? startObstacle(pod) ?? crashingSidecar(pod),
    awaited: awaitedSidecar(pod),
  };
}

function schedulingObstacle(scheduled: PodCondition | undefined): Obstacle | undefined {
  if (scheduled?.reason !== 'Unschedulable') return undefined;
  const message = `no node can take the pod: ${scheduled.message ?? 'the scheduler gives no reason'}; ${advice.Unschedulable}`;
  return { reason: 'Unschedulable', message };
}

function startedTime(pod: Pod): string | undefined {
  const clients = clientStatuses(pod);
  if (isOutside(pod)) return startTimes(clients).at(0);
  const agent = containerStatus(pod, containerNames.agent);
  if (agent === undefined || clients.length < clientCount(pod)) return undefined;
  const times = startTimes([agent, ...clients]);
  return times.length < 1 + clients.length ? undefined : times.at(-1);
}

function startTimes(statuses: readonly ContainerStatus[]): string[] {
  return statuses
    .flatMap(({ state }) => (couldNotStart(state?.terminated) ? [] : (state?.running?.startedAt ?? state?.terminated?.startedAt ?? [])))
    .toSorted();
}

function containerObstacle(statuses: readonly ContainerStatus[]): Obstacle | undefined {
  return statuses.map(waitingObstacle).find(obstacle => obstacle !== undefined);
}

function waitingObstacle({ name, image, state }: ContainerStatus): Obstacle | undefined {
  const { reason: waitsFor = '', message: words } = state?.waiting ?? {};
  const reason = waitingReasons[waitsFor];
  if (reason === undefined) return undefined;
  const remedy = waitsFor === 'RunContainerError' ? startAdvice(name, words) : advice[reason];
  const which = reason === 'ConfigError' ? '' : ` (image ${image})`;
  return {
    reason,
    message: `container ${name}${which}: ${waitsFor}: ${words ?? 'no message'}; ${remedy}`,
    ...(reason === 'InvalidImage' && { final: true }),
  };
}

function startObstacle(pod: Pod): Obstacle | undefined {
  const failure = startFailure(pod);
  return failure === undefined ? undefined : { reason: 'ConfigError', ...failure };
}
