import { type Step, step } from '@buildkite-operator/e2e-setup';
import { imageFolder } from './build-images.ts';
import type { BuiltImage } from './image-definition.ts';
import { ImageStore } from './image-store.ts';
import { RegistryClient } from './registry-client.ts';

/** The tag that follows the newest push, for people; manifests use the tag made of the content. */
export const movingTag = 'latest';

/** How an image is named in a pod, e.g. `registry.example:5000/test/dash:0123456789ab`. `registry` is the name that nodes pull from. */
export function imageReference({ name, tag }: Pick<BuiltImage, 'name' | 'tag'>, registry: string): string {
  return `${registry}/${name}:${tag}`;
}

/**
 * Brings the images to a registry (`HOST:PORT`, plain HTTP), under the tag made of their content and under `latest`.
 * Only what the registry lacks is sent. Returns the names of the images of which anything was sent. Throws an ImageError.
 */
export async function pushImages(
  registry: string,
  images: readonly BuiltImage[],
  { folder = imageFolder() }: { readonly folder?: string } = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<string[]> {
  const client = new RegistryClient(registry);
  const lacking: BuiltImage[] = [];
  for (const image of images) if (!(await isThere(client, image, signal))) lacking.push(image);
  if (lacking.length === 0) return [];
  const store = new ImageStore(folder);
  await step(`Push ${lacking.length} of ${images.length} images to ${registry}`, async running => {
    for (const image of lacking) await push(client, store, image, running, signal);
  });
  return lacking.map(({ name }) => name);
}

async function isThere(client: RegistryClient, { name, tag, digest }: BuiltImage, signal: AbortSignal): Promise<boolean> {
  const found = await Promise.all([tag, movingTag].map(reference => client.findManifest(name, reference, signal)));
  return found.every(there => there === digest);
}

async function push(
  client: RegistryClient,
  store: ImageStore,
  image: BuiltImage,
  { log, progress }: Step,
  signal: AbortSignal,
): Promise<void> {
  const { name, tag, digest } = image;
  const { bytes, manifest } = store.readManifest(digest);
  const blobs = [manifest.config, ...manifest.layers];
  for (const [position, blob] of blobs.entries()) {
    if (await client.hasBlob(name, blob.digest, signal)) continue;
    progress(`${name}, blob ${position + 1} of ${blobs.length}, ${(blob.size / 1e6).toFixed(1)} MB`);
    log.write(`${name}: ${blob.digest}, ${blob.size} bytes\n`);
    await client.uploadBlob(name, blob, store.blobPath(blob.digest), signal);
  }
  for (const reference of [tag, movingTag]) {
    log.write(`${name}:${reference} is ${digest}\n`);
    await client.putManifest(name, reference, manifest.mediaType, bytes, signal);
  }
}
