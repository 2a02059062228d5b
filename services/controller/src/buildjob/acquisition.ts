import type { Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { type ContainerStatus, clientCount, clientStatuses, containerStatus, isOutside, type Terminated } from './pod-containers.ts';

/** Reasons of kubelet and container runtimes for a container that was made, but whose process never began. */
const neverBegan: ReadonlySet<string> = new Set(['StartError', 'ContainerCannotRun']);

/** Whether the container was made but its process never began, as where its command does not exist. */
export function couldNotStart(terminated: Terminated | undefined): boolean {
  return neverBegan.has(terminated?.reason ?? '');
}

/**
 * Whether the container has started, by what is known of it, or may have: a container that the kubelet lost counts as started
 * where it ever had an ID.
 */
export function mayHaveStarted({ state, lastState, started, containerID }: ContainerStatus): boolean {
  if (state?.running !== undefined || started === true) return true;
  if (lastState?.terminated !== undefined && !couldNotStart(lastState.terminated)) return true;
  const ended = state?.terminated;
  if (ended === undefined || couldNotStart(ended)) return false;
  const known = ended.startedAt ?? ended.containerID ?? containerID ?? '';
  return known !== '';
}

/**
 * Whether the pod may have begun with the job, so that no other pod may: its agent may have acquired it, which it does only after every
 * client container has started (the gate). An outside job is acquired before it has a pod; it begins with the start of its first client.
 *
 * What the kubelet has not reported yet, or can no longer report of a lost node, does not count: the last report does. So an agent
 * behind a cut line may yet acquire a job that a new pod is made for. Even then one agent at most runs it (G1): Buildkite gives a job to the
 * first agent that acquires it and answers every other one 422, which ends that one with reason NotAcquired.
 */
export function mayHaveBegun(pod: Pod): boolean {
  const clients = clientStatuses(pod);
  if (isOutside(pod)) return clients.some(mayHaveStarted);
  const agent = containerStatus(pod, containerNames.agent);
  return agent !== undefined && mayHaveStarted(agent) && clients.length >= clientCount(pod) && clients.every(mayHaveStarted);
}
