import { withLock } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { ClusterError } from './cluster-error.ts';
import { type ClusterIdentity, clusterIdentity, parseNodeName } from './cluster-identity.ts';
import { ClusterLayout } from './cluster-layout.ts';
import { type ClusterState, type NodePlace, type NodeTaint, readState, writeState } from './cluster-state.ts';
import { type ControlPlaneComponent, componentPlan, waitForApiServer } from './control-plane.ts';
import type { KubeApi } from './kube-api.ts';
import { destroyNode, enterNode, killNode, prepareNode, startNode } from './node.ts';
import { readyNodes } from './node-status.ts';
import { maximumNodes, nodeAddresses } from './subnet.ts';
import { adminApi, waitForNodes } from './wait-for-cluster.ts';

/** A node as this package sees it (running) and as Kubernetes does (ready). */
export interface ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly podRange: string;
  /** Whether its processes run. */
  readonly running: boolean;
  /** Whether Kubernetes holds it for Ready, which it does for a while after a node died. */
  readonly ready: boolean;
}

/** What a new node is. */
export interface NodeOptions {
  /** By default the first free `node-N`. */
  readonly name?: string | undefined;
  /** Labels and taints that it has from its first moment. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly NodeTaint[];
}

/** The cluster of this checkout, as its tests use and break it. Any number of processes may hold one. */
export class Cluster {
  readonly #layout: ClusterLayout;
  readonly api: KubeApi;

  constructor(layout: ClusterLayout) {
    this.#layout = layout;
    this.api = adminApi(layout);
  }

  /** Names everything of this cluster on the machine. */
  get id(): string {
    return this.#layout.identity.id;
  }

  get url(): string {
    return this.#layout.apiServerUrl;
  }

  /** Cluster administrator by client certificate. */
  get kubeconfigPath(): string {
    return this.#layout.kubeconfigPath;
  }

  get kubectlPath(): string {
    return this.#layout.kubectlPath;
  }

  /** Folder of kubectl and the other Kubernetes binaries. */
  get binaries(): string {
    return this.#layout.tools.kubernetes;
  }

  /** Log of a part of the control plane, e.g. `etcd`, or of a node's, e.g. `node-1/kubelet`. */
  logPath(part: string): string {
    return this.#layout.logPath(part);
  }

  /** The host's address as nodes and pods reach it. A server for them must listen there or at 0.0.0.0. */
  get hostAddress(): string {
    return this.#layout.subnet.hostAddress;
  }

