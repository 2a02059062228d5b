import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertificateAuthority } from './certificates.ts';
import { ClusterError } from './cluster-error.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import type { NodePlace } from './cluster-state.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { renderNodeConfig } from './node-config.ts';
import { childrenOf } from './process-table.ts';
import { nodeAddresses } from './subnet.ts';
import type { AwaitedNode } from './wait-for-cluster.ts';

/** Network, keys and configuration of a new node; it does not run yet. */
export async function prepareNode(layout: ClusterLayout, { name, slot, taints }: NodePlace): Promise<void> {
  const etc = join(layout.nodeDirectory(name), 'etc');
  const authority = CertificateAuthority.existing(layout.pki);
  await mkdir(etc, { recursive: true });
  const options = { name: layout.identity.id, server: layout.apiServerUrl, authority: authority.certificate };
  const files = renderNodeConfig({
    name,
    cgroup: layout.cgroup(name).path,
    clusterPodRange: layout.subnet.podRange,
    podRange: nodeAddresses(layout.subnetIndex, slot).podRange,
    dnsServiceAddress: layout.subnet.dnsServiceAddress,
    registryName: layout.registryName,
    registryUrl: `http://${layout.registryAddress}`,
    taints,
  });
  await Promise.all([
    layout.network.createNode(name, slot),
    copyFile(authority.certificate, join(etc, 'ca.crt')),
    copyFile(layout.tools.pauseImage, join(etc, 'pause.tar')),
    writeKubeconfig(join(etc, 'kube-proxy.kubeconfig'), { ...options, pair: authority.pair('kube-proxy') }),
    authority
      .sign({ name, commonName: `system:node:${name}`, organization: 'system:nodes' })
      .then(pair => writeKubeconfig(join(etc, 'kubelet.kubeconfig'), { ...options, pair })),
    ...Object.entries(files).map(async ([path, content]) => {
      await mkdir(dirname(join(etc, path)), { recursive: true });
      await writeFile(join(etc, path), content);
    }),
  ]);
}

/** Starts the processes of a prepared node, unless they run: a machine that is switched on. Returns what to wait for. */
export async function startNode(layout: ClusterLayout, { name, slot, labels = {} }: NodePlace): Promise<AwaitedNode> {
  if (layout.processes.find(name) !== undefined) return { name, startedAt: undefined };
  const startedAt = Date.now();
  const cgroup = layout.cgroup(name);
  cgroup.create();
  const init = join(import.meta.dirname, 'node-init.sh');
  const { address } = nodeAddresses(layout.subnetIndex, slot);
  await layout.processes.start({
    name,
    program: 'unshare',
    // Whatever ends unshare ends the node's first process, and with it every process of the node.
    parameters: [
      '--pid',
      '--mount',
      '--fork',
      '--kill-child',
      'sh',
      init,
      layout.nodeDirectory(name),
      layout.tools.kubernetes,
      name,
      address,
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    ],
    cgroup,
    networkNamespace: layout.network.namespace(name),
  });
  return { name, startedAt };
}

/** SIGKILL to every process of the node at once, pods included: a machine that loses its power. Its disk stays. */
export async function killNode(layout: ClusterLayout, name: string): Promise<void> {
  await layout.processes.kill(name);
  await layout.cgroup(name).destroy();
}

/** Ends a node and removes all of it. */
export async function destroyNode(layout: ClusterLayout, name: string): Promise<void> {
  await killNode(layout, name);
  await layout.network.remove(name);
  await rm(layout.nodeDirectory(name), { recursive: true, force: true });
}

/** How to run a command inside a node: what to put before it. Throws `not-up` when the node does not run. */
export function enterNode(layout: ClusterLayout, name: string): string[] {
  const identity = layout.processes.find(name);
  const init = identity === undefined ? undefined : childrenOf(identity.pid)[0];
  if (init === undefined) throw new ClusterError('not-up', `node ${name} does not run; start it: pnpm local start-node ${name}`);
  return ['nsenter', `--target=${init}`, '--mount', '--pid', '--net', '--'];
}
