import { setTimeout as delay } from 'node:timers/promises';
import { attachCluster } from '@buildkite-operator/e2e-cluster';
import { controllerSelector } from '@buildkite-operator/e2e-operator';
import type { Live, Pod } from '@buildkite-operator/kube';
import type { TestbedSession } from './connect-testbed.ts';

const name = 'buildkite-operator-controller';

/** How many replicas the operator is installed with. */
const usualReplicas = 2;

/** The controller's replicas, to be killed and started again. */
export class ControllerDeployment {
  readonly #session: TestbedSession;

  constructor(session: TestbedSession) {
    this.#session = session;
  }

  /** Its pods that are not being deleted. */
  async pods(): Promise<Live<Pod>[]> {
    const labels = Object.fromEntries(controllerSelector.split(',').map(pair => pair.split('=')));
    const { namespace } = this.#session.info;
    const { items } = await this.#session.pods.list({ namespace, labelSelector: { matchLabels: labels } }, {}, this.#session.signal);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Name of the pod that holds the lease. */
  async leader(): Promise<string | undefined> {
    const holder = await this.#kubectl('get', 'lease', name, '-o', 'jsonpath={.spec.holderIdentity}');
    return holder === '' ? undefined : holder.split('_')[0];
  }

  /** Waits until a pod that is there leads, and returns its name. */
  async waitForLeader(fits: (name: string) => boolean = () => true, timeoutMs = 60_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const [leader, pods] = await Promise.all([this.leader(), this.pods()]);
      if (leader !== undefined && fits(leader) && pods.some(pod => pod.metadata.name === leader)) return leader;
      if (Date.now() > deadline)
        throw new Error(`no controller leads after ${timeoutMs / 1000} s; the lease is held by ${leader ?? 'nobody'}`);
      await delay(250);
    }
  }

  /** SIGKILL to the processes of these pods; the kubelet will start them again. */
  async kill(pods: readonly Live<Pod>[]): Promise<void> {
    const cluster = await attachCluster();
    const containers = pods.flatMap(pod =>
      (pod.status?.containerStatuses ?? [])
        .filter(({ state }) => state?.running !== undefined)
        .map(({ containerID = '' }) => ({ node: pod.spec?.nodeName ?? '', id: containerID.replace('containerd://', '') })),
    );
    const kill = ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL'];
    await Promise.all(containers.map(({ node, id }) => cluster.nodeCommand(node, [...kill, id])));
  }

  /** SIGKILL to the processes of this pod, and a new pod in its place at once: without the kubelet's pause before another start. */
  async replace(podName: string): Promise<void> {
    await this.kill((await this.pods()).filter(({ metadata }) => metadata.name === podName));
    await this.#kubectl('delete', 'pod', podName, '--wait=false', '--ignore-not-found', '--grace-period=1');
  }

  /** SIGKILL to every replica; none comes back before `start`. */
  async stopDead(): Promise<void> {
    await this.kill(await this.pods());
    await this.#kubectl('scale', 'deployment', name, '--replicas=0');
    // One that the kubelet has started again meanwhile may be too young to heed SIGTERM.
    await this.#kubectl('delete', 'pods', '-l', controllerSelector, '--grace-period=1', '--ignore-not-found', '--wait=false');
    await this.#kubectl('wait', '--for=delete', 'pods', '-l', controllerSelector, '--timeout=60s');
  }

  /** Brings the usual replicas back and waits until one of them leads. */
  async start(): Promise<void> {
    await this.#kubectl('scale', 'deployment', name, `--replicas=${usualReplicas}`);
    await this.waitForRollout();
    await this.waitForLeader();
  }

  /** Replaces every replica, as an update does, and waits for its end. */
  async restart(): Promise<void> {
    await this.#kubectl('rollout', 'restart', 'deployment', name);
    await this.waitForRollout();
  }

  async waitForRollout(): Promise<void> {
    await this.#kubectl('rollout', 'status', 'deployment', name, '--timeout=90s');
  }

  #kubectl(...args: string[]): Promise<string> {
    return this.#session.kubectl([...args, '-n', this.#session.info.namespace]);
  }
}
