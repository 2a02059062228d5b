import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import {
  type NotificationResults,
  type NotificationsRequest,
  StacksApiError,
  type StacksApiErrorCode,
} from '@buildkite-operator/stacks-api';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { noticesPerJob, noticesPerTopic } from './notice-ledger.ts';
import { Notices } from './notices.ts';
import { ReportingMetrics } from './reporting-metrics.ts';
import { queue } from './testing/reported-job.ts';

const signal = new AbortController().signal;

/** Buildkite's answer to lines; stores all unless told otherwise. */
class Page {
  readonly stored: string[] = [];
  calls = 0;
  fails: StacksApiErrorCode | undefined;
  refuses: (jobId: string) => boolean = () => false;

  async createNotifications({ notifications }: NotificationsRequest): Promise<NotificationResults> {
    this.calls += 1;
    if (this.fails !== undefined) throw new StacksApiError(this.fails, 'no', { endpoint: 'create-notifications' });
    const refused = notifications.filter(({ jobId }) => this.refuses(jobId));
    const stored = notifications.filter(one => !refused.includes(one));
    this.stored.push(...stored.map(({ jobId, detail }) => `${jobId}: ${detail}`));
    return { stored, refused: refused.map(notification => ({ notification, reason: 'job not found' })), failed: [] };
  }
}

let page: Page;
let nowMs: number;
let notices: Notices;
let pages: Map<string, Page>;

beforeEach(() => {
  page = new Page();
  nowMs = 0;
  pages = new Map([[queue, page]]);
  notices = new Notices({
    stacksOf: name => pages.get(name),
    clock: { now: () => nowMs },
    logger: createLogger('test', 'silent'),
    metrics: new ReportingMetrics(createMetricsRegistry('test'), { values: () => [] }),
    backoff: { initialMs: 1000, maxMs: 1000 },
  });
});

describe('lines for the pages of jobs', () => {
  it('go out together', async () => {
    notices.tell(queue, 'a', 'no-place', 'all places are taken');
    notices.tell(queue, 'b', 'no-place', 'all places are taken');
    await notices.flush(signal);
    await notices.flush(signal);
    expect(page).toMatchObject({ calls: 1, stored: ['a: all places are taken', 'b: all places are taken'] });
  });

  it('say a thing once, although its numbers change', async () => {
    for (const nodes of [2, 3, 12]) {
      notices.tell(queue, 'a', 'waiting', `0/${nodes} nodes are available (pod 0a1b2c3d4e)`);
      await notices.flush(signal);
    }
    notices.tell(queue, 'a', 'waiting', 'no node has the label gpu');
    await notices.flush(signal);
    expect(page.stored).toStrictEqual(['a: 0/2 nodes are available (pod 0a1b2c3d4e)', 'a: no node has the label gpu']);
  });

  it('of an end say no more than was said while the job ran, unless that never went out', async () => {
    const advised = [
      'Evicted: node-1 is short of memory; it has its grace period to end',
      'Evicted: node-1 is short of memory; run the job again',
    ];
    for (const text of advised) {
      notices.tell(queue, 'a', 'trouble', text);
      await notices.flush(signal);
    }
    notices.tell(queue, 'b', 'trouble', advised[0] ?? '');
    notices.withdraw('b');
    notices.tell(queue, 'b', 'trouble', advised[1] ?? '');
    await notices.flush(signal);
    expect(page.stored).toStrictEqual([`a: ${advised[0]}`, `b: ${advised[1]}`]);
  });

  it('that were refused hold nothing up and are not sent again', async () => {
    page.refuses = jobId => jobId === 'a';
    for (const jobId of ['a', 'b']) notices.tell(queue, jobId, 'waiting', 'for a node');
    await notices.flush(signal);
    await notices.flush(signal);
    expect(page).toMatchObject({ calls: 1, stored: ['b: for a node'] });
  });

  it.each(['Unreachable', 'ServerError', 'RateLimited', 'NotFound', 'Unauthorized'] as const)(
    'wait while Buildkite answers %s',
    async code => {
      page.fails = code;
      notices.tell(queue, 'a', 'waiting', 'for a node');
      await notices.flush(signal);
      page.fails = undefined;
      await notices.flush(signal);
      expect(page.calls).toBe(1);
      nowMs = 1000;
      await notices.flush(signal);
      expect(page).toMatchObject({ calls: 2, stored: ['a: for a node'] });
    },
  );

  it('are not sent twice when the answer was lost', async () => {
    page.fails = 'UnknownOutcome';
    notices.tell(queue, 'a', 'waiting', 'for a node');
    await notices.flush(signal);
    page.fails = undefined;
    nowMs = 5000;
    await notices.flush(signal);
    expect(page.calls).toBe(1);
  });

  it('are dropped when they are old, or taken back when their job has ended', async () => {
    page.fails = 'Unreachable';
    for (const jobId of ['a', 'b']) notices.tell(queue, jobId, 'waiting', 'for a node');
    await notices.flush(signal);
    page.fails = undefined;
    notices.withdraw('a');
    nowMs = 5000;
    await notices.flush(signal);
    expect(page.stored).toStrictEqual(['b: for a node']);
    page.fails = 'Unreachable';
    notices.tell(queue, 'c', 'waiting', 'for a node');
    await notices.flush(signal);
    page.fails = undefined;
    nowMs += 3_600_000;
    await notices.flush(signal);
    expect(page.stored).toStrictEqual(['b: for a node']);
  });

  it('of one queue go out while another does not answer or is not served any more', async () => {
    const broken = new Page();
    broken.fails = 'Unreachable';
    pages.set('broken', broken);
    for (const name of ['broken', 'gone', queue]) notices.tell(name, name, 'waiting', 'for a node');
    await notices.flush(signal);
    expect(page.stored).toStrictEqual([`${queue}: for a node`]);
  });

  it('stay within their number for each job and topic, whatever is told', async () => {
    const told = fc.array(fc.record({ job: fc.constantFrom('a', 'b'), topic: fc.string(), text: fc.string() }), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(told, async all => {
        page.stored.length = 0;
        const fresh = new Notices({
          stacksOf: () => page,
          clock: { now: () => 0 },
          logger: createLogger('test', 'silent'),
          metrics: new ReportingMetrics(createMetricsRegistry('test'), { values: () => [] }),
        });
        for (const { job, topic, text } of all) {
          fresh.tell(queue, job, topic, text);
          await fresh.flush(signal);
        }
        for (const job of ['a', 'b']) {
          const lines = page.stored.filter(line => line.startsWith(`${job}: `)).length;
          const topics = new Set(all.filter(one => one.job === job).map(({ topic }) => topic)).size;
          expect(lines).toBeLessThanOrEqual(Math.min(noticesPerJob, topics * noticesPerTopic));
        }
      }),
      { numRuns: 30 },
    );
  });
});
