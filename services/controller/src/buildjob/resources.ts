import { type BuildEnvironment, type BuildJob, buildEnvironmentResource, buildJobResource } from '@buildkite-operator/crds';
import { defineResource } from '@buildkite-operator/kube';

export const buildJobs = defineResource<BuildJob>(buildJobResource);
export const buildEnvironments = defineResource<BuildEnvironment>(buildEnvironmentResource);
