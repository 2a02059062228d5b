import { describe, expect, it } from 'vitest';
import type { RawStackOptions } from '../testing/raw-stack.ts';
import { useStackBench } from '../testing/use-stack-bench.ts';

const unknownJob = '00000000-0000-0000-0000-000000000000';
const bench = useStackBench();
const stackOf = (options?: RawStackOptions, token?: string) => bench().stack(options, token);
const registered = (options?: RawStackOptions) => bench().registered(options);
const control = () => bench().control;
const agent = () => bench().agent();
const breaches = () => bench().breaches();
const now = () => bench().clock.now();
const pass = (ms: number) => bench().clock.pass(ms);

describe('register', () => {
  it('answers 201 to a new stack, 200 to a known one, and shows it', async () => {
    const stack = stackOf({ key: 'Stack_1-a', queue: 'gpu' });

    const first = await stack.register({ metadata: { version: '1' } });
    const again = await stack.register({ metadata: { version: '2' }, type: 'kubernetes' });

    expect([first.status, again.status]).toEqual([201, 200]);
    const { organization } = await control().info();
    expect(first.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      organization_uuid: organization.id,
      key: 'Stack_1-a',
      type: 'custom',
      cluster_queue_key: 'gpu',
      metadata: { version: '1' },
      last_connected_on: new Date(now()).toISOString(),
      state: 'connected',
    });
    expect(again.body).toEqual({ ...(first.body as object), metadata: { version: '2' }, type: 'kubernetes' });
    expect(await control().stacks()).toMatchObject([{ key: 'Stack_1-a', queue: 'gpu', state: 'connected', metadata: { version: '2' } }]);
  });

  it.each(['__default__', '_default', 'default'])('takes %s as the name of the default queue', async queue => {
    expect((await stackOf({ queue }).register()).body).toMatchObject({ cluster_queue_key: 'default' });
  });

  it.each([
    ['a key with a space', { key: 'my stack' }],
    ['an empty key', { key: '' }],
    ['a key of 81 bytes', { key: 'k'.repeat(81) }],
    ['no key', { key: undefined }],
    ['an unknown type', { type: 'nomad' }],
    ['no queue', { queue_key: undefined }],
    ['no metadata', { metadata: undefined }],
    ['nested metadata', { metadata: { a: {} } }],
    ['101 keys of metadata', { metadata: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, ''])) }],
    ['a metadata key of 65 characters', { metadata: { ['k'.repeat(65)]: '' } }],
    ['a metadata value of 257 characters', { metadata: { a: 'v'.repeat(257) } }],
  ])('refuses %s with 422', async (_name, changes) => {
    const { status, body } = await stackOf().register(changes);

    expect(status).toBe(422);
    expect(body).toMatchObject({ message: expect.stringContaining('invalid body') });
    expect(await breaches()).toEqual(['malformed-body']);
    expect(await control().stacks()).toEqual([]);
  });

  it('takes a key, metadata keys and values of the greatest length', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [String(index).padEnd(64, 'k'), 'v'.repeat(256)]));

    expect((await stackOf().register({ key: 'k'.repeat(80), metadata })).status).toBe(201);
  });

  it('answers 404 when the queue is unknown, and 201 once it is made', async () => {
    expect((await stackOf({ queue: 'later' }).register()).status).toBe(404);
    await control().createQueue('later');
    expect((await stackOf({ queue: 'later' }).register()).status).toBe(201);
  });

  it('refuses a key that another cluster has', async () => {
    await registered();
    const { token } = await bench().otherCluster();

    expect((await stackOf({}, token).register()).status).toBe(422);
  });

  it('refuses one stack too many with 403, until one leaves or has been silent for long', async () => {
    await control().changeSettings({ maxActiveStacks: 2 });
    const first = await registered({ key: 'a' });
    const second = await registered({ key: 'b' });
    const third = stackOf({ key: 'c' });

    expect((await third.register()).status).toBe(403);
    expect((await second.register()).status).toBe(200);
    await second.call('POST', 'deregister');
    expect((await third.register()).status).toBe(201);
    pass(10_001);
    expect((await control().stacks()).map(({ state }) => state)).toEqual(['lost', 'disconnected', 'lost']);
    expect((await second.register()).status).toBe(200);
    expect((await first.list()).status).toBe(200);
  });
});

describe('a stack that is not registered', () => {
  const calls = [
    ['POST', 'deregister', undefined],
    ['GET', 'scheduled-jobs?queue_key=default', undefined],
    ['PUT', 'scheduled-jobs/batch-reserve', { job_uuids: [] }],
    ['GET', `jobs/${unknownJob}`, undefined],
    ['POST', 'jobs/get-states', { job_uuids: [] }],
    ['POST', `jobs/${unknownJob}/finish`, { detail: 'x' }],
    ['POST', 'notifications', { notifications: [] }],
  ] as const;

  it.each(calls)('is answered 404 to %s %s, as one that has left or was forgotten, and may come again', async (method, path, body) => {
    expect((await stackOf().call(method, path, body)).status).toBe(404);
    const left = await registered({ key: 'left' });
    expect((await left.call('POST', 'deregister')).status).toBe(204);
    expect((await left.call(method, path, body)).status).toBe(404);
    const forgotten = await registered({ key: 'forgotten' });
    await control().forgetStack('forgotten');
    expect((await forgotten.call(method, path, body)).status).toBe(404);

    expect((await left.register()).status).toBe(200);
    expect((await forgotten.register()).status).toBe(201);
    expect((await left.list()).status).toBe(200);
  });

  it.each(calls)('of another cluster is answered 404 to %s %s', async (method, path, body) => {
    await registered();
    const { token } = await bench().otherCluster();

    expect((await stackOf({}, token).call(method, path, body)).status).toBe(404);
  });

  it.each(calls)('and has no good token is answered 401 to %s %s', async (method, path, body) => {
    await registered();
    expect((await stackOf({}, 'bkct_invented').call(method, path, body)).status).toBe(401);
    expect(await breaches()).toEqual(['unknown-token']);
    const polling = await agent();
    expect((await stackOf({}, polling.token).call(method, path, body)).status).toBe(401);
    expect(await breaches()).toEqual(['wrong-token']);
  });

  it('may take another token, and is refused without a breach when its own has ended', async () => {
    await registered();
    const token = await control().createToken();
    expect((await stackOf({}, token).list()).status).toBe(200);
    await control().revokeToken(token);

    expect((await stackOf({}, token).list()).status).toBe(401);
    await expect(control().revokeToken(token)).rejects.toMatchObject({ status: 404 });
    expect(await control().createToken(undefined, token)).toBe(token);
    expect((await stackOf({}, token).list()).status).toBe(200);
  });

  it('takes calls that name a type of body and have none, as the official client makes them', async () => {
    await registered();
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };

    expect(
      (await bench().caller.call('GET', 'stacks/stack/scheduled-jobs?queue_key=default', bench().simulator.agentToken, undefined, headers))
        .status,
    ).toBe(200);
    expect((await bench().caller.call('POST', 'stacks/stack/deregister', bench().simulator.agentToken, undefined, headers)).status).toBe(
      204,
    );
  });
});
