import { describe, expect, it } from 'vitest';
import { useStackBench } from '../testing/use-stack-bench.ts';

const bench = useStackBench();
const control = () => bench().control;
const queues = async () => (await control().info()).clusters[0]?.queues;

describe('the control API of stacks, by its client', () => {
  it('makes, pauses and resumes queues; a pause keeps its beginning', async () => {
    const made = await control().createQueue('fresh');
    expect(made).toEqual({ id: expect.any(String), key: 'fresh', dispatchPaused: false });

    const paused = await control().pauseQueue('fresh');
    expect(paused).toEqual({ ...made, dispatchPaused: true, pausedAt: bench().clock.now() });
    bench().clock.pass(1000);
    expect(await control().pauseQueue('fresh')).toEqual(paused);
    expect(await control().createQueue('fresh')).toEqual(paused);
    expect(await queues()).toContainEqual({ key: 'fresh', dispatchPaused: true });

    expect(await control().resumeQueue('fresh')).toEqual(made);
    expect(await control().pauseQueue('fresh')).toMatchObject({ pausedAt: bench().clock.now() });
  });

  it('lets paused queues go on at a reset, and keeps stacks and tokens', async () => {
    const token = await control().createToken();
    const stack = bench().stack({}, token);
    await stack.register();
    await control().pauseQueue('default');
    await stack.reserve([await bench().job()]);
    await bench().breaches();

    await control().reset();

    expect((await stack.page()).paused).toBe(false);
    expect(await control().reservations()).toEqual([]);
    expect(await control().stacks()).toMatchObject([{ key: 'stack', state: 'connected', polledQueues: ['default'] }]);
  });

  it('makes and ends tokens of a cluster', async () => {
    const { name } = await bench().otherCluster();
    expect(await control().createToken(name, 'bkct_chosen')).toBe('bkct_chosen');
    await expect(control().createToken(name, 'bkct_chosen')).rejects.toMatchObject({ status: 409 });
    expect((await control().info()).clusters.at(-1)?.registrationTokens).toContain('bkct_chosen');

    await control().revokeToken('bkct_chosen');

    expect((await control().info()).clusters.at(-1)?.registrationTokens).not.toContain('bkct_chosen');
    expect((await bench().caller.call('POST', 'register', 'bkct_chosen', {})).status).toBe(401);
    expect(await bench().breaches()).toEqual([]);
  });

  it('keeps the agents of a token that has ended', async () => {
    const token = await control().createToken();
    const agent = await bench().caller.register(token);
    await control().revokeToken(token);

    expect((await agent.call('GET', 'ping')).status).toBe(200);
  });

  it('shows how a stack called, and when', async () => {
    const stack = await bench().registered({ queue: 'gpu' });
    const registeredAt = bench().clock.now();
    bench().clock.pass(100);
    await stack.list();
    bench().clock.pass(100);
    await stack.states([]);

    expect(await control().stacks()).toEqual([
      {
        id: expect.any(String),
        key: 'stack',
        type: 'custom',
        clusterId: (await control().info()).clusters[0]?.id,
        queue: 'gpu',
        polledQueues: ['gpu'],
        metadata: {},
        state: 'connected',
        registeredAt,
        lastPolledAt: registeredAt + 100,
        lastConnectedAt: registeredAt + 200,
        calls: {
          default: { calls: 1, limited: 0 },
          'list-scheduled-jobs': { calls: 1, limited: 0 },
          'batch-load-job-states': { calls: 1, limited: 0 },
        },
      },
    ]);
  });

  it.each([
    ['forgetStack', () => control().forgetStack('none'), 404],
    ['revokeToken', () => control().revokeToken('none'), 404],
    ['expireReservations', () => control().expireReservations('none'), 404],
    ['notifications', () => control().notifications('none'), 404],
    ['pauseQueue', () => control().pauseQueue('default', 'nowhere'), 404],
    ['createToken', () => control().createToken('nowhere'), 404],
    ['createToken', () => control().createToken(undefined, 'short'), 400],
  ])('refuses %s of what there is not', async (_name, attempt, status) => {
    await expect(attempt()).rejects.toMatchObject({ status, message: expect.stringMatching(/\w/) });
  });
});
