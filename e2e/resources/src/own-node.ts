import { setTimeout as delay } from 'node:timers/promises';
import { attachCluster, type Cluster } from '@buildkite-operator/e2e-cluster';
import type { BuildJobInput } from '@buildkite-operator/e2e-testbed';

const key = 'e2e.example.com/own';

/** How the names of such nodes begin. */
const prefix = 'own-';

/** How long the pods of a node may take to go before it is removed with them, in milliseconds. */
const emptyWithinMs = 60_000;

/** A node of one test alone: reserved by a label and a taint, so that the test may fill, drain, taint and kill it. */
export class OwnNode implements AsyncDisposable {
  readonly name: string;
  readonly reservation: string;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster, name: string, reservation: string) {
    this.#cluster = cluster;
    this.name = name;
    this.reservation = reservation;
  }

  /** Adds it to the local cluster. Nodes of one test may share their reservation, so that either will do. */
  static async add(reservation: string = crypto.randomUUID().slice(0, 8)): Promise<OwnNode> {
    const cluster = await attachCluster();
    const name = `${prefix}${crypto.randomUUID().slice(0, 8)}`;
    await cluster.addNode({ name, labels: { [key]: reservation }, taints: [{ key, value: reservation, effect: 'NoSchedule' }] });
    return new OwnNode(cluster, name, reservation);
  }

  /** Removes those that tests have left behind when they were killed. */
  static async removeAll(): Promise<void> {
    const cluster = await attachCluster();
    for (const { name } of await cluster.nodes()) if (name.startsWith(prefix)) await cluster.removeNode(name);
  }

  /** Brings a job here and nowhere else. */
  get placement() {
    return { ...this.rule, ...this.toleration } satisfies BuildJobInput;
  }

  /** Asks for this node, but tolerates no taint. */
  get rule() {
    return { nodeSelector: { [key]: this.reservation } } satisfies BuildJobInput;
  }

  /** Tolerates the node's taint, but does not ask for the node. */
  get toleration() {
    return { tolerations: [{ key, operator: 'Equal', value: this.reservation, effect: 'NoSchedule' }] } satisfies BuildJobInput;
  }

  /** Adds a taint (`key=value:effect`), or takes it away (`key-`), as kubectl writes it. */
  async taint(taint: string): Promise<void> {
    await this.#kubectl('taint', 'node', this.name, taint);
  }

  /** What an administrator does before the node is taken out of service. Returns once it is empty. */
  async drain(): Promise<void> {
    await this.#kubectl('drain', this.name, '--delete-emptydir-data', '--timeout=60s');
  }

  /** SIGKILL to kubelet, containerd and every pod. */
  async kill(): Promise<void> {
    await this.#cluster.killNode(this.name);
  }

  /** Switches it on again after `kill`. */
  async start(): Promise<void> {
    await this.#cluster.startNode(this.name);
  }

  /** Removes it once its pods are gone, or after a while with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.start();
    const deadline = Date.now() + emptyWithinMs;
    while (Date.now() < deadline && (await this.#pods()) !== '') await delay(500);
    await this.#cluster.removeNode(this.name);
  }

  #pods(): Promise<string> {
    return this.#kubectl('get', 'pods', '--all-namespaces', '--field-selector', `spec.nodeName=${this.name}`, '--output=name');
  }

  #kubectl(...parameters: string[]): Promise<string> {
    return this.#cluster.kubectl(...parameters);
  }
}
