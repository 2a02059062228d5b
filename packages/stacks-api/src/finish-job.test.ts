import type { ScriptedExchange } from '@buildkite-operator/service/testing';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStacksApiError } from './stacks-api-error.ts';
import { type ClientUnderTest, startClient } from './testing/client-under-test.ts';

const never = new AbortController().signal;
const jobId = '01234567-89ab-cdef-0123-456789abcdef';

let test: ClientUnderTest;
beforeEach(async () => {
  test = await startClient();
});
afterEach(() => test[Symbol.asyncDispose]());

const finish = (options: { detail?: string; exitStatus?: number; deadlineMs?: number } = {}) =>
  test.client.finishJob({ jobId, exitStatus: -1, detail: 'no image', ...options }, never);

/** Takes the next request, which must be a finish. */
async function finishRequest(): Promise<ScriptedExchange> {
  const seen = await test.server.next();
  expect(seen).toMatchObject({ method: 'POST', path: `/v3/stacks/my-stack/jobs/${jobId}/finish` });
  return seen;
}

/** Answers the next request, which must ask for states. */
async function stateIs(state: string | undefined): Promise<void> {
  const seen = await test.server.answer(200, { states: state === undefined ? {} : { [jobId]: state } });
  expect(seen).toMatchObject({ path: '/v3/stacks/my-stack/jobs/get-states', body: { job_uuids: [jobId] } });
}

const lost: [string, (seen: ScriptedExchange) => void][] = [
  ['the connection is reset before the answer', seen => seen.cut()],
  ['the answer is 500', seen => seen.json(500, { message: 'oops' })],
  ['a proxy answers 502', seen => seen.text(502, '<html>bad gateway')],
  ['a proxy answers 503, which may stand for a lost answer', seen => seen.text(503, 'no healthy upstream')],
  ['a proxy answers 504', seen => seen.text(504, '')],
];

describe('finishing a job', () => {
  it.each([0, 1, -1, 137])('sends the exit status %i as it is, which matters for 0', async exitStatus => {
    const call = finish({ exitStatus });
    const seen = await finishRequest();
    seen.json(200, {});
    expect(await call).toEqual({ outcome: 'finished' });
    expect(seen.body).toEqual({ exit_status: exitStatus, detail: 'no image' });
  });

  it('cuts the detail to 4 KiB of UTF-8', async () => {
    const call = finish({ detail: 'ü'.repeat(5000) });
    const seen = await finishRequest();
    seen.text(200, '');
    await call;
    const { detail } = seen.body as { detail: string };
    expect(Buffer.byteLength(detail)).toBeLessThanOrEqual(4096);
    expect(detail).toMatch(/^ü{2046}…$/);
  });

  it.each([
    ['is rubbish', (seen: ScriptedExchange) => seen.text(200, '<html>')],
    ['breaks off', (seen: ScriptedExchange) => seen.cutInBody(200, '{"id"')],
    ['is empty', (seen: ScriptedExchange) => seen.text(204, '')],
  ])('has happened when the status says so, also when the body %s', async (_what, answer) => {
    const call = finish();
    answer(await finishRequest());
    expect(await call).toEqual({ outcome: 'finished' });
    expect(test.server.requests).toBe(1);
  });

  it.each([
    [{ detail: '' }, 'detail'],
    [{ exitStatus: 1.5 }, 'exitStatus'],
  ])('is refused before it is sent with %j', async (options, named) => {
    await expect(finish(options)).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(named) });
  });
});

describe.each(lost)('when %s', (_what, lose) => {
  it.each(['scheduled', 'reserved'])('and the job is %s, it is finished again', async state => {
    const call = finish();
    lose(await finishRequest());
    await stateIs(state);
    (await finishRequest()).json(200, {});
    expect(await call).toEqual({ outcome: 'finished' });
    expect(test.server.requests).toBe(3);
  });

  it.each(['finished', 'canceled', 'running', 'assigned', 'brand_new'])('and the job is %s, it is not touched again', async state => {
    const call = finish();
    lose(await finishRequest());
    await stateIs(state);
    expect(await call).toEqual({ outcome: 'notOurs', state });
    expect(test.server.requests).toBe(2);
  });
});

