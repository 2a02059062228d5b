import { chmod, copyFile, glob, lstat, mkdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildContext } from './image-definition.ts';

/** The files below `root` that match, sorted; folders and tests are left out. */
export async function listFiles(root: string, patterns: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob([...patterns], { cwd: root, exclude: name => name === 'node_modules' || name === 'dist' })) {
    if (/\.test\.[cm]?ts$/.test(path)) continue;
    if ((await lstat(join(root, path))).isFile()) found.push(path);
  }
  return found.toSorted();
}

/** Copies one file with fixed time and mode, so that the same content always makes the same layer. */
export async function copyInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const { mode } = await lstat(from);
  await copyFile(from, to);
  await chmod(to, (mode & 0o100) === 0 ? 0o644 : 0o755);
  await utimes(to, 0, 0);
}

/** A context of the matching files of one folder, as they are. */
export function folderContext(root: string, patterns: readonly string[]): BuildContext {
  return {
    inputs: async () => ({ root, files: await listFiles(root, patterns) }),
    prepare: async into => {
      for (const file of await listFiles(root, patterns)) await copyInto(join(root, file), join(into, file));
    },
  };
}

/** The context of a Dockerfile that copies nothing. */
export const emptyContext: BuildContext = {
  inputs: () => Promise.resolve({ root: '/', files: [] }),
  prepare: () => Promise.resolve(),
};
