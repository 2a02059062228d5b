import { apiVersion, type BuildEnvironment, type BuildEnvironmentSpec, type BuildJob, type BuildJobSpec } from '@buildkite-operator/crds';
import { namedObjects } from './shared-parts.ts';

export const sampleJobId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';

/** A BuildJob that says no more than it must, with what the test adds. */
export function sampleJob(spec: Partial<BuildJobSpec> = {}, more: Partial<Omit<BuildJob, 'spec'>> = {}): BuildJob {
  const { metadata, ...rest } = more;
  return {
    apiVersion,
    kind: 'BuildJob',
    metadata: {
      name: `bk-${sampleJobId}`,
      namespace: namedObjects.namespace,
      uid: 'job-uid',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { buildkite: { jobId: sampleJobId }, cancelled: false, ...spec },
    ...rest,
  };
}

export function sampleEnvironment(name: string, spec: BuildEnvironmentSpec = {}): BuildEnvironment {
  return { apiVersion, kind: 'BuildEnvironment', metadata: { name, namespace: namedObjects.namespace }, spec };
}
