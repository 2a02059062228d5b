import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createLogger } from '@buildkite-operator/service';
import type { ScriptedExchange } from '@buildkite-operator/service/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientUnderTest, startClient, testToken } from './testing/client-under-test.ts';
import { TokenFile } from './token-source.ts';

const never = new AbortController().signal;
const jobId = '01234567-89ab-cdef-0123-456789abcdef';
const job = { id: jobId, env: {}, command: 'true' };

let test: ClientUnderTest;
beforeEach(async () => {
  test = await startClient();
});
afterEach(() => test[Symbol.asyncDispose]());

const getJob = (options: { deadlineMs?: number } = {}, signal = never) => test.client.getJob({ jobId, ...options }, signal);
const reserve = () => test.client.reserveJobs({ jobIds: [jobId] }, never);
const notify = (options: { deadlineMs?: number } = {}) =>
  test.client.createNotifications({ notifications: [{ jobId, detail: 'x' }], ...options }, never);

type Fault = [string, (seen: ScriptedExchange) => void];
const lostAnswers: Fault[] = [
  ['500', seen => seen.json(500, { message: 'oops' })],
  ['500 with Retry-After', seen => seen.json(500, { message: 'oops' }, { 'retry-after': '0' })],
  ['502 in HTML', seen => seen.text(502, '<html>bad gateway')],
  ['503 in plain text', seen => seen.text(503, 'no healthy upstream')],
  ['a reset before the headers', seen => seen.cut()],
  ['a reset within the body', seen => seen.cutInBody(200, '{"errors":[')],
  ['a body that is no JSON', seen => seen.text(200, '<html>sign in to the hotel')],
  ['an empty body', seen => seen.text(200, '')],
];
const refusals: Fault[] = [
  ['429', seen => seen.json(429, { message: 'slow down' }, { 'retry-after': '0' })],
  ["Buildkite's 503", seen => seen.json(503, { message: 'organization unavailable' })],
];

