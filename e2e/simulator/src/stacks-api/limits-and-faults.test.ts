import { describe, expect, it } from 'vitest';
import type { RawStackOptions } from '../testing/raw-stack.ts';
import { type StackBench, useStackBench } from '../testing/use-stack-bench.ts';

const unknownJob = '00000000-0000-0000-0000-000000000000';
const bench = useStackBench();
const stackOf = (options?: RawStackOptions, token?: string) => bench().stack(options, token);
const registered = (options?: RawStackOptions) => bench().registered(options);
const control = () => bench().control;
const job = (request?: Parameters<StackBench['job']>[0]) => bench().job(request);
const jobs = (count: number) => bench().jobs(count);
const pass = (ms: number) => bench().clock.pass(ms);

describe('rate limits', () => {
  it.each([
    ['list-scheduled-jobs', 10, 'GET', 'scheduled-jobs?queue_key=default', undefined],
    ['batch-reserve', 10, 'PUT', 'scheduled-jobs/batch-reserve', { job_uuids: [] }],
    ['show-job', 1000, 'GET', `jobs/${unknownJob}`, undefined],
    ['batch-load-job-states', 20, 'POST', 'jobs/get-states', { job_uuids: [] }],
    ['finish-job', 100, 'POST', `jobs/${unknownJob}/finish`, { detail: 'x' }],
    ['stack-notification', 200, 'POST', 'notifications', { notifications: [] }],
    ['default', 10, 'POST', 'deregister', undefined],
  ])('%s: %i calls within a second, then 429 until a second has passed; for each stack', async (scope, limit, method, path, body) => {
    const stack = stackOf({ key: 'limited' });
    const other = stackOf({ key: 'other' });

    for (let made = 1; made <= limit; made += 1) {
      const answer = await stack.call(method, path, body);
      expect(answer.status).not.toBe(429);
      expect(rateHeaders(answer.headers)).toEqual([scope, String(limit), String(limit - made), '1', null]);
    }
    pass(999);
    const refused = await stack.call(method, path, body);

    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({ message: expect.any(String), scope, limit, current: limit + 1, reset: 1 });
    expect(rateHeaders(refused.headers)).toEqual([scope, String(limit), '0', '1', '1']);
    expect((await other.call(method, path, body)).status).not.toBe(429);
    pass(1);
    expect((await stack.call(method, path, body)).status).not.toBe(429);
  });

  it('a refused call does nothing and is counted', async () => {
    const stack = await registered();
    await control().changeSettings({ stackRateLimitFactor: 0.1 });
    const [first = '', second = ''] = await jobs(2);

    expect([(await stack.reserve([first])).status, (await stack.reserve([second])).status]).toEqual([200, 429]);

    expect((await control().reservations()).map(({ jobId }) => jobId)).toEqual([first]);
    expect((await control().stacks())[0]?.calls).toMatchObject({ 'batch-reserve': { calls: 2, limited: 1 } });
  });
});

describe('faults', () => {
  it('answer a status instead of acting', async () => {
    const stack = await registered();
    const id = await job();
    const route = 'stacks/*/scheduled-jobs/batch-reserve';
    await control().addFault({ match: { route }, action: { type: 'status', status: 503, headers: { 'Retry-After': '2' } }, times: 1 });

    const { status, headers } = await stack.reserve([id]);

    expect([status, headers.get('Retry-After')]).toEqual([503, '2']);
    expect(await control().reservations()).toEqual([]);
    expect((await stack.reserve([id])).status).toBe(200);
  });

  it('lose an answer after acting', async () => {
    const stack = await registered();
    const id = await job();
    await control().addFault({ match: { route: 'stacks/**/batch-reserve' }, action: { type: 'lost-answer' }, times: 1 });

    await expect(stack.reserve([id])).rejects.toThrow('fetch failed');

    expect(await control().reservations()).toMatchObject([{ jobId: id }]);
    expect((await stack.reserve([id])).body).toEqual({ reserved: [id], not_reserved: [] });
  });

  it('hit the calls about one job, and may make them wait', async () => {
    const stack = await registered();
    const [first = '', second = ''] = await jobs(2);
    await control().addFault({ match: { jobId: first }, action: { type: 'delay', ms: 1 } });

    expect([(await stack.finish(first)).status, (await stack.finish(second)).status]).toEqual([200, 200]);

    expect(await control().faults()).toMatchObject([{ hit: 1 }]);
  });
});

function rateHeaders(headers: Headers): (string | null)[] {
  return ['RateLimit-Scope', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Retry-After'].map(name => headers.get(name));
}
