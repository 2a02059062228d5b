import { createHash } from 'node:crypto';
import { ensureDebianPackages, ensureGoTools, goToolSets, requireLocalClusterSystem } from '@buildkite-operator/e2e-setup';
import type { ClusterTools } from './cluster-state.ts';
import { ensurePauseImage } from './pause-image.ts';

const packages = [
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'iproute2',
  'iptables',
  'kmod',
  'openssl',
  'runc',
  'skopeo',
  'util-linux',
];

/** To be raised when a running cluster of the layout before cannot be taken up any more. */
const layoutVersion = 2;

/** Installs and builds whatever a cluster is made of and is not there yet. Throws when the machine cannot run one. */
export async function ensureClusterTools(): Promise<ClusterTools> {
  await requireLocalClusterSystem();
  await ensureDebianPackages(packages);
  const kubernetes = await ensureGoTools(goToolSets.kubernetes);
  const coredns = await ensureGoTools(goToolSets.coredns);
  const registry = await ensureGoTools(goToolSets.registry);
  return { kubernetes, coredns, registry, pauseImage: await ensurePauseImage(await ensureGoTools(goToolSets.pause)) };
}

/** Tells clusters apart that were made of other binaries, or laid out otherwise. */
export function clusterVersion(tools: ClusterTools): string {
  return createHash('sha256')
    .update(JSON.stringify([layoutVersion, tools]))
    .digest('hex')
    .slice(0, 16);
}
