import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import { z } from 'zod';
import { copyInto } from './context-files.ts';
import type { BuildContext } from './image-definition.ts';
import { ImageError } from './image-error.ts';

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** The context of the stand-in for Node's image: the `node` binary that the workspace has as a dependency. */
export function nodeContext(): BuildContext {
  return {
    inputs: async () => {
      const { name, version } = packageSchema.parse(JSON.parse(await readFile(join(await nodeBinary(), '../../package.json'), 'utf8')));
      return { root: repositoryRoot, files: [], facts: { name, version } };
    },
    prepare: async into => copyInto(await nodeBinary(), join(into, 'node')),
  };
}

async function nodeBinary(): Promise<string> {
  const link = join(repositoryRoot, 'node_modules/.bin/node');
  try {
    return await realpath(link);
  } catch (cause) {
    throw new ImageError('missing-input', `${link} is missing: install the dependencies with npx -y pnpm@12.21.0 install`, { cause });
  }
}
