import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatDuration, say, withLock } from '@buildkite-operator/e2e-setup';
import { errorMessage } from '@buildkite-operator/service';
import { execa } from 'execa';
import { Cluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import { type ClusterIdentity, clusterIdentity } from './cluster-identity.ts';
import { ClusterLayout } from './cluster-layout.ts';
import { clusterObjects } from './cluster-objects.ts';
import { type ClusterState, type ClusterTools, readState, subnetsOfOthers, writeState } from './cluster-state.ts';
import { clusterVersion, ensureClusterTools } from './cluster-tools.ts';
import { componentPlan, controlPlaneComponents, prepareControlPlane, waitForApiServer } from './control-plane.ts';
import { occupiedRanges } from './network.ts';
import { prepareNode, startNode } from './node.ts';
import { removeCluster } from './stop-cluster.ts';
import { chooseSubnet, maximumNodes } from './subnet.ts';
import { waitForNodes, waitForServices } from './wait-for-cluster.ts';

export interface StartClusterOptions {
  /** How many nodes a new cluster gets, 2 by default; one that is up keeps those it has. */
  readonly nodes?: number;
  /** Whose cluster; by default this checkout's. */
  readonly identity?: ClusterIdentity;
  readonly signal?: AbortSignal;
}

/**
 * Brings this checkout's cluster up, whatever state an earlier one is in, and returns it. The cluster outlives the
 * calling process. One that is up stays; what has ended of it is started again; one that lost its etcd, or is of another
 * version, is replaced by a new one.
 */
export async function startCluster(options: StartClusterOptions = {}): Promise<Cluster> {
  const nodes = options.nodes ?? 2;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > maximumNodes)
    throw new ClusterError('bad-argument', `nodes is ${nodes}; give a whole number from 1 to ${maximumNodes}`);
  const tools = await ensureClusterTools();
  const identity = options.identity ?? clusterIdentity();
  return withLock(identity.lockPath, async () => {
    const state = await readState(identity.directory);
    if (state !== undefined && state.root !== identity.root)
      throw new ClusterError(
        'collision',
        `${identity.directory} belongs to the checkout ${state.root}, whose name this checkout shares by chance; move this one to another path`,
      );
    const started = performance.now();
    const progress = (text: string) => say(`  ${identity.id}: ${text}, ${formatDuration(performance.now() - started)}`);
    const repaired = state?.version === clusterVersion(tools) ? await repair(identity, state, progress, options.signal) : undefined;
    return repaired ?? (await create(identity, tools, nodes, progress, options.signal));
  });
}

type Progress = (text: string) => void;

/** Starts again what has ended of a cluster; undefined when that does not bring it back. */
async function repair(
  identity: ClusterIdentity,
  state: ClusterState,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Cluster | undefined> {
  const layout = new ClusterLayout(identity, state);
  if (!state.complete || layout.processes.find('etcd') === undefined) return undefined;
  try {
    await run(layout, state, progress, signal);
    return new Cluster(layout);
  } catch (error) {
    signal?.throwIfAborted();
    progress(`cannot be repaired and is made anew (${errorMessage(error).split('\n')[0]})`);
    return undefined;
  }
}

/** Makes a new cluster in place of whatever there is. */
async function create(
  identity: ClusterIdentity,
  tools: ClusterTools,
  nodeCount: number,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Cluster> {
  await removeCluster(identity);
  const nodes = Array.from({ length: nodeCount }, (_, slot) => ({ name: `node-${slot + 1}`, slot }));
  const state = await claimSubnet(identity, subnet => ({
    root: identity.root,
    subnet,
    version: clusterVersion(tools),
    complete: false,
    nodes,
    tools,
  }));
  const layout = new ClusterLayout(identity, state);
  try {
    await prepare(layout);
    await run(layout, state, progress, signal);
  } catch (error) {
    // Logs are of use after a failed start; everything else goes.
    await removeCluster(identity, { keepLogs: true });
    throw error;
  }
  await writeState(identity.directory, { ...state, complete: true });
  return new Cluster(layout);
}

/** Chooses a subnet and writes the claim down, one cluster after the other. */
function claimSubnet(identity: ClusterIdentity, stateWith: (subnet: number) => ClusterState): Promise<ClusterState> {
  return withLock(join(dirname(identity.lockPath), 'subnets'), async () => {
    const [taken, occupied] = await Promise.all([subnetsOfOthers(identity), occupiedRanges()]);
    const state = stateWith(chooseSubnet(identity.id, taken, occupied));
    await writeState(identity.directory, state);
    return state;
  });
}

async function prepare(layout: ClusterLayout): Promise<void> {
  // Services on a pod's own node need it; where it is built in, there is no such module.
  await execa('modprobe', ['br_netfilter'], { reject: false });
  layout.cgroup('control-plane').create();
  await mkdir(layout.identity.registryDirectory, { recursive: true });
  await Promise.all([layout.network.createControlPlane(), prepareControlPlane(layout)]);
}

/** Starts what does not run, and waits until all of it works. */
async function run(layout: ClusterLayout, state: ClusterState, progress: Progress, signal: AbortSignal | undefined): Promise<void> {
  const { processes } = layout;
  for (const name of ['etcd', 'kube-apiserver', 'registry'] as const) await processes.start(componentPlan(layout, name));
  const fresh = state.complete ? [] : state.nodes;
  await Promise.all([waitForApiServer(layout, signal), ...fresh.map(node => prepareNode(layout, node))]);
  progress('API server ready');
  for (const name of controlPlaneComponents) await processes.start(componentPlan(layout, name));
  const nodes = await Promise.all(state.nodes.map(node => startNode(layout, node)));
  const api = new Cluster(layout).api;
  await Promise.all(clusterObjects(layout.subnet).map(({ path, object }) => api.apply(path, object)));
  await Promise.all([
    waitForNodes(layout, nodes, signal).then(() => progress(`nodes ready: ${state.nodes.map(({ name }) => name).join(', ')}`)),
    waitForServices(layout, signal).then(() => progress('DNS, registry and service accounts ready')),
  ]);
}
