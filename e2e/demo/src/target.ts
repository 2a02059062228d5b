import { attachCluster, clusterStatus, startCluster, stopCluster } from '@buildkite-operator/e2e-cluster';
import { buildImages, imageReference, movingTag, pushImages } from '@buildkite-operator/e2e-images';
import { claimCluster, type Kubectl, kubectlFor } from '@buildkite-operator/e2e-operator';
import { requireLocalClusterSystem } from '@buildkite-operator/e2e-setup';
import { type ClusterAccess, loadClusterAccess } from '@buildkite-operator/kube';
import { execa } from 'execa';
import type { ExistingCluster } from './options.ts';

/** The images of the demo. */
export const demoImages = [
  'buildkite-operator/controller',
  'buildkite-operator/webhooks',
  'buildkite-operator/jobspawner',
  'buildkite-operator/agent',
  'buildkite-operator/simulator',
] as const;
export type DemoImage = (typeof demoImages)[number];

/** The cluster that the demo runs on. */
export interface DemoTarget {
  readonly description: string;
  readonly kubectl: Kubectl;
  readonly access: ClusterAccess;
  readonly images: Readonly<Record<DemoImage, string>>;
  /** Takes the cluster down if the demo brought it up, unless it is to be kept; others may use it then. */
  release(keep: boolean): Promise<void>;
}

/** The local cluster, brought up where it is not, with freshly built images. */
export async function localTarget(): Promise<DemoTarget> {
  await requireLocalClusterSystem();
  const claim = await claimCluster('local');
  const wasUp = (await clusterStatus()).health !== 'down';
  await startCluster({});
  const cluster = await attachCluster();
  const built = await buildImages({ only: [...demoImages] });
  await pushImages(cluster.registry.pushAddress, built);
  const reference = (name: DemoImage) => {
    const image = built.find(candidate => candidate.name === name);
    if (image === undefined) throw new Error(`image ${name} was not built`);
    return imageReference(image, cluster.registry.pullName);
  };
  return {
    description: 'the local cluster',
    kubectl: await kubectlFor({ kubeconfigPath: cluster.kubeconfigPath }),
    access: await loadClusterAccess({ kubeconfig: cluster.kubeconfigPath }),
    images: referencesBy(reference),
    release: async keep => {
      if (!wasUp && !keep) await stopCluster();
      claim.release();
    },
  };
}

/** An existing cluster, by the user's own kubeconfig. Throws when it cannot be reached. */
export async function existingTarget({ context, registry }: ExistingCluster): Promise<DemoTarget> {
  const own = await execa('kubectl', ['version', '--client'], { reject: false });
  const kubectl = await kubectlFor({ ...(context !== undefined && { context }) }, own.failed ? undefined : 'kubectl');
  await kubectl(['get', '--raw', '/readyz'], { timeoutMs: 15_000 });
  const access = await loadClusterAccess({ ...(context !== undefined && { context }) });
  const claim = await claimCluster(access.server);
  const reference = (name: DemoImage) => `${registry}/${name}:${movingTag}`;
  return {
    description: context === undefined ? 'the cluster of KUBECONFIG' : `context ${context}`,
    kubectl,
    access,
    images: referencesBy(reference),
    release: () => Promise.resolve(claim.release()),
  };
}

function referencesBy(reference: (name: DemoImage) => string): DemoTarget['images'] {
  return {
    'buildkite-operator/controller': reference('buildkite-operator/controller'),
    'buildkite-operator/webhooks': reference('buildkite-operator/webhooks'),
    'buildkite-operator/jobspawner': reference('buildkite-operator/jobspawner'),
    'buildkite-operator/agent': reference('buildkite-operator/agent'),
    'buildkite-operator/simulator': reference('buildkite-operator/simulator'),
  };
}
