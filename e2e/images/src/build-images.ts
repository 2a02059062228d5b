import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, ensureDebianPackages, say, withLock } from '@buildkite-operator/e2e-setup';
import { BuildSession } from './build-session.ts';
import type { BuiltImage, ImageDefinition } from './image-definition.ts';
import { ImageError } from './image-error.ts';
import { imageKey } from './image-key.ts';
import { type ImageRecord, ImageStore } from './image-store.ts';
import { imageTable } from './image-table.ts';

/** What to build, and where. */
export interface BuildOptions {
  /** Names of images; all that can be pushed where absent. */
  readonly only?: readonly string[];
  readonly table?: readonly ImageDefinition[];
  /** The folder for storage, blobs and records. */
  readonly folder?: string;
}

/** The folder in the cache where all about images is kept. */
export function imageFolder(): string {
  return join(cacheDirectory(), 'images');
}

/**
 * Builds those of the images whose inputs changed since they were last built, and the stand-ins that they start from, and
 * returns all that were asked for, in the table's order. Where nothing changed no process is started. Needs root on Debian.
 * Throws an ImageError. Builds of several processes wait for each other; one that is cut off leaves nothing that counts as built.
 */
export async function buildImages(options: BuildOptions = {}, signal: AbortSignal = new AbortController().signal): Promise<BuiltImage[]> {
  const { table = imageTable, folder = imageFolder(), only } = options;
  const wanted = selectImages(table, only);
  const store = new ImageStore(folder);
  const current = await findCurrent(wanted, table, store);
  if (current.every(record => record !== undefined)) return current.map(record => store.describe(record));

  await ensureDebianPackages(['buildah']);
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  if (existsSync(lock)) say('  another process is building images; waiting for it');
  return withLock(lock, async () => {
    const session = await BuildSession.open({ table, store, folder, signal });
    const records: ImageRecord[] = [];
    for (const definition of wanted) records.push(await session.ensure(definition));
    const images = records.map(record => store.describe(record));
    await session.close();
    return images;
  });
}

/** The images of which the cache holds the current state; `undefined` at the places of the others. Starts no process. */
export async function findImages(options: BuildOptions = {}): Promise<(BuiltImage | undefined)[]> {
  const { table = imageTable, folder = imageFolder(), only } = options;
  const store = new ImageStore(folder);
  const current = await findCurrent(selectImages(table, only), table, store);
  return current.map(record => (record === undefined ? undefined : store.describe(record)));
}

/** The definitions by name, in the table's order; without names all but the stand-ins. */
export function selectImages(table: readonly ImageDefinition[], only?: readonly string[]): ImageDefinition[] {
  const available = table.filter(({ standIn }) => standIn !== true);
  for (const name of only ?? [])
    if (!available.some(definition => definition.name === name))
      throw new ImageError('unknown-image', `there is no image ${name}; there are ${available.map(({ name }) => name).join(', ')}`);
  return only === undefined ? available : available.filter(({ name }) => only.includes(name));
}

async function findCurrent(
  wanted: readonly ImageDefinition[],
  table: readonly ImageDefinition[],
  store: ImageStore,
): Promise<(ImageRecord | undefined)[]> {
  return Promise.all(wanted.map(async definition => store.find(definition.name, await imageKey(definition, table))));
}
