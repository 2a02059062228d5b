export { buildJobStatuses, byName, type RenderCase, renderCases } from './build-jobs.ts';
export { renderRefusal, reported } from './render-refusal.ts';
export { podDefaults } from './sample-defaults.ts';
export { sampleEnvironment, sampleJob, sampleJobId } from './sample-objects.ts';
export { schemaPaths, valuePaths } from './schema-paths.ts';
export { namedObjects } from './shared-parts.ts';
