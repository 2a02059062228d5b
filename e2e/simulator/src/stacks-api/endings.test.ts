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

describe('finish', () => {
  it.each([
    ['reserved', undefined, -1, false],
    ['reserved', 7, 7, false],
    ['reserved', 0, 0, true],
    ['scheduled', undefined, -1, false],
  ] as const)('ends a %s job given %j with %i', async (state, given, exitStatus, passed) => {
    const stack = await registered();
    const id = await job();
    if (state === 'reserved') await stack.reserve([id]);

    expect((await stack.finish(id, 'the image is missing', given)).status).toBe(200);

    expect(await control().job(id)).toMatchObject({
      state: 'finished',
      exitStatus,
      passed,
      signalReason: 'stack_error',
      endedBy: 'stack',
      detail: 'the image is missing',
    });
    expect(await control().reservations()).toEqual([]);
    expect((await (await agent()).call('PUT', `jobs/${id}/acquire`)).status).toBe(422);
  });

  it('sets off the retry rules of the step', async () => {
    const stack = await registered();
    const step = { retry: { automatic: [{ signal_reason: 'stack_error', limit: 1 }] } };
    const { id } = await control().createJob('true', { step });

    await stack.finish(id);

    const { retriedIn } = await control().job(id);
    expect((await stack.page()).ids).toEqual([retriedIn]);
  });

  it('is refused with 422 when the job has ended or an agent has it, with 404 when it is unknown', async () => {
    const stack = await registered();
    const [canceled = '', running = ''] = await jobs(2);
    await stack.reserve([canceled, running]);
    await stack.states([running]);
    await control().cancelJob(canceled);
    await (await agent()).start(running);

    expect((await stack.finish(canceled)).status).toBe(422);
    expect((await stack.finish(running)).status).toBe(422);
    expect((await stack.finish(unknownJob)).status).toBe(404);
    expect(await control().job(running)).toMatchObject({ state: 'running' });
  });

  it.each([
    ['no detail', {}, 400],
    ['a detail of 4,097 bytes', { detail: `ä${'x'.repeat(4095)}` }, 422],
    ['an exit status that is text', { detail: 'x', exit_status: '1' }, 400],
  ])('is refused for %s', async (_name, body, status) => {
    const stack = await registered();
    expect((await stack.call('POST', `jobs/${await job()}/finish`, body)).status).toBe(status);
    expect(await breaches()).toEqual(['malformed-body']);
  });

  it('takes a detail of 4,096 bytes', async () => {
    const stack = await registered();
    expect((await stack.finish(await job(), `ä${'x'.repeat(4094)}`)).status).toBe(200);
  });
});

describe('notifications', () => {
  it('are attached to their jobs with the time that they tell', async () => {
    const stack = await registered();
    const [first = '', second = ''] = await jobs(2);
    const createdAt = now();
    pass(5000);

    const { status, body } = await stack.notify([
      { job_uuid: first, detail: 'no place free', timestamp: new Date(createdAt).toISOString() },
      { job_uuid: second, detail: 'ü'.repeat(256) },
    ]);

    expect([status, body]).toEqual([200, { errors: [] }]);
    expect(await control().notifications()).toEqual([
      { jobId: first, stackKey: 'stack', detail: 'no place free', at: createdAt, receivedAt: now() },
      { jobId: second, stackKey: 'stack', detail: 'ü'.repeat(256), at: now(), receivedAt: now() },
    ]);
    expect(await control().notifications(first)).toHaveLength(1);
    expect(await control().job(first)).toMatchObject({ notifications: 1 });
  });

  it('that are wrong are named by their places, and the others kept', async () => {
    const stack = await registered();
    const id = await job();
    const at = (ms: number) => new Date(now() + ms).toISOString();

    const { status, body } = await stack.notify([
      { job_uuid: id, detail: '' },
      { job_uuid: id, detail: 'good' },
      { job_uuid: id, detail: 'x'.repeat(257) },
      { job_uuid: unknownJob, detail: 'x' },
      { job_uuid: id, detail: 'x', timestamp: at(1) },
      { job_uuid: id, detail: 'x', timestamp: at(-1) },
      { job_uuid: id, detail: 'x', timestamp: 'yesterday' },
      { job_uuid: id },
      { job_uuid: id, detail: 'also good', timestamp: at(0) },
    ]);

    expect(status).toBe(200);
    expect(body).toEqual({
      errors: [
        { error: 'detail is required', indexes: [0, 7] },
        { error: expect.stringContaining('256'), indexes: [2] },
        { error: 'job not found', indexes: [3] },
        { error: expect.stringContaining('future'), indexes: [4] },
        { error: expect.stringContaining('before'), indexes: [5] },
        { error: expect.stringContaining('ISO 8601'), indexes: [6] },
      ],
    });
    expect((await control().notifications(id)).map(({ detail }) => detail)).toEqual(['good', 'also good']);
    expect(await breaches()).toEqual(['notification-limit']);
  });

  it('are a hundred per job at most', async () => {
    const stack = await registered();
    const id = await job();
    const hundredAndTwo = Array.from({ length: 102 }, (_, index) => ({ job_uuid: id, detail: `${index}` }));

    expect((await stack.notify(hundredAndTwo)).body).toEqual({
      errors: [{ error: 'job stack notification count exceeded', indexes: [100, 101] }],
    });
    expect(await control().notifications(id)).toHaveLength(100);
    expect(await breaches()).toEqual(['notification-limit']);
  });

  it('are taken until 300 seconds after the end of their job', async () => {
    const stack = await registered();
    const id = await job();
    await stack.finish(id);
    pass(300_000);
    expect((await stack.notify([{ job_uuid: id, detail: 'last' }])).body).toEqual({ errors: [] });
    pass(1);

    expect((await stack.notify([{ job_uuid: id, detail: 'too late' }])).body).toMatchObject({ errors: [{ indexes: [0] }] });
    expect(await breaches()).toEqual(['notification-limit']);
  });

  it.each([
    ['no list', { notifications: 'x' }, 400],
    ['a thousand and one', { notifications: Array.from({ length: 1001 }, () => ({ job_uuid: unknownJob, detail: 'x' })) }, 422],
    ['a detail that is no text', { notifications: [{ job_uuid: unknownJob, detail: 1 }] }, 400],
  ])('are refused for %s', async (_name, body, status) => {
    const stack = await registered();
    expect((await stack.call('POST', 'notifications', body)).status).toBe(status);
    expect(await breaches()).toEqual(['malformed-body']);
  });
});
