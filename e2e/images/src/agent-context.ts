import { join } from 'node:path';
import { ensureGoTools, goToolSets, repositoryRoot } from '@buildkite-operator/e2e-setup';
import { copyInto, listFiles } from './context-files.ts';
import type { BuildContext } from './image-definition.ts';

const folder = 'services/agent';
const copied = ['buildkite-agent-entrypoint', 'ssh-with-home'];
const built = ['buildkite-agent/go.*', 'zzglob/*'];

/** The context of the agent image: its scripts, and the real buildkite-agent, built from Go source where the cache lacks it. */
export function agentContext(): BuildContext {
  const root = join(repositoryRoot, folder);
  return {
    inputs: async () => ({ root, files: await listFiles(root, [...copied, ...built]), facts: { ldflags: goToolSets.agent.ldflags } }),
    prepare: async (into, { progress }) => {
      progress('building buildkite-agent from Go source');
      const tools = await ensureGoTools(goToolSets.agent);
      await copyInto(join(tools, 'agent'), join(into, 'bin/agent'));
      for (const file of copied) await copyInto(join(root, file), join(into, file));
    },
  };
}
