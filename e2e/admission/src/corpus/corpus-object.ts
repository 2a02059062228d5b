import { apiVersion } from '@buildkite-operator/crds';

/** An object as somebody may send it: anything may be wrong with its spec. The namespace is added when it is sent. */
export interface CorpusObject {
  readonly apiVersion: string;
  readonly kind: 'BuildJob' | 'BuildEnvironment';
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> | undefined };
  readonly spec?: unknown;
}

/** The Buildkite job of every BuildJob of the corpus; none of them is ever run. */
export const corpusJobId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';

/** A BuildJob that is fine, with what the case is about laid over it. */
export function job(spec: Readonly<Record<string, unknown>> = {}, name = 'corpus-job'): CorpusObject {
  return { apiVersion, kind: 'BuildJob', metadata: { name }, spec: { buildkite: { jobId: corpusJobId }, command: 'make', ...spec } };
}

/** A BuildEnvironment with this spec. */
export function environment(spec: Readonly<Record<string, unknown>> = {}, name = 'corpus-environment'): CorpusObject {
  return { apiVersion, kind: 'BuildEnvironment', metadata: { name }, spec };
}
