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

describe('a reservation', () => {
  it('makes the job reserved, hides it, and shows who has it', async () => {
    const stack = await registered();
    const ids = await jobs(3);

    const { status, body } = await stack.reserve([...ids.slice(0, 2), ids[0] ?? '', unknownJob]);

    expect(status).toBe(200);
    expect(body).toEqual({ reserved: ids.slice(0, 2), not_reserved: [unknownJob] });
    expect((await stack.page()).ids).toEqual(ids.slice(2));
    const until = now() + 900_000;
    expect(await control().reservations()).toEqual(
      ids.slice(0, 2).map(jobId => ({ jobId, stackKey: 'stack', queue: 'default', madeAt: now(), until, extensions: 0 })),
    );
    expect(await control().job(ids[0] ?? '')).toMatchObject({ state: 'reserved', reservation: { stackKey: 'stack', until } });
  });

  it('ends with its time, to the millisecond, and the job can be reserved by anybody', async () => {
    const stack = await registered();
    const other = await registered({ key: 'other' });
    const id = await job();
    await stack.reserve([id], 30);

    pass(29_999);
    expect((await other.page()).ids).toEqual([]);
    expect((await other.reserve([id])).body).toEqual({ reserved: [], not_reserved: [id] });
    pass(1);
    expect((await stack.states([id])).body).toEqual({ states: { [id]: 'scheduled' } });
    expect((await other.page()).ids).toEqual([id]);
    expect((await other.reserve([id])).body).toEqual({ reserved: [id], not_reserved: [] });
    expect(await control().reservations()).toMatchObject([{ jobId: id, stackKey: 'other' }]);
  });

  it('is extended by reserving again', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id], 30);
    pass(20_000);

    expect((await stack.reserve([id], 30)).body).toEqual({ reserved: [id], not_reserved: [] });

    pass(29_999);
    expect(await control().reservations()).toMatchObject([{ jobId: id, extensions: 1, until: now() + 1 }]);
    pass(1);
    expect(await control().reservations()).toEqual([]);
  });

  it('outlives its stack', async () => {
    const stack = await registered();
    const other = await registered({ key: 'other' });
    const id = await job();
    await stack.reserve([id], 30);
    await stack.call('POST', 'deregister');

    expect((await other.page()).ids).toEqual([]);
    pass(30_000);
    expect((await other.page()).ids).toEqual([id]);
  });

  it('can be ended from outside', async () => {
    const stack = await registered();
    const ids = await jobs(3);
    await stack.reserve(ids);

    await control().expireReservations(ids[0]);
    expect((await stack.page()).ids).toEqual(ids.slice(0, 1));
    await expect(control().expireReservations(ids[0])).rejects.toMatchObject({ status: 422 });
    await control().expireReservations();
    expect((await stack.page()).ids).toEqual(ids);
  });

  it('is not given for a job that is cancelled, runs or is over, or of another cluster', async () => {
    const stack = await registered();
    const [canceled = '', running = '', finished = ''] = await jobs(3);
    const other = await bench().otherCluster();
    const foreign = await job({ pipeline: { slug: other.name, cluster: other.name } });
    await stack.reserve([canceled, running, finished]);
    await control().cancelJob(canceled);
    await (await agent()).start(running);
    await (await (await agent()).start(finished)).finish();

    const ids = [canceled, running, finished, foreign];

    expect((await stack.reserve(ids)).body).toEqual({ reserved: [], not_reserved: ids });
  });

  it('holds a job from agents that poll, and is ended by the agent that acquires it', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id]);
    const polling = await agent();
    expect((await polling.call('GET', 'ping')).body).toEqual({});

    await (await agent()).start(id);

    expect((await stack.states([id])).body).toEqual({ states: { [id]: 'running' } });
    expect(await control().reservations()).toEqual([]);
    pass(3_600_000);
    expect(await control().job(id)).toMatchObject({ state: 'running' });
  });

  it.each([
    ['a thousand and one jobs', { job_uuids: Array.from({ length: 1001 }, () => unknownJob) }, 422],
    ['an hour and a second', { job_uuids: [], reservation_expiry_seconds: 3601 }, 422],
    ['no time at all', { job_uuids: [], reservation_expiry_seconds: 0 }, 422],
    ['no list of jobs', { job_uuids: unknownJob }, 400],
    ['nothing', {}, 400],
  ])('is refused for %s', async (_name, body, status) => {
    const stack = await registered();
    expect((await stack.call('PUT', 'scheduled-jobs/batch-reserve', body)).status).toBe(status);
    expect(await breaches()).toEqual(['malformed-body']);
  });

  it('is given for a thousand jobs and an hour', async () => {
    const stack = await registered();
    const ids = Array.from({ length: 1000 }, (_, index) => `unknown-${index}`);
    expect((await stack.reserve(ids, 3600)).body).toEqual({ reserved: [], not_reserved: ids });
  });
});
