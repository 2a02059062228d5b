import { z } from 'zod';
import type { RawAnswer, RawCaller } from './raw-agent.ts';

const page = z.object({
  jobs: z.array(z.looseObject({ id: z.string() })),
  page_info: z.object({ has_next_page: z.boolean(), end_cursor: z.string().nullable() }),
  cluster_queue: z.object({ id: z.string(), dispatch_paused: z.boolean() }),
});

export interface RawStackOptions {
  readonly key?: string;
  readonly queue?: string;
}

/** A stack that does only what it is told. */
export class RawStack {
  readonly #caller: RawCaller;
  readonly #token: string;
  readonly key: string;
  readonly queue: string;

  constructor(caller: RawCaller, token: string, { key = 'stack', queue = 'default' }: RawStackOptions = {}) {
    this.#caller = caller;
    this.#token = token;
    this.key = key;
    this.queue = queue;
  }

  register(changes: Record<string, unknown> = {}): Promise<RawAnswer> {
    const registration = { key: this.key, type: 'custom', queue_key: this.queue, metadata: {}, ...changes };
    return this.#caller.call('POST', 'stacks/register', this.#token, registration);
  }

  /** Calls a path below `stacks/<key>`. */
  call(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    return this.#caller.call(method, `stacks/${this.key}/${path}`, this.#token, body);
  }

  list(query: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return this.call('GET', `scheduled-jobs?${new URLSearchParams({ queue_key: this.queue, ...query }).toString()}`);
  }

  /** A page of the list, with the ids of its jobs. */
  async page(query: Readonly<Record<string, string>> = {}) {
    const { body } = await this.list(query);
    const { jobs, page_info: info, cluster_queue: queue } = page.parse(body);
    return { ids: jobs.map(({ id }) => id), hasNext: info.has_next_page, cursor: info.end_cursor, paused: queue.dispatch_paused };
  }

  reserve(ids: readonly string[], expirySeconds?: number): Promise<RawAnswer> {
    return this.call('PUT', 'scheduled-jobs/batch-reserve', { job_uuids: ids, reservation_expiry_seconds: expirySeconds });
  }

  states(ids: readonly string[]): Promise<RawAnswer> {
    return this.call('POST', 'jobs/get-states', { job_uuids: ids });
  }

  finish(id: string, detail = 'no place', exitStatus?: number): Promise<RawAnswer> {
    return this.call('POST', `jobs/${id}/finish`, { exit_status: exitStatus, detail });
  }

  notify(notifications: readonly unknown[]): Promise<RawAnswer> {
    return this.call('POST', 'notifications', { notifications });
  }
}
