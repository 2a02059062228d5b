import type { Notice } from './waiting-notices.ts';

/** Well below the 100 per job that Buildkite takes: a new leader begins to count anew. */
export const noticesPerJob = 20;
/** How often a topic may change its text. */
export const noticesPerTopic = 3;
/** Of how many jobs it is remembered what they were told. */
const rememberedJobs = 10_000;

interface Told {
  count: number;
  readonly topics: Map<string, { fingerprint: string; count: number }>;
}

/** Remembers what jobs have been told, for as long as the process lives, so that each is told a thing once and none too much. */
export class NoticeLedger {
  readonly #jobs = new Map<string, Told>();

  /** Whether the job may be told this now; then it counts as told. */
  admit(jobId: string, { topic, text }: Notice): boolean {
    const told = this.#jobs.get(jobId) ?? { count: 0, topics: new Map() };
    const before = told.topics.get(topic);
    const fingerprint = materialPart(text);
    if (before?.fingerprint === fingerprint || (before?.count ?? 0) >= noticesPerTopic || told.count >= noticesPerJob) return false;
    told.topics.set(topic, { fingerprint, count: (before?.count ?? 0) + 1 });
    told.count += 1;
    this.#remember(jobId, told);
    return true;
  }

  /** Takes back what the job was not told after all. */
  retract(jobId: string, topic: string): void {
    const told = this.#jobs.get(jobId);
    if (told?.topics.delete(topic) === true) told.count -= 1;
  }

  /** The jobs that were told something last are remembered. */
  #remember(jobId: string, told: Told): void {
    this.#jobs.delete(jobId);
    this.#jobs.set(jobId, told);
    if (this.#jobs.size <= rememberedJobs) return;
    for (const oldest of this.#jobs.keys()) {
      this.#jobs.delete(oldest);
      return;
    }
  }
}

/** How the kubelet says that it waits before it pulls again, in front of why; between the tries it says why alone. */
const pullBackOff = /ImagePullBackOff: Back-off pulling image "[^"]*": /g;

/** What the text is about: without advice, which stands behind a semicolon, and without counts, times and ids, which always change. */
function materialPart(text: string): string {
  const [cause = ''] = text.split(';', 1);
  return cause
    .replaceAll(pullBackOff, '')
    .toLowerCase()
    .replaceAll(/[0-9a-f]{8,}|\d+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