describe('a call that may be repeated', () => {
  it.each([...lostAnswers, ...refusals])('is sent again after %s', async (_what, fail) => {
    const call = getJob();
    fail(await test.server.next());
    await test.server.answer(200, job);
    expect(await call).toMatchObject({ command: 'true' });
  });

  it.each(lostAnswers)('reserves the same jobs again after %s: reserving twice is reserving', async (_what, fail) => {
    const call = reserve();
    const first = await test.server.next();
    fail(first);
    const second = await test.server.answer(200, { reserved: [jobId], not_reserved: [] });
    expect(await call).toEqual({ reserved: [jobId], notReserved: [], failed: [] });
    expect(second.body).toEqual(first.body);
  });

  it('is given up after five tries, and says that they may have acted', async () => {
    const call = reserve();
    const tries = async () => {
      for (let sent = 0; sent < 5; sent += 1) await test.server.answer(500, { message: 'oops' }, { 'x-request-id': `r-${sent}` });
    };
    await Promise.all([
      tries(),
      expect(call).rejects.toMatchObject({
        code: 'ServerError',
        status: 500,
        requestId: 'r-4',
        endpoint: 'reserve-jobs',
        mayHaveActed: true,
      }),
    ]);
    expect(test.server.requests).toBe(5);
  });

  it('says that it may have acted when an earlier try may have, though the last was refused', async () => {
    const call = reserve();
    (await test.server.next()).cut();
    await Promise.all([
      test.server.answer(403, { message: 'no' }),
      expect(call).rejects.toMatchObject({ code: 'Forbidden', mayHaveActed: true }),
    ]);
  });

  it('that only reads never may have acted', async () => {
    const call = getJob();
    const tries = async () => {
      for (let sent = 0; sent < 5; sent += 1) (await test.server.next()).cut();
    };
    await Promise.all([tries(), expect(call).rejects.toMatchObject({ code: 'Unreachable', status: 0, mayHaveActed: false })]);
  });

  it.each([
    [400, 'BadRequest'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [409, 'Conflict'],
    [418, 'Refused'],
    [422, 'Invalid'],
    [302, 'Refused'],
  ])('is not sent again after %i', async (status, code) => {
    const call = getJob();
    const headers = { location: new URL('/elsewhere', test.server.baseUrl).href };
    await Promise.all([test.server.answer(status, { message: 'no' }, headers), expect(call).rejects.toMatchObject({ code, status })]);
    expect(test.server.requests).toBe(1);
  });
});

describe('a call that must take effect once', () => {
  it.each(lostAnswers)('is not sent again after %s, but reported as unknown', async (_what, fail) => {
    const call = notify();
    fail(await test.server.next());
    await expect(call).rejects.toMatchObject({ code: 'UnknownOutcome', endpoint: 'create-notifications', mayHaveActed: true });
    expect(test.server.requests).toBe(1);
  });

  it.each(refusals)('is sent again after %s, which comes before the server acts', async (_what, fail) => {
    const call = notify();
    fail(await test.server.next());
    await test.server.answer(200, { errors: [] });
    expect(await call).toMatchObject({ stored: [{ jobId }] });
  });

  it('is unknown when a deadline ends it while the server thinks', async () => {
    const call = notify({ deadlineMs: 1000 });
    const seen = test.server.next();
    await expect(call).rejects.toMatchObject({ code: 'UnknownOutcome', cause: { code: 'Timeout' } });
    (await seen).json(200, {});
  });

  it('is certainly not done when no connection could be made', async () => {
    const port = await freePort();
    await using other = await startClient({ baseUrl: new URL(`http://127.0.0.1:${port}/v3/`), attempts: 2 });
    const call = other.client.createNotifications({ notifications: [{ jobId, detail: 'x' }] }, never);
    await expect(call).rejects.toMatchObject({ code: 'Unreachable', mayHaveActed: false });
    expect(await other.registry.metrics()).toContain(
      'request_retries_total{endpoint="create-notifications",code="Unreachable",service="test"} 1',
    );
  });
});

describe('time', () => {
  it('given a body that stops half-way, the try ends and another is made', async () => {
    await using hurried = await startClient({ tryMs: 800 });
    const call = hurried.client.getJob({ jobId }, never);
    (await hurried.server.next()).begin(200, '{"id":"');
    await hurried.server.answer(200, job);
    expect(await call).toMatchObject({ command: 'true' });
    expect(await hurried.registry.metrics()).toContain('request_retries_total{endpoint="get-job",code="Timeout",service="test"} 1');
  });

  it('given no answer at all, the call ends with its deadline', async () => {
    const call = getJob({ deadlineMs: 1000 });
    const seen = test.server.next();
    await expect(call).rejects.toMatchObject({ code: 'Timeout', message: 'get-job: did not succeed within 1000 ms' });
    (await seen).cut();
  });

  it('given failures until the deadline, the last of them is the cause', async () => {
    await using slow = await startClient({ backoff: { initialMs: 60_000, maxMs: 60_000 } });
    const call = slow.client.reserveJobs({ jobIds: [jobId], deadlineMs: 1500 }, never);
    await Promise.all([
      slow.server.answer(500, { message: 'oops' }),
      expect(call).rejects.toMatchObject({ code: 'Timeout', mayHaveActed: true, cause: { code: 'ServerError' } }),
    ]);
  });

  it('given an abort, the call throws its reason, before and while the server is asked', async () => {
    const reason = new Error('enough');
    await expect(getJob({}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(test.server.requests).toBe(0);
    const stop = new AbortController();
    const abortWhenAsked = async () => {
      const seen = await test.server.next();
      stop.abort(reason);
      return seen;
    };
    const [seen] = await Promise.all([abortWhenAsked(), expect(getJob({}, stop.signal)).rejects.toBe(reason)]);
    seen.cut();
    expect(await test.registry.metrics()).toContain('requests_total{endpoint="get-job",status="aborted",service="test"} 1');
  });
});

describe('the rate limit', () => {
  it('given nothing left, the next call waits for the reset instead of asking for a 429', async () => {
    const first = getJob();
    await test.server.answer(200, job, { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': '60' });
    await first;
    await expect(getJob({ deadlineMs: 5000 })).rejects.toMatchObject({ code: 'RateLimited', status: 0, mayHaveActed: false });
    expect(test.server.requests).toBe(1);
    // Another endpoint has a window of its own.
    const other = reserve();
    await test.server.answer(200, { reserved: [jobId], not_reserved: [] });
    await other;
  });

  it('given a wait that fits, the call is held back and then sent', async () => {
    const first = getJob();
    await test.server.answer(200, job, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1' });
    await first;
    const second = getJob();
    await test.server.answer(200, job);
    await second;
    expect(await test.registry.metrics()).toMatch(/limiter_wait_seconds_bucket\{le="0\.1",service="test",endpoint="get-job"\} 1\n/);
  });

  it.each([
    ['429 with Retry-After', 429, { message: 'slow down' }, { 'retry-after': '120' }, 120_000],
    ['429 that says when in its body', 429, { message: 'slow down', scope: 'show-job', limit: 1, current: 2, reset: 90 }, {}, 90_000],
    ['503 with Retry-After', 503, { message: 'later' }, { 'retry-after': '120' }, 120_000],
  ])(
    'given a %s beyond the deadline, the call ends at once with the wish, and others are not sent',
    async (_what, status, body, headers, ms) => {
      const call = getJob({ deadlineMs: 20_000 });
      await Promise.all([test.server.answer(status, body, headers), expect(call).rejects.toMatchObject({ status, retryAfterMs: ms })]);
      const second: unknown = await getJob({ deadlineMs: 20_000 }).catch((thrown: unknown) => thrown);
      expect(second).toMatchObject({ code: 'RateLimited', status: 0, retryAfterMs: expect.closeTo(ms, -4) });
      expect(test.server.requests).toBe(1);
    },
  );

  it('given a 429 with the reset only in its headers, the next try waits for it', async () => {
    const call = getJob({ deadlineMs: 3000 });
    await Promise.all([
      test.server.answer(429, { message: 'slow down' }, { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }),
      expect(call).rejects.toMatchObject({ code: 'RateLimited' }),
    ]);
    expect(test.server.requests).toBe(1);
  });

  it('given a Retry-After with a success, the next call is held back', async () => {
    const call = getJob();
    await test.server.answer(200, job, { 'retry-after': '60' });
    await call;
    await expect(getJob({ deadlineMs: 1000 })).rejects.toMatchObject({ code: 'RateLimited' });
  });
});

describe('a token that rotates', () => {
  let folder: string;
  let path: string;
  let rotating: ClientUnderTest;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stacks-token-'));
    path = join(folder, 'token');
    await writeFile(path, 'bkct_old\n');
    rotating = await startClient({ tokens: new TokenFile({ path, logger: createLogger('test', 'silent'), rereadMs: 3_600_000 }) });
  });
  afterEach(async () => {
    await rotating[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['that may be repeated', () => rotating.client.getJob({ jobId }, never), job],
    ['that must take effect once', () => rotating.client.createNotifications({ notifications: [{ jobId, detail: 'x' }] }, never), {}],
  ])('is read anew when the server refuses it, and a call %s sent again at once', async (_what, start, answer) => {
    const call = start();
    const first = await rotating.server.next();
    expect(first.headers.authorization).toBe('Token bkct_old');
    await writeFile(path, 'bkct_new\n');
    first.json(401, { message: 'expired' });
    expect((await rotating.server.answer(200, answer)).headers.authorization).toBe('Token bkct_new');
    await call;
  });

  it('is refused for good when the file has no other, or the other is refused, too', async () => {
    const first = rotating.client.getJob({ jobId }, never);
    await Promise.all([
      rotating.server.answer(401, { message: 'expired' }),
      expect(first).rejects.toMatchObject({ code: 'Unauthorized', status: 401, message: 'get-job: 401 expired' }),
    ]);
    const second = rotating.client.getJob({ jobId }, never);
    const seen = await rotating.server.next();
    await writeFile(path, 'bkct_new');
    seen.json(401, { message: 'expired' });
    await Promise.all([
      rotating.server.answer(401, { message: 'wrong' }),
      expect(second).rejects.toMatchObject({ message: 'get-job: 401 wrong' }),
    ]);
    expect(rotating.server.requests).toBe(3);
  });

  it('that is not there is an error before anything is sent', async () => {
    await rm(path);
    await expect(rotating.client.getJob({ jobId }, never)).rejects.toMatchObject({
      code: 'TokenUnreadable',
      name: 'StacksApiError',
      endpoint: 'get-job',
    });
    expect(rotating.server.requests).toBe(0);
  });
});

describe('the token', () => {
  it('is in no log and no error, also when a proxy repeats what it was sent', async () => {
    const faults: Fault[] = [
      ['JSON', seen => seen.json(400, { message: `bad header: Token ${testToken}` })],
      ['HTML', seen => seen.text(502, `<pre>authorization: Token ${testToken}</pre>`)],
      ['a success', seen => seen.text(200, `authorization: Token ${testToken}`)],
      ['a reset', seen => seen.cut()],
    ];
    const errors: unknown[] = [];
    for (const [, fail] of faults) {
      const call = notify().catch((thrown: unknown) => errors.push(thrown));
      fail(await test.server.next());
      await call;
    }
    const retried = getJob();
    (await test.server.next()).text(502, testToken);
    await test.server.answer(200, job);
    await retried;
    expect(errors).toHaveLength(4);
    expect(inspect(errors, { depth: 20, showHidden: true })).not.toContain(testToken);
    expect(test.logged.join()).toContain('call failed, trying again');
    expect(test.logged.join()).not.toContain(testToken);
  });
});

describe('metrics', () => {
  it('count requests by endpoint and status, and time them', async () => {
    const call = getJob();
    await test.server.answer(500, { message: 'oops' });
    (await test.server.next()).cut();
    await test.server.answer(200, job);
    await call;
    const metrics = await test.registry.metrics();
    for (const status of ['500', 'Unreachable', '200'])
      expect(metrics).toContain(`buildkite_operator_stacks_api_requests_total{endpoint="get-job",status="${status}",service="test"} 1`);
    expect(metrics).toContain('buildkite_operator_stacks_api_request_duration_seconds_count{service="test",endpoint="get-job"} 3');
    expect(metrics).toContain('buildkite_operator_stacks_api_limiter_wait_seconds_count{service="test",endpoint="get-job"} 3');
  });
});

describe('closing', () => {
  it('waits for calls under way, and refuses others', async () => {
    const call = getJob();
    const seen = await test.server.next();
    const closed = test.client.close();
    seen.json(200, job);
    expect(await call).toMatchObject({ command: 'true' });
    await closed;
    await expect(reserve()).rejects.toMatchObject({ code: 'Unreachable', mayHaveActed: false });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