  /** `pushAddress` is where the host pushes to, over plain HTTP; an image's name in a pod begins with `pullName`. */
  get registry(): { readonly pushAddress: string; readonly pullName: string } {
    return { pushAddress: this.#layout.registryAddress, pullName: this.#layout.registryName };
  }

  async nodes(): Promise<ClusterNode[]> {
    const [state, ready] = await Promise.all([this.#state(), readyNodes(this.api)]);
    return state.nodes.map(({ name, slot }) => {
      const { address, podRange } = nodeAddresses(state.subnet, slot);
      return { name, address, podRange, running: this.#layout.processes.find(name) !== undefined, ready: ready.has(name) };
    });
  }

  /** Ends every process of the node at once, pods included, as if it lost its power. Kubernetes notices after 12 to 20 s. */
  killNode(name: string): Promise<void> {
    return this.#change(async state => {
      await killNode(this.#layout, findNode(state, name).name);
    });
  }

  /** Switches a killed node on again, with the disk it had, and waits until it is Ready. */
  startNode(name: string, signal?: AbortSignal): Promise<void> {
    return this.#change(async state => {
      await waitForNodes(this.#layout, [await startNode(this.#layout, findNode(state, name))], signal);
    });
  }

  /** Adds a node and waits until it is Ready; returns its name. */
  addNode({ name, labels = {}, taints = [] }: NodeOptions = {}, signal?: AbortSignal): Promise<string> {
    return this.#change(async state => {
      const place: NodePlace = { ...freePlace(state.nodes, name), labels, taints: [...taints] };
      await writeState(this.#layout.identity.directory, { ...state, nodes: [...state.nodes, place] });
      await destroyNode(this.#layout, place.name);
      await prepareNode(this.#layout, place);
      await waitForNodes(this.#layout, [await startNode(this.#layout, place)], signal);
      return place.name;
    });
  }

  /** Ends the node and removes all of it, its Node object as well. */
  removeNode(name: string): Promise<void> {
    return this.#change(async state => {
      findNode(state, name);
      await destroyNode(this.#layout, name);
      await this.api.delete(`/api/v1/nodes/${name}`);
      await writeState(this.#layout.identity.directory, { ...state, nodes: state.nodes.filter(node => node.name !== name) });
    });
  }

  /** SIGKILL to the API server; etcd and what it holds stay. */
  async killApiServer(): Promise<void> {
    await this.#layout.processes.kill('kube-apiserver');
  }

  /** Starts the API server unless it runs, and waits until it is ready. */
  startApiServer(signal?: AbortSignal): Promise<void> {
    return this.#change(async () => {
      await this.#layout.processes.start(componentPlan(this.#layout, 'kube-apiserver'));
      await waitForApiServer(this.#layout, signal);
    });
  }

  /** SIGKILL, start, wait until ready. */
  async restartApiServer(signal?: AbortSignal): Promise<void> {
    await this.killApiServer();
    await this.startApiServer(signal);
  }

  /** SIGKILL to a part of the control plane, and starts it again; does not wait until it works. */
  restartComponent(name: ControlPlaneComponent): Promise<void> {
    return this.#change(async () => {
      await this.#layout.processes.kill(name);
      await this.#layout.processes.start(componentPlan(this.#layout, name));
    });
  }

  /** What to put before a command to run it inside a node. Throws `not-up` when the node does not run. */
  enterNode(name: string): string[] {
    return enterNode(this.#layout, name);
  }

  /** Runs a command inside a node, e.g. `ctr --namespace k8s.io containers list`, and returns what it printed. */
  async nodeCommand(name: string, command: readonly string[]): Promise<string> {
    findNode(await this.#state(), name);
    const [program = 'nsenter', ...parameters] = [...this.enterNode(name), ...command];
    const { stdout } = await execa(program, parameters);
    return stdout;
  }

  /** Runs kubectl as administrator and returns what it printed. */
  async kubectl(...parameters: string[]): Promise<string> {
    const { stdout } = await execa(this.kubectlPath, [`--kubeconfig=${this.kubeconfigPath}`, ...parameters]);
    return stdout;
  }

  async #state(): Promise<ClusterState> {
    const state = await readState(this.#layout.identity.directory);
    if (state === undefined) throw notUp();
    return state;
  }

  /** One change at a time, also between processes. */
  #change<T>(action: (state: ClusterState) => Promise<T>): Promise<T> {
    return withLock(this.#layout.identity.lockPath, async () => action(await this.#state()));
  }
}

/** The cluster of this checkout that is up. Throws `not-up` with the remedy when there is none. */
export async function attachCluster(identity: ClusterIdentity = clusterIdentity()): Promise<Cluster> {
  const state = await readState(identity.directory);
  if (state?.complete !== true) throw notUp();
  const layout = new ClusterLayout(identity, state);
  if (layout.processes.find('etcd') === undefined) throw notUp();
  return new Cluster(layout);
}

function notUp(): ClusterError {
  return new ClusterError('not-up', 'no local cluster of this checkout is up; start it: pnpm local up');
}

function findNode(state: ClusterState, name: string): NodePlace {
  const node = state.nodes.find(candidate => candidate.name === name);
  if (node !== undefined) return node;
  const known = state.nodes.map(candidate => candidate.name).join(', ');
  throw new ClusterError('unknown-name', `there is no node ${JSON.stringify(name)}; the nodes are ${known}`);
}

/** Where a new node goes: the lowest free slot, under the given name or the first free `node-N`. */
export function freePlace(nodes: readonly NodePlace[], name?: string): NodePlace {
  const slots = Array.from({ length: maximumNodes }, (_, slot) => slot);
  const slot = slots.find(candidate => nodes.every(node => node.slot !== candidate));
  if (slot === undefined)
    throw new ClusterError('bad-argument', `the cluster has ${maximumNodes} nodes, and more do not fit; remove one first`);
  const taken = (candidate: string) => nodes.some(node => node.name === candidate);
  if (name === undefined)
    return { slot, name: slots.map(number => `node-${number + 1}`).find(candidate => !taken(candidate)) ?? `node-${slot + 1}` };
  if (taken(parseNodeName(name)))
    throw new ClusterError('bad-argument', `there is a node ${JSON.stringify(name)} already; choose another name`);
  return { slot, name };
}
