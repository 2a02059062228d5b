import { join } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import { agentContext } from './agent-context.ts';
import { bundleContext } from './bundle-context.ts';
import { emptyContext } from './context-files.ts';
import { debianContext } from './debian-context.ts';
import type { ImageDefinition } from './image-definition.ts';
import { nodeContext } from './node-context.ts';

const dockerfiles = join(repositoryRoot, 'e2e/images/dockerfiles');

/** Every image that is built here. A new TypeScript service is one line. */
export const imageTable: readonly ImageDefinition[] = [
  bundled('controller', 'services/controller'),
  bundled('webhooks', 'services/webhooks'),
  bundled('jobspawner', 'services/jobspawner'),
  bundled('bko', 'services/bko'),
  bundled('simulator', 'e2e/simulator'),
  { name: 'buildkite-operator/agent', dockerfile: join(repositoryRoot, 'services/agent/Dockerfile'), context: agentContext() },
  { name: 'test/dash', dockerfile: join(dockerfiles, 'dash/Dockerfile'), context: emptyContext },
  { name: 'test/busybox', dockerfile: join(dockerfiles, 'busybox/Dockerfile'), context: emptyContext },
  standIn('docker.io/library/debian:bookworm-slim', 'debian', debianContext(join(dockerfiles, 'debian'))),
  standIn('docker.io/library/node:24-bookworm-slim', 'node', nodeContext()),
];

/** A program whose package has a `bundle` script that makes the one file that its Dockerfile copies. */
function bundled(name: string, folder: string): ImageDefinition {
  return { name: `buildkite-operator/${name}`, dockerfile: join(repositoryRoot, folder, 'Dockerfile'), context: bundleContext(folder) };
}

function standIn(name: string, folder: string, context: ImageDefinition['context']): ImageDefinition {
  return { name, dockerfile: join(dockerfiles, folder, 'Dockerfile'), context, standIn: true };
}
