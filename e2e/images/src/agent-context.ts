import { join } from 'node:path';
import { ensureGoTools, goToolSets, repositoryRoot } from '@buildkite-operator/e2e-setup';
import { copyInto, listFiles } from './context-files.ts';
import type { BuildContext } from './image-definition.ts';

const folder = 'services/agent';
const copied = ['buildkite-agent-entrypoint', 'ssh-with-home'];
const built = ['buildkite-agent/go.*', 'zzglob/*', 'environment-filter/*'];
const facts = { ldflags: goToolSets.agent.ldflags, filterLdflags: goToolSets.environmentFilter.ldflags };

/** The context of the agent image: its scripts, the real buildkite-agent and its filter, built from Go source where the cache lacks them. */
export function agentContext(): BuildContext {
  const root = join(repositoryRoot, folder);
  return {
    inputs: async () => ({ root, files: await listFiles(root, [...copied, ...built]), facts }),
    prepare: async (into, { progress }) => {
      progress('building buildkite-agent from Go source');
      const tools = await ensureGoTools(goToolSets.agent);
      await copyInto(join(tools, 'agent'), join(into, 'bin/agent'));
      const filter = await ensureGoTools(goToolSets.environmentFilter);
      await copyInto(join(filter, 'environment-filter'), join(into, 'bin/environment-filter'));
      for (const file of copied) await copyInto(join(root, file), join(into, file));
    },
  };
}
