import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import { corpusJobId } from '../corpus-object.ts';

/** A BuildJob that must be taken, and whose pod the golden file of its name holds. */
export interface GoodCase {
  /** Names the golden file. */
  readonly name: string;
  readonly spec: Omit<BuildJobSpec, 'cancelled'> & { readonly cancelled?: boolean };
}

/** Environments of the good jobs, by name. All exist at once. */
export type GoodEnvironments = Readonly<Record<string, BuildEnvironmentSpec>>;

/** A case with what it is about; the rest is as plain as can be. */
export function good(name: string, spec: Partial<GoodCase['spec']>): GoodCase {
  return { name, spec: { buildkite: { jobId: corpusJobId }, command: 'make', ...spec } };
}
