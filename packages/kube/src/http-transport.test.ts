import { createLogger, isAbort } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTransport } from './http-transport.ts';
import { type Exchange, ScriptedApiServer } from './testing/scripted-api-server.ts';
import type { KubeRequest, Transport } from './transport.ts';

const logger = createLogger('test', 'silent');
const never = new AbortController().signal;

let server: ScriptedApiServer;
let transport: Transport;
let token = 'first';

beforeEach(async () => {
  token = 'first';
  server = await ScriptedApiServer.start();
  transport = createTransport({ access: server.access(() => ({ authorization: `Bearer ${token}` })), logger, maxConnections: 4 });
});

afterEach(async () => {
  await transport.close();
  await server[Symbol.asyncDispose]();
});

const get: KubeRequest = { method: 'GET', path: '/api/v1/namespaces/ns/pods/a' };
const post: KubeRequest = { method: 'POST', path: '/api/v1/namespaces/ns/pods', body: { metadata: { generateName: 'a-' } } };

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a call', () => {
  it('sends the body as it is, with query, content type and credentials, and returns the parsed answer', async () => {
    const body = { spec: { fieldFromTheFuture: [1, { a: null }] } };
    const answer = transport.request(
      {
        method: 'PATCH',
        path: '/x',
        query: { force: true, fieldManager: 'a b', dryRun: undefined },
        body,
        contentType: 'application/apply-patch+yaml',
      },
      never,
    );
    const seen = await server.next();
    seen.json(200, { unknown: { field: 1 } });
    expect(await answer).toEqual({ unknown: { field: 1 } });
    expect(seen).toMatchObject({ method: 'PATCH', path: '/x', query: { force: 'true', fieldManager: 'a b' }, body });
    expect(seen.headers).toMatchObject({ 'content-type': 'application/apply-patch+yaml', authorization: 'Bearer first' });
  });

  it('keeps the path of the server URL, as behind a proxy for many clusters', async () => {
    const access = server.access();
    const proxied = createTransport({ access: { ...access, server: new URL('/k8s/clusters/c-1/', access.server) }, logger });
    const answer = proxied.request(get, never);
    const seen = await server.next();
    seen.json(200, {});
    await answer;
    await proxied.close();
    expect(seen.path).toBe('/k8s/clusters/c-1/api/v1/namespaces/ns/pods/a');
  });

  it('turns a Status into an error with reason, causes and status', async () => {
    const answer = transport.request(post, never);
    const details = { causes: [{ field: 'spec.x', reason: 'FieldValueInvalid', message: 'must be y' }] };
    (await server.next()).failure(422, 'Invalid', { message: 'Pod "a" is invalid', details });
    await expect(answer).rejects.toMatchObject({
      name: 'KubeError',
      code: 'Invalid',
      status: 422,
      causes: [{ field: 'spec.x', reason: 'FieldValueInvalid', message: 'must be y' }],
      message: 'POST /api/v1/namespaces/ns/pods: Pod "a" is invalid',
    });
  });

  it('says BadAnswer when a 200 is no JSON or does not fit the schema', async () => {
    const noJson = transport.request(get, never);
    (await server.next()).text(200, '<html>hello');
    await expect(noJson).rejects.toMatchObject({ code: 'BadAnswer' });
    const misfit = transport.request({ ...get, schema: z.object({ items: z.array(z.string()) }) }, never);
    (await server.next()).json(200, { items: [1] });
    await expect(misfit).rejects.toMatchObject({ code: 'BadAnswer', message: expect.stringContaining('items[0]') });
  });

  it('is one of many on few connections, which are used again', async () => {
    const answers = Array.from({ length: 40 }, () => transport.request(get, never));
    for (let answered = 0; answered < 40; answered += 1) (await server.next()).json(200, {});
    await Promise.all(answers);
    expect(server.connections).toBeLessThanOrEqual(4);
  });
});

