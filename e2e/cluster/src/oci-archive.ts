import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export interface OciImage {
  /** Folder whose content is the image's only layer, owned by root. */
  readonly rootDirectory: string;
  /** As in the image specification, e.g. `{ Entrypoint: ['/pause'] }`. */
  readonly config: object;
  /** Full name, e.g. `docker.io/library/thing:1`. */
  readonly name: string;
}

/**
 * Writes an image as an OCI archive, without any image tool. The archive appears last and whole.
 * The layout is that of https://github.com/opencontainers/image-spec/blob/main/image-layout.md.
 */
export async function writeOciArchive(path: string, image: OciImage): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const scratch = await mkdtemp(`${path}-`);
  try {
    await writeLayout(scratch, image);
    await execa('tar', ['--create', '--file', `${scratch}.tar`, '--directory', scratch, 'oci-layout', 'index.json', 'blobs']);
    await rename(`${scratch}.tar`, path);
  } finally {
    await rm(`${scratch}.tar`, { force: true });
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeLayout(directory: string, image: OciImage): Promise<void> {
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
    ['--create', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--sort=name', '--directory', image.rootDirectory, '.'],
    { encoding: 'buffer' },
  );
  const layer = await store('application/vnd.oci.image.layer.v1.tar', Buffer.from(packed.stdout));
  const config = await store(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: image.config,
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await store(manifestType, json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }));
  // containerd takes an image's full name from an annotation of its own, others from the specification's.
  const annotations = { 'io.containerd.image.name': image.name, 'org.opencontainers.image.ref.name': image.name };
  await writeFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
  await writeFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}
