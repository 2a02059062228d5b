import type { Cluster } from '@buildkite-operator/e2e-cluster';
import { buildImages, imageReference, pushImages } from '@buildkite-operator/e2e-images';

/** References of all built images, as pods of the cluster name them. */
export type ImageReferences = Readonly<Record<'controller' | 'webhooks' | 'jobspawner' | 'agent' | 'dash' | 'busybox', string>>;

/** Builds what changed, pushes what the cluster's registry lacks, and says how pods name it. */
export async function provideImages(cluster: Cluster): Promise<ImageReferences> {
  const images = await buildImages({});
  await pushImages(cluster.registry.pushAddress, images);
  const reference = (name: string) => {
    const image = images.find(candidate => candidate.name === name);
    if (image === undefined)
      throw new Error(`no image "${name}" was built; the table of images names ${images.map(built => built.name).join(', ')}`);
    return imageReference(image, cluster.registry.pullName);
  };
  return {
    controller: reference('buildkite-operator/controller'),
    webhooks: reference('buildkite-operator/webhooks'),
    jobspawner: reference('buildkite-operator/jobspawner'),
    agent: reference('buildkite-operator/agent'),
    dash: reference('test/dash'),
    busybox: reference('test/busybox'),
  };
}
