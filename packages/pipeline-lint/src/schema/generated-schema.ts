import { pipelineSchema } from './pipeline-schema.ts';

/** The folder that holds generated files only, relative to the repository. */
export const schemaFolder = 'docs/schema';

/** Every file that is made from the schemas: its path in the repository and its content, the same at every run. */
export function generatedSchema(): ReadonlyMap<string, string> {
  return new Map([[`${schemaFolder}/pipeline.schema.json`, pipelineSchemaText()]]);
}

/** The schema as JSON. A definition a line: small, and a change shows as one. */
export function pipelineSchemaText(): string {
  const { definitions, ...own } = pipelineSchema();
  const lines = Object.entries(definitions ?? {}).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
  return `${JSON.stringify(own).slice(0, -1)},"definitions":{\n${lines.join(',\n')}\n}}\n`;
}
