import { Cluster, type ClusterNode } from './cluster.ts';
import { type ClusterIdentity, clusterIdentity } from './cluster-identity.ts';
import { ClusterLayout } from './cluster-layout.ts';
import { readState } from './cluster-state.ts';
import { controlPlaneComponents } from './control-plane.ts';
import { probeHttps } from './https-probe.ts';

/** `up`: all of it works; `degraded`: some of it does not; `down`: there is none. */
export type ClusterHealth = 'up' | 'degraded' | 'down';

export interface ComponentStatus {
  readonly name: string;
  /** Undefined when the component does not run. */
  readonly pid: number | undefined;
  readonly log: string;
}

/** What `pnpm local status --json` prints. */
export interface ClusterStatus {
  readonly id: string;
  readonly checkout: string;
  readonly directory: string;
  readonly health: ClusterHealth;
  /** What keeps it from being `up`, each with its remedy. */
  readonly problems: readonly string[];
  /** The parts below are missing when the cluster is down. */
  readonly cluster?: {
    readonly url: string;
    readonly kubeconfig: string;
    readonly hostAddress: string;
    readonly registry: { readonly pushAddress: string; readonly pullName: string };
    readonly components: readonly ComponentStatus[];
    readonly nodes: readonly ClusterNode[];
  };
}

/** Looks at this checkout's cluster without changing anything; never throws because of a broken one. */
export async function clusterStatus(identity: ClusterIdentity = clusterIdentity()): Promise<ClusterStatus> {
  const { id, root: checkout, directory } = identity;
  const state = await readState(directory);
  if (state === undefined) return { id, checkout, directory, health: 'down', problems: ['not started: pnpm local up'] };
  const layout = new ClusterLayout(identity, state);
  const components = controlPlaneComponents.map(name => ({
    name,
    pid: layout.processes.find(name)?.pid,
    log: layout.logPath(name),
  }));
  if (!state.complete || components.every(({ pid }) => pid === undefined))
    return {
      id,
      checkout,
      directory,
      health: 'down',
      problems: ['left behind by a crash; start it anew: pnpm local up; or remove it: pnpm local down'],
    };
  const cluster = new Cluster(layout);
  const apiReady = (await probeHttps(`${cluster.url}/readyz`)) === 200;
  const nodes = await cluster.nodes();
  const problems = findProblems(components, nodes, apiReady);
  return {
    id,
    checkout,
    directory,
    health: problems.length === 0 ? 'up' : 'degraded',
    problems,
    cluster: {
      url: cluster.url,
      kubeconfig: cluster.kubeconfigPath,
      hostAddress: cluster.hostAddress,
      registry: cluster.registry,
      components,
      nodes,
    },
  };
}

/** What is wrong with a cluster that was started, and what to do about it. */
export function findProblems(components: readonly ComponentStatus[], nodes: readonly ClusterNode[], apiReady: boolean): string[] {
  const ended = components
    .filter(({ pid }) => pid === undefined)
    .map(({ name, log }) => `${name} does not run (log: ${log}); start it: pnpm local up`);
  const unready =
    apiReady || ended.some(problem => problem.startsWith('kube-apiserver '))
      ? []
      : ['the API server is not ready; see pnpm local logs kube-apiserver'];
  const broken = nodes
    .filter(({ running, ready }) => !running || (apiReady && !ready))
    .map(({ name, running }) =>
      running
        ? `${name} runs, but is not Ready; see pnpm local logs ${name}/kubelet`
        : `${name} does not run; start it: pnpm local start-node ${name}`,
    );
  return [...ended, ...unready, ...broken];
}
