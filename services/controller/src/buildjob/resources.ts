import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import { defineResource } from '@buildkite-operator/kube';

const ours = { group: 'buildkite-operator.io', version: 'v1alpha1', namespaced: true } as const;

export const buildJobs = defineResource<BuildJob>({ ...ours, kind: 'BuildJob', plural: 'buildjobs' });
export const buildEnvironments = defineResource<BuildEnvironment>({ ...ours, kind: 'BuildEnvironment', plural: 'buildenvironments' });
