import { attachCluster } from '@buildkite-operator/e2e-cluster';
import type { Live, Pod } from '@buildkite-operator/kube';

/** SIGKILL to the first process of a pod's container, and with it to all others, past the kubelet. */
export async function killContainer(pod: Live<Pod>, container: string): Promise<void> {
  const id = pod.status?.containerStatuses?.find(({ name }) => name === container)?.containerID?.replace('containerd://', '');
  if (id === undefined) throw new Error(`pod ${pod.metadata.name} has no running container ${container}`);
  const cluster = await attachCluster();
  await cluster.nodeCommand(pod.spec?.nodeName ?? '', ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id]);
}
