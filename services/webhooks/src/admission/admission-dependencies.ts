import type { OperatorConfig } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import type { Live, Node } from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';
import type { TryPod } from './dry-run.ts';

/** Objects of the jobs' namespace: from the cache, which may be a little behind, and from the API server. */
export interface NamespaceObjects<T> {
  /** Undefined while the cache is not filled. */
  cached(): readonly T[] | undefined;
  live(signal: AbortSignal): Promise<readonly T[]>;
}

/** What the handlers may ask for. */
export interface AdmissionDependencies {
  readonly config: OperatorConfig;
  readonly environments: NamespaceObjects<Live<BuildEnvironment>>;
  readonly jobs: NamespaceObjects<Live<BuildJob>>;
  /** Undefined while the cache is not filled. */
  nodes(): readonly Node[] | undefined;
  /** Whether the namespace is being deleted, or gone. */
  isNamespaceEnding(name: string, signal: AbortSignal): Promise<boolean>;
  readonly tryPod: TryPod;
  readonly logger: Logger;
}
