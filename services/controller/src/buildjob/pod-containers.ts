import type { Pod } from '@buildkite-operator/kube';
import { annotationKeys, containerNames } from '@buildkite-operator/podspec';

type PodStatus = NonNullable<Pod['status']>;
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** A container that has ended. */
export interface EndedContainer {
  readonly name: string;
  readonly terminated: Terminated;
}

/**
 * Whether the job's agent runs elsewhere, and has acquired the job before there was a pod: the pod has no agent. Its checkout is the last of
 * its init containers, so its command starts once that has succeeded.
 */
export function isOutside({ spec }: Pod): boolean {
  return spec !== undefined && !spec.containers.some(({ name }) => name === containerNames.agent);
}

/** The status of one of the pod's containers, once the kubelet has reported it. */
export function containerStatus({ status }: Pod, name: string): ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(container => container.name === name);
}

/** The agent's ending, if it has ended. */
export function endedAgent(pod: Pod): Terminated | undefined {
  return containerStatus(pod, containerNames.agent)?.state?.terminated;
}

/** The end that is the job's, if it has come: that of its agent; of an outside job that of a client that failed, or of the command. */
export function decisiveEnd(pod: Pod): Terminated | undefined {
  if (!isOutside(pod)) return endedAgent(pod);
  const clients = endedClients(pod);
  const decisive =
    clients.find(({ terminated }) => terminated.exitCode !== 0) ?? clients.find(({ name }) => name === containerNames.command);
  return decisive?.terminated;
}

/** The containers whose exit status makes the job's, in the order in which they take their turn. */
export function clientNames({ metadata }: Pod): readonly string[] {
  const further = metadata?.annotations?.[annotationKeys.commandContainers];
  return [containerNames.checkout, containerNames.command, ...(further === undefined ? [] : further.split(','))];
}

/** What the kubelet has reported of them. */
export function clientStatuses(pod: Pod): ContainerStatus[] {
  return clientNames(pod).flatMap(name => containerStatus(pod, name) ?? []);
}

/** How many client containers the pod has; the kubelet may not have reported all of them yet. */
export function clientCount(pod: Pod): number {
  const names = new Set(clientNames(pod));
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].filter(container => names.has(container.name)).length;
}

/** Clients that have ended, in order. */
export function endedClients(pod: Pod): EndedContainer[] {
  return clientStatuses(pod).flatMap(({ name, state }) =>
    state?.terminated === undefined ? [] : [{ name, terminated: state.terminated }],
  );
}

/** The first init container that failed; native sidecars and clients are not among them. */
export function failedInitContainer(pod: Pod): EndedContainer | undefined {
  const sidecars = (pod.spec?.initContainers ?? []).filter(container => container.restartPolicy === 'Always');
  const others = new Set([...sidecars.map(container => container.name), ...clientNames(pod)]);
  for (const { name, state } of pod.status?.initContainerStatuses ?? []) {
    if (state?.terminated !== undefined && state.terminated.exitCode !== 0 && !others.has(name))
      return { name, terminated: state.terminated };
  }
  return undefined;
}

/** Whether all containers have ended but for init containers and sidecars. */
export function mainContainersEnded(pod: Pod): boolean {
  const { containers = [] } = pod.spec ?? {};
  return containers.length > 0 && containers.every(({ name }) => containerStatus(pod, name)?.state?.terminated !== undefined);
}

/** Whether any container of the pod still runs. */
export function anyContainerRuns(pod: Pod): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.some(status => status.state?.running !== undefined);
}

/** The first own container that was killed for its memory and failed by it. */
export function oomKilledContainer(pod: Pod): EndedContainer | undefined {
  const agent = endedAgent(pod);
  const ended = [...endedClients(pod), ...(agent === undefined ? [] : [{ name: containerNames.agent, terminated: agent }])];
  return ended.find(({ terminated }) => terminated.reason === 'OOMKilled' && terminated.exitCode !== 0);
}
