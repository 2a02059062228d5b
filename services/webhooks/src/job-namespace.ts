import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import {
  type KubeMetrics,
  type KubeObject,
  type Live,
  NamespaceWatch,
  Reflector,
  ResourceClient,
  type ResourceDefinition,
  type StoreReader,
  type Transport,
} from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';
import type { NamespaceObjects } from './admission/admission-dependencies.ts';
import { buildEnvironments, buildJobs } from './resources.ts';

export interface JobNamespaceOptions {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
}

type JobReflectors = { readonly jobs: Reflector<BuildJob>; readonly environments: Reflector<BuildEnvironment> };

const liveDeadlineMs = 5000;

/** BuildJobs and BuildEnvironments of the namespace that jobs are in, which may become another while the service runs. */
export class JobNamespace {
  readonly jobs: NamespaceObjects<Live<BuildJob>>;
  readonly environments: NamespaceObjects<Live<BuildEnvironment>>;
  readonly #transport: Transport;
  readonly #watch: NamespaceWatch<JobReflectors>;

  constructor(options: JobNamespaceOptions, namespace: string) {
    this.#transport = options.transport;
    const reflectorsOf = (watched: string) => ({
      jobs: new Reflector<BuildJob>({ ...options, namespace: watched, resource: buildJobs }),
      environments: new Reflector<BuildEnvironment>({ ...options, namespace: watched, resource: buildEnvironments }),
    });
    this.#watch = new NamespaceWatch({ reflectorsOf, logger: options.logger }, namespace);
    this.jobs = this.#objects(buildJobs, () => this.#watch.stores.jobs);
    this.environments = this.#objects(buildEnvironments, () => this.#watch.stores.environments);
  }

  /** Whether the copies are complete. */
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

  #objects<T extends KubeObject>(resource: ResourceDefinition<T>, store: () => StoreReader<T>): NamespaceObjects<Live<T>> {
    const client = new ResourceClient(this.#transport, resource);
    return {
      // Those of a namespace that was left say nothing about the next.
      cached: () => (store().hasSynced && !this.#watch.stores.left.aborted ? [...store().values()] : undefined),
      live: async signal =>
        (await client.list({ namespace: this.#watch.namespace }, { deadlineMs: liveDeadlineMs, attempts: 2 }, signal)).items,
    };
  }
}
