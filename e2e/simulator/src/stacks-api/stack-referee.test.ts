import { describe, expect, it, vi } from 'vitest';
import type { RawStackOptions } from '../testing/raw-stack.ts';
import { type StackBench, useStackBench } from '../testing/use-stack-bench.ts';

const bench = useStackBench();
const registered = (options?: RawStackOptions) => bench().registered(options);
const control = () => bench().control;
const job = (request?: Parameters<StackBench['job']>[0]) => bench().job(request);
const breaches = () => bench().breaches();
const pass = (ms: number) => bench().clock.pass(ms);
const acquire = async (id: string) => (await bench().agent()).acquire(id);

describe('of a paused queue, the referee', () => {
  it('notes a reservation by a stack that had been told, though the server gives it', async () => {
    const stack = await registered();
    const id = await job();
    await control().pauseQueue('default');
    await stack.list();

    expect((await stack.reserve([id])).body).toEqual({ reserved: [id], not_reserved: [] });

    expect(await breaches()).toEqual(['run-while-paused']);
  });

  it('lets pass a reservation by a stack that could not know, that another stack was told, or that was told of an earlier pause', async () => {
    const stack = await registered();
    const other = await registered({ key: 'other' });
    const [first = '', second = ''] = await bench().jobs(2);
    await stack.list();
    await control().pauseQueue('default');
    await other.list();
    await stack.reserve([first]);
    await stack.list();
    await control().resumeQueue('default');
    pass(1);
    await control().pauseQueue('default');
    await stack.reserve([second]);

    expect(await breaches()).toEqual([]);
  });

  it('lets pass the extension of a reservation and the jobs of other queues', async () => {
    const stack = await registered();
    const id = await job();
    const gpu = await job({ step: { agents: { queue: 'gpu' } } });
    await stack.reserve([id]);
    await control().pauseQueue('default');
    await stack.list();

    expect((await stack.reserve([id, gpu])).body).toEqual({ reserved: [id, gpu], not_reserved: [] });

    expect(await breaches()).toEqual([]);
  });

  it.each([
    ['lets pass an acquisition within the grace', 30_000, []],
    ['notes an acquisition after the grace', 30_001, ['run-while-paused']],
  ])('%s', async (_name, ms, kinds) => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id]);
    await control().pauseQueue('default');
    pass(500_000);
    await stack.list();
    pass(1);
    await stack.list();
    pass(ms - 1);

    await acquire(id);

    expect(await breaches()).toEqual(kinds);
  });

  it('lets pass an acquisition long after the queue goes on again, and one by hand', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id]);
    await control().pauseQueue('default');
    await stack.list();
    pass(40_000);
    await control().resumeQueue('default');
    await acquire(id);
    await control().forgetStack(stack.key);
    await control().pauseQueue('default');
    await acquire(await job());

    expect(await breaches()).toEqual([]);
  });
});

describe('of acquisitions, the referee', () => {
  it('notes one whose reservation has run out, though the agent gets the job', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id], 30);
    await stack.call('POST', 'deregister');
    pass(30_000);

    await acquire(id);

    expect(await control().job(id)).toMatchObject({ state: 'accepted' });
    expect(await control().referee()).toMatchObject([{ kind: 'acquired-without-reservation', jobId: id }]);
    await breaches();
  });

  it.each([
    ['the queue of a stack', 'default', {}, ['acquired-without-reservation']],
    ['a queue that a stack has listed', 'gpu', { queue_key: 'gpu' }, ['acquired-without-reservation']],
    ['a queue that no stack serves', 'gpu', {}, []],
  ])('of a job that was never reserved in %s: %j', async (_name, queue, listed, kinds) => {
    const stack = await registered();
    await stack.list(listed);

    await acquire(await job({ step: { agents: { queue } } }));

    expect(await breaches()).toEqual(kinds);
  });

  it.each([
    ['has a valid reservation', async (id: string) => void (await (await registered()).reserve([id]))],
    ['belongs to a queue whose stack has left', async () => void (await (await registered()).call('POST', 'deregister'))],
    [
      'belongs to a queue whose stack is lost',
      async () => {
        await registered();
        pass(10_001);
      },
    ],
    ['no stack has to do with', async () => undefined],
  ])('lets one pass of a job that %s', async (_name, prepare) => {
    const id = await job();
    await prepare(id);

    await acquire(id);

    expect(await breaches()).toEqual([]);
  });

  it('lets pass the repetition of an acquisition after the reservation would have ended', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id], 30);
    const agent = await bench().agent();
    const { token } = await agent.acquire(id);
    pass(60_000);

    expect((await agent.acquire(id)).token).toBe(token);

    expect(await breaches()).toEqual([]);
  });
});

describe('of two stacks on one job, the referee', () => {
  it('lets a lost race pass, and notes the attempt after it', async () => {
    const first = await registered({ key: 'first' });
    const second = await registered({ key: 'second' });
    const id = await job();
    await first.reserve([id]);

    await second.reserve([id]);
    expect(await breaches()).toEqual([]);
    await second.reserve([id]);

    expect(await breaches()).toEqual(['two-stacks-on-one-job']);
  });

  it('lets each race for another reservation pass', async () => {
    const first = await registered({ key: 'first' });
    const second = await registered({ key: 'second' });
    const id = await job();
    for (let round = 0; round < 3; round += 1) {
      await first.reserve([id]);
      await second.reserve([id]);
      await control().expireReservations();
    }

    expect(await breaches()).toEqual([]);
  });

  it('notes and refuses to finish what another has reserved', async () => {
    const first = await registered({ key: 'first' });
    const second = await registered({ key: 'second' });
    const id = await job();
    await first.reserve([id]);

    expect((await second.finish(id)).status).toBe(422);

    expect(await breaches()).toEqual(['two-stacks-on-one-job']);
    expect((await first.finish(id)).status).toBe(200);
  });

  it('notes notifications of what another has reserved', async () => {
    const first = await registered({ key: 'first' });
    const second = await registered({ key: 'second' });
    const id = await job();
    await first.reserve([id]);

    expect((await second.notify([{ job_uuid: id, detail: 'mine' }])).body).toEqual({ errors: [] });

    expect(await breaches()).toEqual(['two-stacks-on-one-job']);
  });
});

