import { describe, expect, it } from 'vitest';
import type { RawStackOptions } from '../testing/raw-stack.ts';
import { type StackBench, useStackBench } from '../testing/use-stack-bench.ts';

const unknownJob = '00000000-0000-0000-0000-000000000000';
const bench = useStackBench();
const registered = (options?: RawStackOptions) => bench().registered(options);
const control = () => bench().control;
const agent = () => bench().agent();
const job = (request?: Parameters<StackBench['job']>[0]) => bench().job(request);
const jobs = (count: number) => bench().jobs(count);
const breaches = () => bench().breaches();
const now = () => bench().clock.now();
const pass = (ms: number) => bench().clock.pass(ms);

describe('the list of scheduled jobs', () => {
  it('shows what a job is, without environment and command', async () => {
    const stack = await registered({ queue: 'gpu' });
    const build = await control().createBuild({
      pipeline: { slug: 'site' },
      branch: 'b',
      yaml: 'steps: [{command: a, key: k, priority: 3, agents: {queue: gpu, os: linux}}, {command: b, agents: {queue: gpu}}]',
    });
    const [first, second] = build.jobs;

    expect((await stack.list()).body).toEqual({
      jobs: [
        {
          id: first?.id,
          priority: 3,
          agent_query_rules: ['queue=gpu', 'os=linux'],
          scheduled_at: new Date(now()).toISOString(),
          pipeline: { slug: 'site', uuid: expect.any(String) },
          build: { number: 1, branch: 'b', uuid: build.id },
          step: { key: 'k' },
        },
        expect.objectContaining({ id: second?.id, priority: 0, step: { key: null } }),
      ],
      page_info: { has_next_page: false, end_cursor: expect.any(String) },
      cluster_queue: { id: expect.any(String), dispatch_paused: false },
    });
  });

  it('leaves a note on each job of when a stack first saw it; a list that got lost shows nothing', async () => {
    const stack = await registered();
    const id = await job();
    const listedAt = async () => (await control().job(id)).timeline.listedAt;
    await control().addFault({ match: { route: 'stacks/*/scheduled-jobs' }, action: { type: 'lost-answer' }, times: 1 });
    await expect(stack.list()).rejects.toThrow('fetch failed');
    expect(await listedAt()).toBeUndefined();
    const seenAt = now();

    await stack.list();
    await expect.poll(listedAt).toBe(seenAt);
    pass(1000);
    await stack.list();

    expect(await listedAt()).toBe(seenAt);
  });

  it('is empty, with no cursor, when there is nothing to do', async () => {
    const stack = await registered();
    expect(await stack.page()).toEqual({ ids: [], hasNext: false, cursor: null, paused: false });
  });

  it('holds the jobs of one queue of the own cluster, also of a queue for which the stack is not registered', async () => {
    const stack = await registered();
    const [plain] = await jobs(1);
    const [gpu] = [await job({ step: { agents: { queue: 'gpu' } } })];
    const other = await bench().otherCluster();
    await job({ pipeline: { slug: other.name, cluster: other.name } });

    expect((await stack.page()).ids).toEqual([plain]);
    expect((await stack.page({ queue_key: 'gpu' })).ids).toEqual([gpu]);
    expect((await stack.page({ queue_key: '__default__' })).ids).toEqual([plain]);
    expect((await stack.list({ queue_key: 'none' })).status).toBe(404);
  });

  it('leaves out jobs that wait, are reserved, run or are over', async () => {
    const stack = await registered({ queue: 'gpu' });
    const yaml =
      'steps: [{command: a, agents: {queue: gpu}}, {command: b, agents: {queue: gpu}}, {command: c, agents: {queue: gpu}}, {command: d, agents: {queue: gpu}}, wait, {command: e, agents: {queue: gpu}}]';
    const ids = (await control().createBuild({ yaml })).jobs.map(({ id }) => id);
    expect((await stack.page()).ids).toEqual(ids.slice(0, 4));
    await stack.reserve(ids.slice(0, 2));
    await (await agent()).start(ids[1] ?? '');
    await control().cancelJob(ids[2] ?? '');

    expect((await stack.page()).ids).toEqual([ids[3]]);
  });

  it('comes in pages, the oldest job first', async () => {
    const stack = await registered();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.push(await job());
      // Two at a time have the same age.
      if (index % 2 === 1) pass(10);
    }

    const first = await stack.page({ limit: '2' });
    const second = await stack.page({ limit: '2', after: first.cursor ?? '' });
    const third = await stack.page({ limit: '2', after: second.cursor ?? '' });

    expect([first.ids, second.ids, third.ids]).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    expect([first.hasNext, second.hasNext, third.hasNext]).toEqual([true, true, false]);
  });

  it('is no snapshot: what comes back behind the cursor is not seen before the list is read anew', async () => {
    const stack = await registered();
    const ids = await jobs(4);
    await stack.reserve(ids.slice(0, 1), 5);
    const first = await stack.page({ limit: '2' });
    pass(5000);
    const late = await jobs(1);

    const second = await stack.page({ limit: '5', after: first.cursor ?? '' });

    expect([first.ids, second.ids]).toEqual([ids.slice(1, 3), [...ids.slice(3), ...late]]);
    expect(second.hasNext).toBe(false);
    expect((await stack.page()).ids).toEqual([...ids, ...late]);
  });

  it.each([
    ['no queue', { queue_key: '' }],
    ['a limit of 0', { limit: '0' }],
    ['a limit of 1001', { limit: '1001' }],
    ['a limit that is no number', { limit: 'all' }],
    ['a cursor that was never given out', { after: 'rubbish' }],
  ])('is refused with 400 for %s', async (_name, query) => {
    const stack = await registered();
    expect((await stack.list(query)).status).toBe(400);
    expect(await breaches()).toEqual(['malformed-body']);
  });

  it('says that a queue is paused, and still lists its jobs', async () => {
    const stack = await registered();
    const ids = await jobs(1);
    await control().pauseQueue('default');
    expect(await stack.page()).toMatchObject({ ids, paused: true });
    expect((await stack.page({ queue_key: 'gpu' })).paused).toBe(false);

    await control().resumeQueue('default');

    expect(await stack.page()).toMatchObject({ ids, paused: false });
  });
});

describe('one job', () => {
  it('is shown with environment and command, however large', async () => {
    const stack = await registered();
    const command = 'x'.repeat(200_000);
    const { id } = await control().createJob(command, { env: { BIG: 'y'.repeat(150_000) } });

    const { status, body } = await stack.call('GET', `jobs/${id}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({ id, command, env: { BUILDKITE_JOB_ID: id, BIG: 'y'.repeat(150_000) } });
    expect((await stack.call('GET', `jobs/${unknownJob}`)).status).toBe(404);
  });

  it('has a state, asked for a thousand at a time; unknown ones are left out', async () => {
    const stack = await registered();
    const yaml = 'steps: [{command: a}, wait, {command: b}]';
    const [first, wait, second] = (await control().createBuild({ yaml })).jobs.map(({ id }) => id);

    const { body } = await stack.states([first ?? '', wait ?? '', second ?? '', unknownJob]);

    expect(body).toEqual({ states: { [first ?? '']: 'scheduled', [wait ?? '']: 'waiting', [second ?? '']: 'waiting' } });
    expect((await stack.states(Array.from({ length: 1000 }, () => unknownJob))).body).toEqual({ states: {} });
    expect((await stack.states(Array.from({ length: 1001 }, () => unknownJob))).status).toBe(422);
    expect(await breaches()).toEqual(['malformed-body']);
  });
});
