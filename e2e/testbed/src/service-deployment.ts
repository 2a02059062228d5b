import { attachCluster } from '@buildkite-operator/e2e-cluster';
import type { Live, Pod } from '@buildkite-operator/kube';
import type { TestbedSession } from './connect-testbed.ts';

/** Port of every service's probes and metrics. */
const httpPort = 8080;

/** The replicas of one of the operator's services, to be killed and replaced. */
export class ServiceDeployment {
  /** Name of the Deployment. */
  readonly name: string;
  protected readonly session: TestbedSession;
  protected readonly selector: string;

  constructor(session: TestbedSession, service: 'controller' | 'webhooks' | 'jobspawner') {
    this.name = `buildkite-operator-${service}`;
    this.session = session;
    this.selector = `app.kubernetes.io/name=${service},app.kubernetes.io/part-of=buildkite-operator`;
  }

  /** Its pods that are not being deleted. */
  async pods(): Promise<Live<Pod>[]> {
    const labels = Object.fromEntries(this.selector.split(',').map(pair => pair.split('=')));
    const { namespace } = this.session.info;
    const { items } = await this.session.pods.list({ namespace, labelSelector: { matchLabels: labels } }, {}, this.session.signal);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
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
    await this.kubectl('delete', 'pod', podName, '--wait=false', '--ignore-not-found', '--grace-period=1');
  }

  /** Replaces every replica, as an update does, and waits for its end. */
  async restart(): Promise<void> {
    await this.kubectl('rollout', 'restart', 'deployment', this.name);
    await this.waitForRollout();
  }

  /** The text of a replica's /metrics, by way of the API server. */
  async metrics(pod: Live<Pod>): Promise<string> {
    const path = `/api/v1/namespaces/${this.session.info.namespace}/pods/${pod.metadata.name}:${httpPort}/proxy/metrics`;
    return this.session.kubectl(['get', '--raw', path]);
  }

  /** A number of a replica's metrics. Throws where it has none of that name. */
  async metric(pod: Live<Pod>, name: string): Promise<number> {
    const line = new RegExp(`^buildkite_operator_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(await this.metrics(pod));
    if (line === null) throw new Error(`${pod.metadata.name} has no metric ${name}`);
    return Number(line[1]);
  }

  /** How often the containers of each replica have been started again, by pod. */
  async restarts(): Promise<Readonly<Record<string, number>>> {
    const pods = await this.pods();
    return Object.fromEntries(
      pods.map(({ metadata, status }) => [
        metadata.name,
        (status?.containerStatuses ?? []).reduce((total, { restartCount }) => total + restartCount, 0),
      ]),
    );
  }

  async waitForRollout(): Promise<void> {
    await this.kubectl('rollout', 'status', 'deployment', this.name, '--timeout=90s');
  }

  protected kubectl(...args: string[]): Promise<string> {
    return this.session.kubectl([...args, '-n', this.session.info.namespace]);
  }
}
