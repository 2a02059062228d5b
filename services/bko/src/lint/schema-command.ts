import { pipelineSchemaText } from '@buildkite-operator/pipeline-lint';
import type { Command } from '../cli/command.ts';
import { UsageError } from '../cli/usage-error.ts';

/** `bko schema`. */
export const schemaCommand: Command = {
  name: 'schema',
  operands: '',
  summary: 'prints the JSON schema of pipelines, for editors',
  options: {},
  details: ['Put `# yaml-language-server: $schema=FILE` at the head of a pipeline, with the FILE that this was written to.'],
  run: async ({ words }, { write }) => {
    if (words.length > 0) throw new UsageError(`takes no argument, and got ${words.join(' ')}`);
    await write(pipelineSchemaText());
    return 0;
  },
};
