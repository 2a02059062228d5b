import { type BuildJob, buildJobResource } from '@buildkite-operator/crds';
import { defineResource } from '@buildkite-operator/kube';
import type { PodTemplate } from './intake/take-job.ts';

export const buildJobs = defineResource<BuildJob>(buildJobResource);
export const podTemplates = defineResource<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
});
