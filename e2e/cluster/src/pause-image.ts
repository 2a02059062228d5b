import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { pauseImage } from './node-config.ts';

/** Packs the static binary `pause` of the folder into an OCI archive in the cache, and returns the archive's path. */
export async function ensurePauseImage(binaries: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(join(binaries, 'pause')))
    .digest('hex');
  const images = join(cacheDirectory(), 'images');
  const archive = join(images, `pause-${digest.slice(0, 16)}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(images, { recursive: true });
  const scratch = await mkdtemp(join(images, 'pause-'));
  try {
    await writeOciLayout(scratch, binaries);
    await execa('tar', ['--create', '--file', `${scratch}.tar`, '--directory', scratch, 'oci-layout', 'index.json', 'blobs']);
    await rename(`${scratch}.tar`, archive);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return archive;
}

/** The layout of https://github.com/opencontainers/image-spec/blob/main/image-layout.md with one image of one file. */
async function writeOciLayout(directory: string, binaries: string): Promise<void> {
  const blobs = join(directory, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const store = async (mediaType: string, content: Buffer) => {
    const digest = createHash('sha256').update(content).digest('hex');
    await writeFile(join(blobs, digest), content);
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const packed = await execa(
    'tar',
    ['--create', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--directory', binaries, 'pause'],
    { encoding: 'buffer' },
  );
  const layer = await store('application/vnd.oci.image.layer.v1.tar', Buffer.from(packed.stdout));
  const config = await store(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/pause'], User: '65535:65535' },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await store(manifestType, json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }));
  // containerd takes the image's full name from its own annotation.
  const annotations = { 'io.containerd.image.name': pauseImage, 'org.opencontainers.image.ref.name': '1' };
  await writeFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
  await writeFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}
