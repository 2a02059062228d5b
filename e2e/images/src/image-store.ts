import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BuiltImage } from './image-definition.ts';
import { ImageError } from './image-error.ts';
import { type Descriptor, layoutIndexSchema, type Manifest, manifestSchema } from './oci-manifest.ts';

const recordSchema = z.object({
  name: z.string(),
  key: z.string(),
  imageId: z.string(),
  /** Absent for a stand-in, whose blobs nobody needs. */
  manifest: z.object({ digest: z.string(), size: z.number() }).optional(),
});

/** What is known of an image that was built from the inputs with this key. */
export type ImageRecord = z.infer<typeof recordSchema>;

const keptPerImage = 5;

/** The finished images of a cache folder: one record per image and key, and the blobs of all. */
export class ImageStore {
  readonly #records: string;
  readonly #blobs: string;

  constructor(folder: string) {
    this.#records = join(folder, 'records');
    this.#blobs = join(folder, 'blobs');
  }

  /** The record for a key, if it is readable and every blob of it is there in full. */
  async find(name: string, key: string): Promise<ImageRecord | undefined> {
    const path = this.#recordPath(name, key);
    const record = parse(path);
    if (record === undefined || !this.#isComplete(record)) return undefined;
    const now = new Date();
    try {
      await utimes(path, now, now);
    } catch {
      // Another process has just dropped it.
      return undefined;
    }
    return record;
  }

  /** Takes over the blobs of an OCI layout, which is consumed, and returns the image's manifest. */
  async adopt(layout: string): Promise<{ digest: string; size: number }> {
    const index = layoutIndexSchema.safeParse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')));
    if (!index.success) throw new ImageError('invalid-build-output', `${layout} does not hold exactly one image`, { cause: index.error });
    const [{ digest, size }] = index.data.manifests;
    await mkdir(this.#blobs, { recursive: true });
    const source = join(layout, 'blobs/sha256');
    for (const hex of await readdir(source)) await rename(join(source, hex), join(this.#blobs, hex));
    return { digest, size };
  }

  /** Makes a record valid, at once and in full. */
  async save(record: ImageRecord): Promise<void> {
    const path = this.#recordPath(record.name, record.key);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(record));
    await rename(`${path}.new`, path);
  }

  /** Drops the records that were used least recently, and the blobs that no record needs any more. */
  async collectGarbage(): Promise<void> {
    const needed = new Set<string>();
    for (const folder of namesIn(this.#records)) {
      const paths = namesIn(join(this.#records, folder)).map(file => join(this.#records, folder, file));
      const byUse = paths.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
      for (const path of byUse.slice(keptPerImage)) await rm(path, { force: true });
      for (const path of byUse.slice(0, keptPerImage)) {
        const record = parse(path);
        if (record === undefined || !this.#isComplete(record)) await rm(path, { force: true });
        else this.#blobsOf(record).forEach(({ digest }) => needed.add(hexOf(digest)));
      }
    }
    for (const hex of namesIn(this.#blobs)) if (!needed.has(hex)) await rm(join(this.#blobs, hex), { force: true });
  }

  /** The image as callers see it; only for records with a manifest. */
  describe(record: ImageRecord): BuiltImage {
    if (record.manifest === undefined) throw new ImageError('unknown-image', `${record.name} is only built on, never pushed`);
    const { digest } = record.manifest;
    const bytes = this.readManifest(digest).manifest.layers.reduce((sum, { size }) => sum + size, 0);
    return { name: record.name, tag: imageTag(digest), digest, bytes };
  }

  /** A manifest's exact bytes, and what they say. */
  readManifest(digest: string): { bytes: Buffer; manifest: Manifest } {
    const bytes = readFileSync(this.blobPath(digest));
    return { bytes, manifest: manifestSchema.parse(JSON.parse(bytes.toString())) };
  }

  /** The file that holds a blob. */
  blobPath(digest: string): string {
    return join(this.#blobs, hexOf(digest));
  }

  #recordPath(name: string, key: string): string {
    return join(this.#records, name.replaceAll(/[^a-zA-Z0-9.-]/g, '_'), `${key}.json`);
  }

  #isComplete(record: ImageRecord): boolean {
    try {
      return this.#blobsOf(record).every(({ digest, size }) => statSync(this.blobPath(digest)).size === size);
    } catch {
      return false;
    }
  }

  #blobsOf({ manifest }: ImageRecord): Pick<Descriptor, 'digest' | 'size'>[] {
    if (manifest === undefined) return [];
    const { config, layers } = this.readManifest(manifest.digest).manifest;
    return [manifest, config, ...layers];
  }
}

/** The tag of an image: the first 12 digits of its manifest's digest. */
export function imageTag(digest: string): string {
  return hexOf(digest).slice(0, 12);
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

function parse(path: string): ImageRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
