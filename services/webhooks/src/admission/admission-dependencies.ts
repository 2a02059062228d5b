import type { OperatorConfig } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import type { Live, Node } from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';
import type { TryPod } from './dry-run.ts';

/** Objects of the jobs' namespace, as the API server has them. */
export interface LiveObjects<T> {
  live(signal: AbortSignal): Promise<readonly T[]>;
}

/** The same, and from the cache, which may be a little behind. */
export interface NamespaceObjects<T> extends LiveObjects<T> {
  /** Undefined while the cache is not filled. */
  cached(): readonly T[] | undefined;
}

/** What the handlers may ask for. */
export interface AdmissionDependencies {
  readonly config: OperatorConfig;
  readonly environments: NamespaceObjects<Live<BuildEnvironment>>;
  /** Only asked for where an environment is deleted, which is rare and must not miss the job that was made just before. */
  readonly jobs: LiveObjects<Live<BuildJob>>;
  /** Undefined while the cache is not filled. */
  nodes(): readonly Node[] | undefined;
  /** Whether the namespace is being deleted, or gone. */
  isNamespaceEnding(name: string, signal: AbortSignal): Promise<boolean>;
  readonly tryPod: TryPod;
  readonly logger: Logger;
}
