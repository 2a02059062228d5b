import { join } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { copyInto, listFiles } from './context-files.ts';
import type { BuildContext } from './image-definition.ts';

/**
 * The context of the Dockerfile of a bundled program: what its `bundle` script puts into `bundle/`. The image is current as long as no source
 * of the program or of any workspace package and no dependency has changed; the script runs only when one has.
 */
export function bundleContext(folder: string): BuildContext {
  const root = join(repositoryRoot, folder);
  return {
    inputs: async () => ({
      root: repositoryRoot,
      files: await listFiles(repositoryRoot, [
        `${folder}/package.json`,
        `${folder}/tsconfig.json`,
        `${folder}/src/**/*`,
        'packages/*/package.json',
        'packages/*/src/**/*',
        'pnpm-lock.yaml',
        'tsconfig.base.json',
      ]),
    }),
    prepare: async (into, { logPath, progress }, cancelSignal) => {
      progress(`bundling ${folder}`);
      const log = { file: logPath, append: true } as const;
      await execa(process.execPath, ['--run', 'bundle'], { cwd: root, stdout: log, stderr: log, cancelSignal });
      for (const file of await listFiles(root, ['bundle/**/*'])) await copyInto(join(root, file), join(into, file));
    },
  };
}
