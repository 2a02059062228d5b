export { buildJobStatuses, byName, type RenderCase, renderCases } from './build-jobs.ts';
export { renderRefusal } from './render-refusal.ts';
export { podDefaults } from './sample-defaults.ts';
export { sampleEnvironment, sampleJob, sampleJobId } from './sample-objects.ts';
export { namedObjects } from './shared-parts.ts';
