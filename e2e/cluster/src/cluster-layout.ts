import { join } from 'node:path';
import { Cgroup } from './cgroups.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import type { ClusterState, ClusterTools } from './cluster-state.ts';
import { ProcessRegistry } from './detached-process.ts';
import { ClusterNetwork } from './network.ts';
import { type Subnet, subnet } from './subnet.ts';

export const apiServerPort = 6443;
/** The registry's name in image names; pods can resolve it, too. */
export const registryHost = 'registry.local';
export const registryPort = 5000;

/** Where everything of one cluster is: its addresses, folders, cgroups, network and processes. */
export class ClusterLayout {
  readonly identity: ClusterIdentity;
  readonly subnetIndex: number;
  readonly subnet: Subnet;
  readonly network: ClusterNetwork;
  readonly processes: ProcessRegistry;
  readonly tools: ClusterTools;

  constructor(identity: ClusterIdentity, state: ClusterState) {
    const { subnet: subnetIndex, tools } = state;
    this.identity = identity;
    this.subnetIndex = subnetIndex;
    this.subnet = subnet(subnetIndex);
    this.network = new ClusterNetwork(identity, subnetIndex);
    this.processes = new ProcessRegistry(identity.directory);
    this.tools = tools;
  }

  get apiServerUrl(): string {
    return `https://${this.subnet.controlPlaneAddress}:${apiServerPort}`;
  }

  /** What the host pushes to. */
  get registryAddress(): string {
    return `${this.subnet.controlPlaneAddress}:${registryPort}`;
  }

  /** What the names of images in pods begin with. */
  get registryName(): string {
    return `${registryHost}:${registryPort}`;
  }

  get kubeconfigPath(): string {
    return join(this.identity.directory, 'kubeconfig');
  }

  get pki(): string {
    return join(this.identity.directory, 'pki');
  }

  get kubectlPath(): string {
    return join(this.tools.kubernetes, 'kubectl');
  }

  /** The log of a part of the control plane, or of a node's part as `NODE/PART`, e.g. `node-1/kubelet`. */
  logPath(name: string): string {
    const [node, part] = name.split('/');
    return part === undefined || node === undefined
      ? this.processes.logPath(name)
      : join(this.nodeDirectory(node), 'var-log', `${part}.log`);
  }

  nodeDirectory(name: string): string {
    return join(this.identity.directory, 'nodes', name);
  }

  /** The cgroup of the control plane or of a node. */
  cgroup(name: string): Cgroup {
    return new Cgroup(`/${this.identity.id}/${name}`);
  }
}
