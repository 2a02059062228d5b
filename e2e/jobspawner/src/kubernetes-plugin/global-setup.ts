import { kubectlFor } from '@buildkite-operator/e2e-operator';
import { GitRepository } from '@buildkite-operator/e2e-testbed';
import type { TestProject } from 'vitest/node';
import type { World } from './cases/good-case.ts';
import { platformObjects } from './platform-objects.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kubernetesPlugin: World;
  }
}

const hook = (command: string) => `#!/bin/sh\n${command}\n`;

/** vitest's global setup, after the area's: what the steps of this folder name, which goes with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { testbed: info } = project.getProvidedContext();
  const kubectl = await kubectlFor({ kubeconfigPath: info.kubeconfigPath });
  const objects = { input: JSON.stringify(platformObjects(info)) };
  const name = 'kubernetes-plugin';
  const library = await GitRepository.create(info.repositories, `${name}-library`, { 'library.txt': 'a submodule\n' });
  const source = await GitRepository.create(info.repositories, name, {
    'readme.txt': 'checked out\n',
    '.buildkite/hooks/post-checkout': hook(
      'echo "post-checkout has ${GIT_WORD:-nothing}, ${CHECKOUT_WORD:-nothing}, $(ls -d /private 2>/dev/null || echo no mount)"\nif [ -d /common ]; then echo "$GIT_WORD" >/common/by-checkout; fi',
    ),
    '.buildkite/hooks/pre-command': hook('echo "pre-command in container $BUILDKITE_CONTAINER_ID"'),
    '.buildkite/hooks/pre-exit': hook('echo "pre-exit in container $BUILDKITE_CONTAINER_ID"'),
  });
  await source.tag('v1');
  const commit = await source.commitSubmodule('library', `${info.gitHttp.origin}/${library.name}.git`);
  await kubectl(['apply', '--namespace', info.namespace, '-f', '-'], objects);
  project.provide('kubernetesPlugin', {
    images: info.images,
    node: 'node-1',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    repository: { url: `${info.gitHttp.origin}/${name}.git`, privateUrl: `${info.gitHttp.origin}/private/${name}.git`, commit },
  });
  return async () => {
    await kubectl(['delete', '--namespace', info.namespace, '--ignore-not-found', '-f', '-'], objects);
  };
}
