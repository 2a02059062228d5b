import { type PlaceHolder, type PlaceLimits, PlacesInUse } from './places.ts';

/** A job that waits in Buildkite and may run here. */
export interface Candidate extends PlaceHolder {
  readonly priority: number;
  /** In milliseconds since the epoch. */
  readonly scheduledAtMs: number;
}

/**
 * The jobs that start next, in that order: as many as there are places for.
 * A higher priority goes first, always. Among jobs of one priority the next place goes to the pipeline that has the fewest places in use,
 * those just given included, so that each gets its share however many jobs another has waiting; in a pipeline the oldest goes first. A
 * pipeline or queue whose own limit is reached holds up nobody else.
 */
export function chooseJobs<C extends Candidate>(candidates: readonly C[], holders: readonly PlaceHolder[], limits: PlaceLimits): C[] {
  const inUse = new PlacesInUse(holders);
  const chosen: C[] = [];
  const byPriority = Map.groupBy(candidates, ({ priority }) => priority);
  for (const priority of [...byPriority.keys()].toSorted((a, b) => b - a)) {
    const lines = waitingLines(byPriority.get(priority) ?? []);
    while (inUse.inAll < limits.inAll) {
      const next = nextOf(lines, inUse, limits);
      if (next === undefined) break;
      inUse.add(next);
      chosen.push(next);
    }
  }
  return chosen;
}

/** Jobs of one pipeline and queue, the oldest last. */
type Line<C> = C[];

function waitingLines<C extends Candidate>(jobs: readonly C[]): Line<C>[] {
  const lines = Map.groupBy(jobs, ({ pipeline, queue }) => JSON.stringify([pipeline, queue]));
  return [...lines.values()].map(line => line.toSorted((a, b) => -byAge(a, b)));
}

function byAge(a: Candidate, b: Candidate): number {
  return a.scheduledAtMs - b.scheduledAtMs || (a.jobId < b.jobId ? -1 : 1);
}

function nextOf<C extends Candidate>(lines: readonly Line<C>[], inUse: PlacesInUse, limits: PlaceLimits): C | undefined {
  let best: { readonly line: Line<C>; readonly job: C; readonly share: number } | undefined;
  for (const line of lines) {
    const job = line.at(-1);
    if (job === undefined || isFull(job, inUse, limits)) continue;
    const share = inUse.ofPipeline(job.pipeline);
    if (best === undefined || share < best.share || (share === best.share && byAge(job, best.job) < 0)) best = { line, job, share };
  }
  return best?.line.pop();
}

function isFull({ queue, pipeline }: Candidate, inUse: PlacesInUse, limits: PlaceLimits): boolean {
  return inUse.ofQueue(queue) >= limits.ofQueue(queue) || inUse.ofPipeline(pipeline) >= limits.ofPipeline(pipeline);
}