describe('trying again', () => {
  it.each([
    ['500', (e: Exchange) => e.failure(500, 'InternalError')],
    ['503 in plain text', (e: Exchange) => e.text(503, 'no healthy upstream')],
    ['429', (e: Exchange) => e.failure(429, 'TooManyRequests')],
    ['a cut connection', (e: Exchange) => e.cut()],
  ])('a call that may be repeated is repeated after %s', async (_what, fail) => {
    const answer = transport.request(get, never);
    fail(await server.next());
    (await server.next()).json(200, { ok: true });
    expect(await answer).toEqual({ ok: true });
  });

  it.each([
    ['404', 404, 'NotFound'],
    ['409', 409, 'Conflict'],
    ['403', 403, 'Forbidden'],
  ])('nothing is repeated after %s', async (_what, status, reason) => {
    const answer = transport.request(get, never);
    (await server.next()).failure(status, reason);
    await expect(answer).rejects.toMatchObject({ code: reason, status });
    expect(server.waiting).toBe(0);
  });

  it('a POST is not repeated when the server may have acted', async () => {
    const failed = transport.request(post, never);
    (await server.next()).failure(500, 'InternalError');
    await expect(failed).rejects.toMatchObject({ code: 'InternalError' });
    const cut = transport.request(post, never);
    (await server.next()).cut();
    await expect(cut).rejects.toMatchObject({ code: 'Unreachable', status: 0 });
    expect(server.waiting).toBe(0);
  });

  it('a POST is repeated after 429, which comes before the server acts', async () => {
    const answer = transport.request(post, never);
    (await server.next()).failure(429, 'TooManyRequests');
    (await server.next()).json(201, { made: true });
    expect(await answer).toEqual({ made: true });
  });

  it('a POST that the caller declares idempotent is repeated after a lost answer', async () => {
    const answer = transport.request({ ...post, idempotent: true }, never);
    (await server.next()).cut();
    (await server.next()).failure(409, 'AlreadyExists');
    await expect(answer).rejects.toMatchObject({ code: 'AlreadyExists' });
  });

  it('ends after the given number of attempts with the last failure', async () => {
    const answer = transport.request({ ...get, attempts: 2 }, never);
    (await server.next()).failure(500, 'InternalError');
    (await server.next()).failure(503, 'ServiceUnavailable');
    await expect(answer).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  it('gives up at the deadline when Retry-After asks for longer, and says what the server said', async () => {
    const answer = transport.request({ ...get, deadlineMs: 100 }, never);
    (await server.next()).failure(429, 'TooManyRequests', {}, { 'retry-after': '3600' });
    await expect(answer).rejects.toMatchObject({ code: 'Timeout', cause: { code: 'TooManyRequests', retryAfterMs: 3_600_000 } });
  });

  it('is Unreachable when nobody listens', async () => {
    const { server: url } = server.access();
    await server[Symbol.asyncDispose]();
    server = await ScriptedApiServer.start();
    const lost = createTransport({ access: { ...server.access(), server: url }, logger });
    await expect(lost.request({ ...post, attempts: 2 }, never)).rejects.toMatchObject({ code: 'Unreachable', details: { sent: false } });
    await lost.close();
  });
});

describe('ending', () => {
  it('a server that does not answer is a Timeout', async () => {
    const answer = transport.request({ ...get, deadlineMs: 50 }, never);
    await expect(answer).rejects.toMatchObject({ code: 'Timeout', status: 0 });
  });

  it('a try that hangs is followed by another within the deadline', async () => {
    const impatient = createTransport({ access: server.access(), logger, tryMs: 50 });
    const answer = impatient.request(get, never);
    await server.next();
    (await server.next()).json(200, { ok: true });
    expect(await answer).toEqual({ ok: true });
    await impatient.close();
  });

  it("an aborted call throws the signal's reason, before, during and between tries", async () => {
    await expect(transport.request(get, AbortSignal.abort())).rejects.toSatisfy(isAbort);
    const during = new AbortController();
    const waiting = transport.request(get, during.signal);
    await server.next();
    during.abort();
    await expect(waiting).rejects.toSatisfy(isAbort);
    const between = new AbortController();
    const retrying = transport.request(get, between.signal);
    (await server.next()).failure(429, 'TooManyRequests', {}, { 'retry-after': '60' });
    between.abort();
    await expect(retrying).rejects.toSatisfy(isAbort);
  });

  it('closing cuts streams off and waits for calls', async () => {
    const opening = transport.stream({ path: '/watch' }, never);
    (await server.next()).watch();
    const stream = await opening;
    const call = transport.request(get, never);
    const pending = await server.next();
    const closing = transport.close();
    pending.json(200, { late: true });
    expect(await call).toEqual({ late: true });
    await closing;
    await expect(bytesOf(stream)).rejects.toMatchObject({ code: 'Unreachable' });
  });
});

describe('credentials', () => {
  it('are read anew when the server refuses them, and the call sent once more', async () => {
    const warm = transport.request(get, never);
    (await server.next()).json(200, {});
    await warm;
    token = 'second';
    const answer = transport.request(post, never);
    const refused = await server.next();
    refused.failure(401, 'Unauthorized');
    const accepted = await server.next();
    accepted.json(201, {});
    await answer;
    expect([refused.headers.authorization, accepted.headers.authorization]).toEqual(['Bearer first', 'Bearer second']);
  });

  it('that stay refused are an Unauthorized, after one more try', async () => {
    const answer = transport.request(get, never);
    (await server.next()).failure(401, 'Unauthorized');
    (await server.next()).failure(401, 'Unauthorized');
    await expect(answer).rejects.toMatchObject({ code: 'Unauthorized', status: 401 });
  });

  it('that cannot be read are a failure of the call, not of the transport', async () => {
    const missing = new Error('no such file');
    let fail = true;
    const access = server.access();
    const shaky = createTransport({
      access: { ...access, readCredentials: () => (fail ? Promise.reject(missing) : access.readCredentials()) },
      logger,
    });
    await expect(shaky.request({ ...get, attempts: 1 }, never)).rejects.toMatchObject({ code: 'Unreachable', cause: missing });
    fail = false;
    const answer = shaky.request(get, never);
    (await server.next()).json(200, {});
    expect(await answer).toEqual({});
    await shaky.close();
  });
});

describe('a stream', () => {
  it('hands over bytes as they come and ends with the server', async () => {
    const opening = transport.stream({ path: '/watch', query: { watch: true } }, never);
    const watch = (await server.next()).watch();
    const stream = await opening;
    watch.raw('one\n');
    watch.raw('two\n');
    watch.end();
    expect((await bytesOf(stream)).toString()).toBe('one\ntwo\n');
  });

  it('fails with what the server says instead of a stream', async () => {
    const opening = transport.stream({ path: '/watch' }, never);
    (await server.next()).failure(410, 'Expired');
    await expect(opening).rejects.toMatchObject({ code: 'Expired', status: 410 });
  });

  it('takes no connection from calls', async () => {
    const watches = Array.from({ length: 10 }, () => transport.stream({ path: '/watch' }, never));
    for (let opened = 0; opened < 10; opened += 1) (await server.next()).watch();
    await Promise.all(watches);
    const answer = transport.request(get, never);
    (await server.next()).json(200, { ok: true });
    expect(await answer).toEqual({ ok: true });
  });

  it("throws the signal's reason when aborted", async () => {
    const stop = new AbortController();
    const opening = transport.stream({ path: '/watch' }, stop.signal);
    const watch = (await server.next()).watch();
    const stream = await opening;
    stop.abort();
    await expect(bytesOf(stream)).rejects.toSatisfy(isAbort);
    await watch.closed();
  });
});
