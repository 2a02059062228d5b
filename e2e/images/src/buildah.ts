import { statfsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '@buildkite-operator/e2e-setup';
import { z } from 'zod';
import { runContained } from './contained-process.ts';

/** One build as buildah is asked for it. */
export interface BuildRequest {
  readonly name: string;
  readonly dockerfile: string;
  readonly context: string;
}

/** buildah with a storage of its own, apart from the machine's. Only one may use a folder at a time. */
export interface Buildah {
  /** Builds and tags an image, layer by layer from the storage's cache; returns its id. */
  readonly build: (request: BuildRequest, step: Step, signal: AbortSignal) => Promise<string>;
  /** The names in the storage, and the id of the image that each stands for. */
  readonly list: (signal: AbortSignal) => Promise<Map<string, string>>;
  /** Writes an image as an OCI layout with compressed layers into a new folder. */
  readonly exportTo: (imageId: string, layout: string, step: Step, signal: AbortSignal) => Promise<void>;
  /** Removes the working containers of builds that were cut off, and the images that lost their name to a newer one. */
  readonly tidy: (signal: AbortSignal) => Promise<void>;
  /** Empties the storage. */
  readonly reset: () => Promise<void>;
}

const imageListSchema = z.array(z.object({ id: z.string(), names: z.array(z.string()).nullish() }));

/** Opens the storage in `folder`; `scratch` takes temporary files and may be emptied at any other time. */
export function openBuildah(folder: string, scratch: string): Buildah {
  const driver = storageDriver(folder);
  const storage = join(folder, `storage-${driver}`);
  const run = join(folder, 'run');
  const program = ['buildah', '--root', storage, '--runroot', run, '--storage-driver', driver];
  const environment = { TMPDIR: scratch };

  return {
    build: async ({ name, dockerfile, context }, { logPath, progress }, signal) => {
      const idFile = join(scratch, 'image-id');
      const options = ['--pull-never', '--isolation', 'chroot', '--layers', '--iidfile', idFile, '--tag', name, '--file', dockerfile];
      await runContained([...program, 'bud', ...options, context], {
        logPath,
        signal,
        environment,
        onLine: line => {
          const position = buildPosition(line);
          if (position !== undefined) progress(position);
        },
      });
      return bareId((await readFile(idFile, 'utf8')).trim());
    },
    list: async signal => {
      const listed = await runContained([...program, 'images', '--no-trunc', '--json'], { signal, environment });
      const images = imageListSchema.parse(JSON.parse(listed === '' ? '[]' : listed));
      return new Map(images.flatMap(({ id, names }) => (names ?? []).map(name => [name, bareId(id)] as const)));
    },
    exportTo: async (imageId, layout, { logPath, progress }, signal) => {
      progress('compressing the layers');
      await runContained([...program, 'push', '--quiet', '--format', 'oci', imageId, `oci:${layout}:image`], {
        logPath,
        signal,
        environment,
      });
    },
    tidy: async signal => {
      await runContained([...program, 'rm', '--all'], { signal, environment });
      await runContained([...program, 'rmi', '--prune'], { signal, environment });
    },
    reset: async () => {
      await rm(storage, { recursive: true, force: true });
      await rm(run, { recursive: true, force: true });
    },
  };
}

/** `STEP 3/9: RUN apt-get update` → `3/9 RUN apt-get update`, cut to a line's length; undefined for any other output. */
export function buildPosition(line: string): string | undefined {
  const [, position, instruction] = /^(?:\[\d+\/\d+\] )?STEP (\d+\/\d+): (.*)$/.exec(line) ?? [];
  if (position === undefined || instruction === undefined) return undefined;
  return `${position} ${instruction}`.slice(0, 80);
}

function bareId(id: string): string {
  return id.replace(/^sha256:/, '');
}

/** overlay needs a file system that is none itself, which the root of a container usually is; vfs works anywhere but copies all. */
function storageDriver(folder: string): 'overlay' | 'vfs' {
  const overlayFileSystem = 0x79_4c_76_30;
  return statfsSync(folder).type === overlayFileSystem ? 'vfs' : 'overlay';
}
