export type { Finding, Severity } from './finding.ts';
export { type LintOptions, lintPipeline } from './lint-pipeline.ts';
export { pipelineSchemaText } from './schema/generated-schema.ts';
export { pipelineSchema } from './schema/pipeline-schema.ts';
