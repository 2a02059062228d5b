import type { OperatorConfig } from '@buildkite-operator/config';
import { type BuildJob, isFinal, reportEndingFinalizer } from '@buildkite-operator/crds';
import { matchesAny } from '@buildkite-operator/podspec';

/** What a job takes its places from. */
export interface PlaceHolder {
  readonly jobId: string;
  readonly queue: string;
  /** Slug of its pipeline; empty where it has none. */
  readonly pipeline: string;
}

/** How many jobs there may be at once. */
export interface PlaceLimits {
  readonly inAll: number;
  readonly ofQueue: (queue: string) => number;
  readonly ofPipeline: (slug: string) => number;
}

/** The limits that the configuration sets. */
export function placeLimits({ job_spawner_config: config }: Pick<OperatorConfig, 'job_spawner_config'>): PlaceLimits {
  const globs = Object.entries(config.pipelineLimits).toSorted(([a], [b]) => specificity(b) - specificity(a));
  return {
    inAll: config.maxJobs,
    ofQueue: queue =>
      (Object.hasOwn(config.maxJobsPerQueue, queue) ? config.maxJobsPerQueue[queue] : undefined) ?? Number.POSITIVE_INFINITY,
    ofPipeline: slug => globs.find(([glob]) => matchesAny([glob], slug))?.[1] ?? config.maxJobsPerPipeline ?? Number.POSITIVE_INFINITY,
  };
}

/** A name goes before every pattern, a longer pattern before a shorter one. */
function specificity(glob: string): number {
  return glob.includes('*') ? glob.length : Number.POSITIVE_INFINITY;
}

/** Jobs by operator, queue and pipeline. */
export class PlacesInUse {
  readonly #ofQueue = new Map<string, number>();
  readonly #ofPipeline = new Map<string, number>();
  #inAll = 0;

  constructor(holders: Iterable<PlaceHolder> = []) {
    for (const holder of holders) this.add(holder);
  }

  get inAll(): number {
    return this.#inAll;
  }

  ofQueue(queue: string): number {
    return this.#ofQueue.get(queue) ?? 0;
  }

  ofPipeline(slug: string): number {
    return this.#ofPipeline.get(slug) ?? 0;
  }

  add({ queue, pipeline }: PlaceHolder): void {
    this.#inAll += 1;
    this.#ofQueue.set(queue, this.ofQueue(queue) + 1);
    this.#ofPipeline.set(pipeline, this.ofPipeline(pipeline) + 1);
  }
}

/**
 * Whose places are taken: BuildJobs that came from a queue and are not finished, and jobs that are about to become one. Each job counts once.
 * What a person or an agent elsewhere has made takes none: it did not wait for one.
 */
export function placeHolders(jobs: Iterable<BuildJob>, underWay: Iterable<PlaceHolder>): PlaceHolder[] {
  const holders = new Map<string, PlaceHolder>();
  const finished = new Set<string>();
  for (const { metadata, spec, status } of jobs) {
    const { jobId, queue = '', pipeline = '' } = spec.buildkite;
    if (isFinal(status?.phase)) finished.add(jobId);
    else if (metadata.finalizers?.includes(reportEndingFinalizer) === true) holders.set(jobId, { jobId, queue, pipeline });
  }
  for (const holder of underWay) if (!finished.has(holder.jobId) && !holders.has(holder.jobId)) holders.set(holder.jobId, holder);
  return [...holders.values()];
}
