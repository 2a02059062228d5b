import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import {
  type KubeMetrics,
  type KubeObject,
  type Live,
  NamespaceWatch,
  Reflector,
  ResourceClient,
  type ResourceDefinition,
  type Transport,
} from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';
import type { LiveObjects, NamespaceObjects } from './admission/admission-dependencies.ts';
import { buildEnvironments, buildJobs } from './resources.ts';

export interface JobNamespaceOptions {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
}

type EnvironmentReflector = { readonly environments: Reflector<BuildEnvironment> };

const liveDeadlineMs = 5000;

/** BuildJobs and BuildEnvironments of the namespace that jobs are in, which may become another while the service runs. */
export class JobNamespace {
  readonly jobs: LiveObjects<Live<BuildJob>>;
  readonly environments: NamespaceObjects<Live<BuildEnvironment>>;
  readonly #transport: Transport;
  readonly #watch: NamespaceWatch<EnvironmentReflector>;

  constructor(options: JobNamespaceOptions, namespace: string) {
    this.#transport = options.transport;
    const reflectorsOf = (watched: string) => ({
      environments: new Reflector<BuildEnvironment>({ ...options, namespace: watched, resource: buildEnvironments }),
    });
    this.#watch = new NamespaceWatch({ reflectorsOf, logger: options.logger }, namespace);
    this.jobs = { live: this.#lister(buildJobs) };
    this.environments = {
      // Those of a namespace that was left say nothing about the next.
      cached: () => {
        const { environments: store, left } = this.#watch.stores;
        return store.hasSynced && !left.aborted ? [...store.values()] : undefined;
      },
      live: this.#lister(buildEnvironments),
    };
  }

  /** Whether the copy of the environments is complete. */
  get hasSynced(): boolean {
    return this.#watch.hasSynced;
  }

  /** Leaves the namespace for this one, if it is another. */
  moveTo(namespace: string): void {
    this.#watch.moveTo(namespace);
  }

  /** Watches until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#watch.run(signal);
  }

  #lister<T extends KubeObject>(resource: ResourceDefinition<T>): (signal: AbortSignal) => Promise<readonly Live<T>[]> {
    const client = new ResourceClient(this.#transport, resource);
    return async signal =>
      (await client.list({ namespace: this.#watch.namespace }, { deadlineMs: liveDeadlineMs, attempts: 2 }, signal)).items;
  }
}
