import { join } from 'node:path';
import { Cgroup } from './cgroups.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { ProcessRegistry } from './detached-process.ts';
import { ClusterNetwork } from './network.ts';
import { type Subnet, subnet } from './subnet.ts';

/** Folders of the binaries that a cluster is made of. */
export interface ClusterTools {
  readonly kubernetes: string;
  readonly coredns: string;
  readonly registry: string;
  readonly pauseImage: string;
}

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

  constructor(identity: ClusterIdentity, subnetIndex: number, tools: ClusterTools) {
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

  nodeDirectory(name: string): string {
    return join(this.identity.directory, 'nodes', name);
  }

  /** The cgroup of the control plane or of a node. */
  cgroup(name: string): Cgroup {
    return new Cgroup(`/${this.identity.id}/${name}`);
  }
}