describe('when the answer is lost and the state cannot be told', () => {
  it('asks for it until the attempts are used up, then reports an unknown outcome, having sent finish once', async () => {
    const call = finish();
    (await finishRequest()).cut();
    const states = async () => {
      for (let asked = 0; asked < 4; asked += 1) await stateIs(undefined);
    };
    await Promise.all([
      states(),
      expect(call).rejects.toMatchObject({
        code: 'UnknownOutcome',
        endpoint: 'finish-job',
        mayHaveActed: true,
        cause: { code: 'Unreachable' },
      }),
    ]);
    expect(test.server.requests).toBe(5);
  });

  it('reports it also when reading the state is refused', async () => {
    const call = finish();
    (await finishRequest()).cut();
    const states = async () => {
      for (let asked = 0; asked < 4; asked += 1) await test.server.answer(403, { message: 'no' });
    };
    await Promise.all([states(), expect(call).rejects.toMatchObject({ code: 'UnknownOutcome', mayHaveActed: true })]);
  });

  it('reports it within the deadline when the server says nothing more', async () => {
    const call = finish({ deadlineMs: 1500 });
    const seen = finishRequest();
    await expect(call).rejects.toMatchObject({ code: 'UnknownOutcome', mayHaveActed: true, cause: { code: 'Timeout' } });
    (await seen).json(200, {});
  });
});

describe('when the server has certainly not acted', () => {
  it.each([
    ['429', (seen: ScriptedExchange) => seen.json(429, { message: 'slow down' }, { 'retry-after': '0' })],
    ["Buildkite's own 503", (seen: ScriptedExchange) => seen.json(503, { message: 'organization unavailable' })],
  ])('as with %s, it is sent again without asking for the state', async (_what, refuse) => {
    const call = finish();
    refuse(await finishRequest());
    (await finishRequest()).json(200, {});
    expect(await call).toEqual({ outcome: 'finished' });
  });

  it.each([401, 403, 400])('as with %i, the refusal is thrown', async status => {
    const call = finish();
    (await finishRequest()).json(status, { message: 'no' });
    await expect(call).rejects.toMatchObject({ status, mayHaveActed: false });
    expect(test.server.requests).toBe(1);
  });
});

describe('when the server refuses to finish the job', () => {
  it.each([
    [422, 'running'],
    [422, 'finished'],
    [404, 'canceled'],
    [409, 'assigned'],
    [410, 'expired'],
  ])('with %i, and it is %s, nothing is left to do', async (status, state) => {
    const call = finish();
    (await finishRequest()).json(status, { message: 'no' });
    await stateIs(state);
    expect(await call).toEqual({ outcome: 'notOurs', state });
  });

  it('with 422, and it is still to be had, the refusal is thrown', async () => {
    const call = finish();
    (await finishRequest()).json(422, { message: 'detail is odd' });
    await stateIs('reserved');
    await expect(call).rejects.toMatchObject({ code: 'Invalid', status: 422, message: 'finish-job: 422 detail is odd' });
  });

  it('with 404, because the stack is unknown, the refusal is thrown', async () => {
    const call = finish();
    (await finishRequest()).json(404, { message: 'No stack' });
    await test.server.answer(404, { message: 'No stack' });
    await expect(call).rejects.toMatchObject({ code: 'NotFound', endpoint: 'finish-job' });
  });
});

describe('a server that loses answers at random', () => {
  it('never ends a job twice, and no job is believed ended that is not', async () => {
    const fate = fc.constantFrom('lost before acting', 'lost after acting', 'answered');
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 8 }), fc.array(fc.boolean(), { maxLength: 8 }), async (finishes, stateIsAnswered) => {
        let ends = 0;
        const [fates, answers] = [[...finishes], [...stateIsAnswered]];
        test.server.handleAll(seen => {
          if (seen.path.endsWith('get-states')) {
            if (answers.shift() ?? true) seen.json(200, { states: { [jobId]: ends > 0 ? 'finished' : 'reserved' } });
            else seen.cut();
            return;
          }
          const fate = fates.shift() ?? 'answered';
          if (fate !== 'lost before acting') ends += 1;
          if (fate === 'answered') seen.json(200, {});
          else seen.cut();
        });
        const result: unknown = await finish().catch((thrown: unknown) => thrown);
        expect(ends).toBeLessThanOrEqual(1);
        expect(ends === 1 || isStacksApiError(result, 'UnknownOutcome'), String(result)).toBe(true);
        expect(result instanceof Error && !isStacksApiError(result, 'UnknownOutcome'), String(result)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
