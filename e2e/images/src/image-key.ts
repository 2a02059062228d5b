import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { baseImages } from './dockerfile.ts';
import type { ContextInputs, ImageDefinition } from './image-definition.ts';
import { ImageError } from './image-error.ts';

/** Raised when images must be built anew although none of their inputs changed. */
const recipeVersion = 1;

/**
 * The key of an image: a hash of its Dockerfile, its context's inputs and the keys of the images it starts from.
 * The same key means that a build would give the same image, so one from the cache can be taken.
 */
export async function imageKey(definition: ImageDefinition, table: readonly ImageDefinition[]): Promise<string> {
  const dockerfile = await readInput(definition.dockerfile);
  const hash = createHash('sha256').update(JSON.stringify([recipeVersion, definition.name, dockerfile.toString()]));
  hash.update(await hashInputs(await definition.context.inputs()));
  for (const base of basesOf(definition, dockerfile.toString(), table)) hash.update(await imageKey(base, table));
  return hash.digest('hex').slice(0, 16);
}

/** The definitions of the images that this one starts from; an unknown one cannot be built on, since nothing is pulled. */
export function basesOf(definition: ImageDefinition, dockerfile: string, table: readonly ImageDefinition[]): ImageDefinition[] {
  return baseImages(dockerfile).map(name => {
    const base = table.find(other => other.name === name);
    if (base === undefined)
      throw new ImageError(
        'unknown-base-image',
        `${definition.dockerfile} starts FROM ${name}, which cannot be pulled here; add a stand-in for it to the image table`,
      );
    return base;
  });
}

/** A hash of names, contents, executable bits and facts, in an order that does not depend on the file system's. */
export async function hashInputs({ root, files, facts = {} }: ContextInputs): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(facts, Object.keys(facts).toSorted()));
  const entries = await Promise.all(
    files.toSorted().map(async file => {
      const path = join(root, file);
      const content = await readInput(path);
      const { mode } = await stat(path);
      return JSON.stringify([file, (mode & 0o100) !== 0, createHash('sha256').update(content).digest('hex')]);
    }),
  );
  for (const entry of entries) hash.update(entry);
  return hash.digest('hex');
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ImageError('missing-input', `cannot read ${path}, which goes into an image; restore it, or correct the image table`, {
      cause,
    });
  }
}