describe('a lost answer', () => {
  const lose = (route: string) => control().addFault({ match: { route }, action: { type: 'lost-answer' }, times: 1 });

  it('has told nobody of a pause', async () => {
    const stack = await registered();
    const id = await job();
    await stack.list();
    await control().pauseQueue('default');
    await lose('stacks/*/scheduled-jobs');
    await expect(stack.list()).rejects.toThrow('fetch failed');

    await stack.reserve([id]);

    expect(await breaches()).toEqual([]);
  });

  it('has told nobody of a lost race', async () => {
    const first = await registered({ key: 'first' });
    const second = await registered({ key: 'second' });
    const id = await job();
    await first.reserve([id]);
    await lose('stacks/*/scheduled-jobs/batch-reserve');
    await expect(second.reserve([id])).rejects.toThrow('fetch failed');

    expect((await second.reserve([id])).body).toEqual({ reserved: [], not_reserved: [id] });

    expect(await breaches()).toEqual([]);
  });

  it('has told nobody of a state', async () => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id]);
    await lose('stacks/*/jobs/get-states');
    await expect(stack.states([id])).rejects.toThrow('fetch failed');
    await acquire(id);

    expect((await stack.finish(id)).status).toBe(422);

    expect(await breaches()).toEqual(['finished-while-agent-owns']);
  });
});

describe('of ends that stacks set, the referee', () => {
  it.each([
    ['with another detail', 'other', undefined],
    ['with another exit status', 'no place', 3],
    ['with the same content, although it was answered', 'no place', undefined],
  ])('notes a second finish %s; the first holds', async (_name, detail, exitStatus) => {
    const stack = await registered();
    const id = await job();
    await stack.finish(id);

    expect((await stack.finish(id, detail, exitStatus)).status).toBe(422);

    expect(await breaches()).toEqual(['finished-twice']);
    expect(await control().job(id)).toMatchObject({ exitStatus: -1, detail: 'no place' });
  });

  it('lets the same call pass again after a lost answer, but not with other content', async () => {
    const stack = await registered();
    const id = await job();
    await control().addFault({ match: { route: 'stacks/*/jobs/*/finish' }, action: { type: 'lost-answer' }, times: 1 });
    await expect(stack.finish(id)).rejects.toThrow('fetch failed');

    expect((await stack.finish(id)).status).toBe(422);
    expect(await breaches()).toEqual([]);
    expect((await stack.finish(id, 'other')).status).toBe(422);
    expect(await breaches()).toEqual(['finished-twice']);
  });

  it('notes the same content after a lost answer, if another stack brings it', async () => {
    const stack = await registered();
    const other = await registered({ key: 'other' });
    const id = await job();
    await control().addFault({ match: { route: 'stacks/stack/jobs/*/finish' }, action: { type: 'lost-answer' }, times: 1 });
    await expect(stack.finish(id)).rejects.toThrow('fetch failed');

    expect((await other.finish(id)).status).toBe(422);

    expect(await breaches()).toEqual(['finished-twice']);
  });

  it('lets the same call pass again of a stack that did not wait for the answer', async () => {
    const stack = await registered();
    const id = await job();
    const fault = await control().addFault({ match: { jobId: id }, action: { type: 'delay', ms: 100 }, times: 1 });
    const impatient = new AbortController();
    const { url, agentToken } = bench().simulator;
    const outcome = fetch(`${url}/stacks/stack/jobs/${id}/finish`, {
      method: 'POST',
      headers: { Authorization: `Token ${agentToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ exit_status: -1, detail: 'no place' }),
      signal: impatient.signal,
    }).catch((error: unknown) => error);
    await vi.waitFor(async () => expect((await control().faults()).find(({ id: each }) => each === fault.id)?.hit).toBe(1), 10_000);
    impatient.abort();
    expect(await outcome).toMatchObject({ name: 'AbortError' });
    await control().waitForJob(id, 'finished');

    expect((await stack.finish(id)).status).toBe(422);

    expect(await breaches()).toEqual([]);
  });

  it.each([
    ['notes it of a stack that never asked', [], ['finished-while-agent-owns']],
    ['notes it of a stack that knew', ['before', 'after'], ['finished-while-agent-owns']],
    ['lets it pass of a stack that had asked just before', ['before'], []],
  ])('when an agent has the job: %s', async (_name, asked, kinds) => {
    const stack = await registered();
    const id = await job();
    await stack.reserve([id]);
    if (asked.includes('before')) await stack.states([id]);
    const held = await acquire(id);
    if (asked.includes('after')) await stack.states([id]);

    expect((await stack.finish(id)).status).toBe(422);

    expect(await breaches()).toEqual(kinds);
    await held.start();
    await held.finish();
    expect((await stack.finish(id)).status).toBe(422);
    expect(await breaches()).toEqual([]);
  });
});
