import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file whose content is not what the schemas make of it. */
export interface Drift {
  readonly path: string;
  readonly fault: 'missing' | 'outdated' | 'no longer generated';
}

/**
 * Compares the repository with what was generated. An empty list means that all is current.
 * `folder` holds generated files only: what else is in it is no longer generated.
 */
export async function findDrift(root: string, files: ReadonlyMap<string, string>, folder?: string): Promise<readonly Drift[]> {
  const checks = [...files].map(async ([path, content]): Promise<readonly Drift[]> => {
    const found = await readIfPresent(join(root, path));
    if (found === undefined) return [{ path, fault: 'missing' }];
    return found === content ? [] : [{ path, fault: 'outdated' }];
  });
  const stale = (await listFolder(root, folder))
    .filter(path => !files.has(path))
    .map(path => ({ path, fault: 'no longer generated' }) as const);
  return [...(await Promise.all(checks)).flat(), ...stale];
}

/** Writes what differs, removes what is no longer generated, and returns what was done. */
export async function repairDrift(root: string, files: ReadonlyMap<string, string>, folder?: string): Promise<readonly Drift[]> {
  const drift = await findDrift(root, files, folder);
  await Promise.all(
    drift.map(async ({ path }) => {
      const content = files.get(path);
      if (content === undefined) return rm(join(root, path));
      await mkdir(dirname(join(root, path)), { recursive: true });
      return writeFile(join(root, path), content);
    }),
  );
  return drift;
}

async function listFolder(root: string, folder: string | undefined): Promise<readonly string[]> {
  if (folder === undefined) return [];
  const entries = await orAbsent(readdir(join(root, folder), { withFileTypes: true }));
  return (entries ?? []).filter(entry => entry.isFile()).map(entry => `${folder}/${entry.name}`);
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return orAbsent(readFile(path, 'utf8'));
}

async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
