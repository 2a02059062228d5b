import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScheduledJobsPage } from './scheduled-jobs.ts';
import { StacksClient } from './stacks-client.ts';
import { type ClientUnderTest, startClient } from './testing/client-under-test.ts';

const never = new AbortController().signal;
const jobId = '01234567-89ab-cdef-0123-456789abcdef';
const uuids = (count: number) => Array.from({ length: count }, () => randomUUID() as string);

let test: ClientUnderTest;
let client: StacksClient;
beforeEach(async () => {
  test = await startClient();
  client = test.client;
});
afterEach(() => test[Symbol.asyncDispose]());

const row = (id: string, fields: Record<string, unknown> = {}) => ({
  id,
  priority: 1,
  agent_query_rules: ['queue=bk', 'arch=arm64'],
  scheduled_at: '2026-01-01T12:00:00.000Z',
  pipeline: { slug: 'shop', uuid: 'p-1' },
  build: { number: 7, branch: 'main', uuid: 'b-1' },
  step: { key: 'test' },
  ...fields,
});
const list = (jobs: unknown[], next: string | null = null, queue: unknown = { id: 'q', dispatch_paused: false }) => ({
  jobs,
  page_info: { has_next_page: next !== null, end_cursor: next },
  cluster_queue: queue,
});

describe('what is sent with every call', () => {
  it('is the token, JSON both ways and who we are', async () => {
    const call = client.getJob({ jobId }, never);
    const { headers } = await test.server.answer(200, { id: jobId });
    await call;
    expect(headers).toMatchObject({
      authorization: 'Token bkct_very-secret',
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'buildkite-operator',
    });
  });

  it('is a stack key that Buildkite allows', () => {
    for (const stackKey of ['', 'a.b', 'a/b', 'x'.repeat(81)])
      expect(() => new StacksClient({ stackKey, tokens: {} as never, logger: {} as never })).toThrow(/letters, digits/);
  });
});

describe('registering', () => {
  it.each([201, 200])('given %i, returns the stack with the queue as the server names it', async status => {
    const call = client.register({ queueKey: 'bk', metadata: { version: '1' } }, never);
    const answer = {
      id: 's-1',
      key: 'my-stack',
      type: 'custom',
      cluster_queue_key: 'BK',
      metadata: {},
      last_connected_on: null,
      state: 'connected',
    };
    const seen = await test.server.answer(status, { ...answer, added_later: [1] });
    expect(await call).toEqual({ id: 's-1', key: 'my-stack', type: 'custom', queueKey: 'BK', state: 'connected' });
    expect(seen).toMatchObject({
      method: 'POST',
      path: '/v3/stacks/register',
      body: { key: 'my-stack', type: 'custom', queue_key: 'bk', metadata: { version: '1' } },
    });
  });

  it('always sends metadata, which is required', async () => {
    const call = client.register({ queueKey: 'bk' }, never);
    expect(await test.server.answer(200, { key: 'my-stack', cluster_queue_key: 'bk' })).toMatchObject({ body: { metadata: {} } });
    await call;
  });

  it.each([
    [{ queueKey: '' }, 'queueKey'],
    [{ queueKey: 'q', metadata: { a: 'x'.repeat(257) } }, 'metadata.a'],
    [{ queueKey: 'q', metadata: { ['x'.repeat(65)]: '' } }, 'metadata'],
    [{ queueKey: 'q', metadata: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, ''])) }, 'at most 100 keys'],
  ])('refuses %j before it is sent', async (request, named) => {
    await expect(client.register(request, never)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(named),
    });
    expect(test.server.requests).toBe(0);
  });

  it('says Forbidden when the organization has too many stacks', async () => {
    const call = client.register({ queueKey: 'bk' }, never);
    await Promise.all([
      test.server.answer(403, { message: 'Stack quota reached' }, { 'x-request-id': 'r-9' }),
      expect(call).rejects.toMatchObject({
        name: 'StacksApiError',
        code: 'Forbidden',
        status: 403,
        endpoint: 'register',
        requestId: 'r-9',
        mayHaveActed: false,
        message: 'register: 403 Stack quota reached',
      }),
    ]);
  });

  it('is taken back by deregister, also when nothing is left to take back', async () => {
    const first = client.deregister({}, never);
    const seen = await test.server.next();
    seen.text(204, '');
    expect(await first).toBe('deregistered');
    expect(seen).toMatchObject({ method: 'POST', path: '/v3/stacks/my-stack/deregister', body: undefined });
    const second = client.deregister({}, never);
    await test.server.answer(404, { message: 'No stack' });
    expect(await second).toBe('notRegistered');
  });
});

