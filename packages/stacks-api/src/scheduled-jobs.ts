import { formatPath } from '@buildkite-operator/service';
import { z } from 'zod';

/** A job's id: it becomes part of URLs and of names in Kubernetes, so it must be what it looks like. */
export const jobIdSchema = z.guid();

const text = z
  .string()
  .nullish()
  .transform(value => value ?? undefined);

const scheduledJobSchema = z
  .object({
    id: jobIdSchema,
    priority: z
      .number()
      .int()
      .nullish()
      .transform(value => value ?? 0),
    agent_query_rules: z
      .array(z.string())
      .nullish()
      .transform(value => value ?? []),
    scheduled_at: z.iso.datetime({ offset: true }).transform(value => new Date(value)),
    pipeline: z.object({ slug: text, uuid: text }).nullish(),
    build: z
      .object({
        number: z
          .number()
          .int()
          .nullish()
          .transform(value => value ?? undefined),
        branch: text,
        uuid: text,
      })
      .nullish(),
    step: z.object({ key: text }).nullish(),
  })
  .transform(job => ({
    id: job.id,
    /** Higher goes first. */
    priority: job.priority,
    /** The `k=v` tags of the step's `agents:`. */
    agentQueryRules: job.agent_query_rules,
    scheduledAt: job.scheduled_at,
    pipeline: { slug: job.pipeline?.slug, id: job.pipeline?.uuid },
    build: { number: job.build?.number, branch: job.build?.branch, id: job.build?.uuid },
    step: { key: job.step?.key },
  }));

/** A job that waits for somebody to run it, without its environment and command. */
export type ScheduledJob = z.output<typeof scheduledJobSchema>;

/** An entry of the list that is no job as we know it. It must not keep us from the others. */
export interface UnreadableJob {
  /** Its `id` if it has one. */
  readonly id: string | undefined;
  /** The fields that are wrong and how; no values. */
  readonly problems: readonly string[];
}

/** One page of the jobs that wait in a queue. */
export interface ScheduledJobsPage {
  readonly jobs: readonly ScheduledJob[];
  readonly unreadable: readonly UnreadableJob[];
  /** While true, no new job of this queue may be started; the list may still have some. Keep listing: it keeps the queue connected. */
  readonly isPaused: boolean;
  /** The cursor of the next page; undefined on the last one, which does not mean that every job was seen: the list is no snapshot. */
  readonly next: string | undefined;
}

/**
 * The answer of the list. Rows are read one by one. A queue says whether it is paused as `dispatch_paused` by the documentation and as
 * `paused` by the official client; one of them must be there, since starting jobs of a paused queue is forbidden.
 */
export const scheduledJobsSchema = z
  .object({
    jobs: z.array(z.unknown()),
    page_info: z.object({ has_next_page: z.boolean(), end_cursor: z.string().nullish() }),
    cluster_queue: z
      .object({ dispatch_paused: z.boolean().nullish(), paused: z.boolean().nullish() })
      .refine(queue => typeof (queue.dispatch_paused ?? queue.paused) === 'boolean', 'neither dispatch_paused nor paused is there'),
  })
  .transform(({ jobs, page_info, cluster_queue }): ScheduledJobsPage => {
    const rows = jobs.map(readJob);
    const cursor = page_info.end_cursor ?? '';
    return {
      jobs: rows.flatMap(row => ('problems' in row ? [] : [row])),
      unreadable: rows.flatMap(row => ('problems' in row ? [row] : [])),
      isPaused: cluster_queue.dispatch_paused === true || cluster_queue.paused === true,
      next: page_info.has_next_page && cursor !== '' ? cursor : undefined,
    };
  });

function readJob(row: unknown): ScheduledJob | UnreadableJob {
  const parsed = scheduledJobSchema.safeParse(row);
  if (parsed.success) return parsed.data;
  const id = z.object({ id: z.string().max(100) }).safeParse(row).data?.id;
  return { id, problems: parsed.error.issues.map(issue => `${formatPath(issue.path)}: ${issue.message}`) };
}

/**
 * The pages from the first on, fetched one at a time as they are asked for, at most `maxPages`. The list moves while it is read: jobs that
 * an earlier page had are left out, and a cursor that does not move on ends it, since it would never end by itself.
 */
export async function* followPages(
  fetchPage: (after: string | undefined) => Promise<ScheduledJobsPage>,
  maxPages: number,
): AsyncGenerator<ScheduledJobsPage, void, void> {
  const seen = new Set<string>();
  const cursors = new Set<string>();
  let after: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await fetchPage(after);
    const jobs = page.jobs.filter(job => !seen.has(job.id));
    for (const job of jobs) seen.add(job.id);
    const next = page.next !== undefined && !cursors.has(page.next) ? page.next : undefined;
    yield { ...page, jobs, next };
    if (next === undefined) return;
    cursors.add(next);
    after = next;
  }
}