describe('listing scheduled jobs', () => {
  it('asks for a queue and returns jobs, pause and cursor', async () => {
    const call = client.listScheduledJobs({ queueKey: 'a b', limit: 10, after: 'c=1' }, never);
    const seen = await test.server.answer(200, list([row(jobId)], 'c2'));
    expect(await call).toEqual({
      jobs: [
        {
          id: jobId,
          priority: 1,
          agentQueryRules: ['queue=bk', 'arch=arm64'],
          scheduledAt: new Date('2026-01-01T12:00:00Z'),
          pipeline: { slug: 'shop', id: 'p-1' },
          build: { number: 7, branch: 'main', id: 'b-1' },
          step: { key: 'test' },
        },
      ],
      unreadable: [],
      isPaused: false,
      next: 'c2',
    });
    expect(seen).toMatchObject({
      method: 'GET',
      path: '/v3/stacks/my-stack/scheduled-jobs',
      query: { queue_key: 'a b', limit: '10', after: 'c=1' },
    });
  });

  it.each([
    [{ dispatch_paused: true }, true],
    [{ paused: true }, true],
    [{ dispatch_paused: false, paused: true }, true],
    [{ dispatch_paused: true, paused: false }, true],
    [{ dispatch_paused: null, paused: false }, false],
    [{ dispatch_paused: false }, false],
  ])('given the queue %j, paused is %j', async (queue, isPaused) => {
    const call = client.listScheduledJobs({ queueKey: 'bk' }, never);
    await test.server.answer(200, list([], null, queue));
    expect((await call).isPaused).toBe(isPaused);
  });

  it.each([
    ['no pause', list([], null, { id: 'q' })],
    ['no queue', { ...list([]), cluster_queue: undefined }],
    ['no jobs', { ...list([]), jobs: undefined }],
    ['no page_info', { ...list([]), page_info: null }],
  ])('given %s, says BadAnswer, since we rely on it', async (_what, answer) => {
    const call = client.listScheduledJobs({ queueKey: 'bk' }, never);
    await Promise.all([
      test.server.answer(200, answer),
      expect(call).rejects.toMatchObject({ code: 'BadAnswer', status: 200, mayHaveActed: false }),
    ]);
    expect(test.server.requests).toBe(1);
  });

  it('given rows that are no jobs, leaves them out, says so and keeps the others', async () => {
    const call = client.listScheduledJobs({ queueKey: 'bk' }, never);
    const bare = {
      id: jobId,
      scheduled_at: '2026-01-01T00:00:00+01:00',
      priority: null,
      agent_query_rules: null,
      pipeline: null,
      step: {},
    };
    await test.server.answer(
      200,
      list([null, row('../../x'), row(randomUUID(), { agent_query_rules: 'queue=bk' }), bare, row(randomUUID(), { scheduled_at: 'soon' })]),
    );
    const page = await call;
    expect(page.jobs).toEqual([
      expect.objectContaining({
        id: jobId,
        priority: 0,
        agentQueryRules: [],
        pipeline: { slug: undefined, id: undefined },
        step: { key: undefined },
      }),
    ]);
    expect(page.unreadable.map(job => job.problems[0]?.split(':')[0])).toEqual(['(root)', 'id', 'agent_query_rules', 'scheduled_at']);
    expect(page.unreadable[1]?.id).toBe('../../x');
    expect(test.logged.join()).toContain('left out scheduled jobs');
    expect(await test.registry.metrics()).toContain('buildkite_operator_stacks_api_unreadable_jobs_total{service="test"} 4');
  });

  it.each([0, 1001, 1.5])('refuses a limit of %j', async limit => {
    await expect(client.listScheduledJobs({ queueKey: 'bk', limit }, never)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('following the pages of a queue', () => {
  const collect = async (pages: AsyncIterable<ScheduledJobsPage>) => {
    const all: ScheduledJobsPage[] = [];
    for await (const page of pages) all.push(page);
    return all;
  };

  it('starts without a cursor, follows it, and leaves out what an earlier page had', async () => {
    const [a, b, c] = uuids(3) as [string, string, string];
    const pages = collect(client.scheduledJobPages({ queueKey: 'bk', pageSize: 2 }, never));
    expect((await test.server.answer(200, list([row(a), row(b)], 'c1'))).query).toEqual({ queue_key: 'bk', limit: '2' });
    expect((await test.server.answer(200, list([row(b), row(c)]))).query).toEqual({ queue_key: 'bk', limit: '2', after: 'c1' });
    expect((await pages).map(page => page.jobs.map(job => job.id))).toEqual([[a, b], [c]]);
  });

  it('goes on over a page without jobs', async () => {
    const pages = collect(client.scheduledJobPages({ queueKey: 'bk' }, never));
    await test.server.answer(200, list([], 'c1'));
    await test.server.answer(200, list([row(jobId)]));
    expect((await pages).map(page => page.jobs.length)).toEqual([0, 1]);
  });

  it.each([
    ['no cursor although there is more', [{ ...list([]), page_info: { has_next_page: true, end_cursor: null } }]],
    ['an empty cursor although there is more', [list([], '')]],
    ['a cursor although there is no more', [{ ...list([]), page_info: { has_next_page: false, end_cursor: 'c' } }]],
    ['the same cursor again', [list([], 'c1'), list([], 'c1')]],
    ['cursors that go round', [list([], 'c1'), list([], 'c2'), list([], 'c1')]],
  ])('given %s, ends', async (_what, answers) => {
    const pages = collect(client.scheduledJobPages({ queueKey: 'bk' }, never));
    for (const answer of answers) await test.server.answer(200, answer);
    expect(await pages).toHaveLength(answers.length);
    expect((await pages).at(-1)?.next).toBeUndefined();
  });

  it('fetches no more pages than are asked for', async () => {
    const pages = collect(client.scheduledJobPages({ queueKey: 'bk', maxPages: 2 }, never));
    await test.server.answer(200, list([], 'c1'));
    await test.server.answer(200, list([], 'c2'));
    expect(await pages).toHaveLength(2);
    const [first] = [client.scheduledJobPages({ queueKey: 'bk' }, never)];
    const one = first.next();
    await test.server.answer(200, list([], 'c1'));
    await one;
    await first.return();
    expect(test.server.requests).toBe(3);
  });
});

describe('reserving', () => {
  it('returns what is reserved and what is not, each job once', async () => {
    const [a, b, c, d, foreign] = uuids(5) as [string, string, string, string, string];
    const call = client.reserveJobs({ jobIds: [a, b, c, d, a], expirySeconds: 30 }, never);
    const seen = await test.server.answer(200, { reserved: [a, foreign, c], not_reserved: [b, c] });
    expect(await call).toEqual({ reserved: [a], notReserved: [b, c, d], failed: [] });
    expect(seen).toMatchObject({
      method: 'PUT',
      path: '/v3/stacks/my-stack/scheduled-jobs/batch-reserve',
      body: { job_uuids: [a, b, c, d], reservation_expiry_seconds: 30 },
    });
  });

  it('sends 1000 at a time and keeps what succeeded when a batch is refused', async () => {
    const ids = uuids(2001);
    const call = client.reserveJobs({ jobIds: ids }, never);
    await test.server.answer(200, { reserved: ids.slice(0, 1000), not_reserved: [] });
    const second = await test.server.answer(422, { message: 'no' });
    await test.server.answer(200, { reserved: [], not_reserved: ids.slice(2000) });
    const { reserved, notReserved, failed } = await call;
    expect(second.body).toEqual({ job_uuids: ids.slice(1000, 2000) });
    expect(reserved).toEqual(ids.slice(0, 1000));
    expect(notReserved).toEqual(ids.slice(2000));
    expect(failed).toMatchObject([{ items: ids.slice(1000, 2000), error: { code: 'Invalid', mayHaveActed: false } }]);
  });

  it('sends nothing for no jobs, and refuses what is no id or no expiry', async () => {
    expect(await client.reserveJobs({ jobIds: [] }, never)).toEqual({ reserved: [], notReserved: [], failed: [] });
    await expect(client.reserveJobs({ jobIds: ['../x'] }, never)).rejects.toMatchObject({ message: expect.stringContaining('jobIds[0]') });
    await expect(client.reserveJobs({ jobIds: [jobId], expirySeconds: 3601 }, never)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(test.server.requests).toBe(0);
  });
});

describe('reading a job', () => {
  it('returns environment and command, also large ones', async () => {
    const call = client.getJob({ jobId }, never);
    const command = 'echo ü\n'.repeat(200_000);
    const seen = await test.server.answer(200, { id: jobId, env: { A: '1', N: 2, T: true, GONE: null }, command, extra: {} });
    expect(await call).toEqual({ id: jobId, env: { A: '1', N: '2', T: 'true' }, command });
    expect(seen).toMatchObject({ method: 'GET', path: `/v3/stacks/my-stack/jobs/${jobId}` });
  });

  it('given neither environment nor command, returns empty ones', async () => {
    const call = client.getJob({ jobId }, never);
    await test.server.answer(200, { id: jobId, env: null, command: null });
    expect(await call).toEqual({ id: jobId, env: {}, command: '' });
  });

  it('given another job, says BadAnswer', async () => {
    const call = client.getJob({ jobId }, never);
    await Promise.all([test.server.answer(200, { id: randomUUID() }), expect(call).rejects.toMatchObject({ code: 'BadAnswer' })]);
  });

  it('given a wrong field, names it without its value, which may be a secret', async () => {
    const call = client.getJob({ jobId }, never);
    await test.server.answer(200, { id: jobId, env: { PASSWORD: ['hunter2'] } });
    const error = await call.then(() => undefined, String);
    expect(error).toContain('env.PASSWORD');
    expect(error).not.toContain('hunter2');
  });
});

describe('reading states', () => {
  it('returns those that the server names, whatever they are, and those that it does not', async () => {
    const [a, b, c] = uuids(3) as [string, string, string];
    const call = client.getJobStates({ jobIds: [a, b, c] }, never);
    const seen = await test.server.answer(200, { states: { [a]: 'running', [b]: 'brand_new', [c]: null, [randomUUID()]: 'finished' } });
    const { states, missing, failed } = await call;
    expect([...states]).toEqual([
      [a, 'running'],
      [b, 'brand_new'],
    ]);
    expect({ missing, failed }).toEqual({ missing: [c], failed: [] });
    expect(seen).toMatchObject({ method: 'POST', path: '/v3/stacks/my-stack/jobs/get-states', body: { job_uuids: [a, b, c] } });
  });
});

describe('notifications', () => {
  it('are sent with what the server allows, and each refusal goes back to its notification', async () => {
    const [a, b, c] = uuids(3) as [string, string, string];
    const notifications = [
      { jobId: a, detail: 'x'.repeat(300) },
      { jobId: b, detail: '   ' },
      { jobId: b, detail: 'image pull', at: new Date('2026-01-01T00:00:00Z') },
      { jobId: 'nope', detail: 'y' },
      { jobId: c, detail: 'z' },
    ] as const;
    const call = client.createNotifications({ notifications }, never);
    const seen = await test.server.answer(200, { errors: [{ error: 'too many', indexes: [0, 2, 77] }] });
    expect(seen).toMatchObject({ method: 'POST', path: '/v3/stacks/my-stack/notifications' });
    expect(seen.body).toEqual({
      notifications: [
        { job_uuid: a, detail: `${'x'.repeat(255)}…` },
        { job_uuid: b, detail: 'image pull', timestamp: '2026-01-01T00:00:00.000Z' },
        { job_uuid: c, detail: 'z' },
      ],
    });
    const { stored, refused, failed } = await call;
    expect(stored).toEqual([notifications[2]]);
    expect(refused.map(({ notification, reason }) => [notifications.indexOf(notification as never), reason.split(' ')[0]])).toEqual([
      [1, 'detail'],
      [3, 'jobId'],
      [0, 'too'],
      [4, 'too'],
    ]);
    expect(failed).toEqual([]);
  });

  it('are sent 1000 at a time; indexes count within the batch', async () => {
    const notifications = uuids(1001).map(id => ({ jobId: id, detail: 'x' }));
    const call = client.createNotifications({ notifications }, never);
    await test.server.answer(200, { errors: [] });
    await test.server.answer(200, { errors: [{ error: 'no', indexes: [0] }] });
    expect(await call).toMatchObject({
      stored: { length: 1000 },
      refused: [{ notification: notifications[1000], reason: 'no' }],
      failed: [],
    });
  });

  it('of a batch whose answer is lost are not sent again, and the others are', async () => {
    const notifications = uuids(1001).map(id => ({ jobId: id, detail: 'x' }));
    const call = client.createNotifications({ notifications }, never);
    (await test.server.next()).cut();
    await test.server.answer(200, {});
    const { stored, failed } = await call;
    expect(stored).toEqual(notifications.slice(1000));
    expect(failed).toMatchObject([
      { items: { length: 1000 }, error: { code: 'UnknownOutcome', mayHaveActed: true, cause: { code: 'Unreachable' } } },
    ]);
    expect(test.server.requests).toBe(2);
  });
});
