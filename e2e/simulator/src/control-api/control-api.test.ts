import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SimulatorRequestError, WaitTimeout } from '../client/client-errors.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { RawCaller } from '../testing/raw-agent.ts';
import { resetWithoutBreach } from '../testing/referee-check.ts';

describe('the control API, by its client', () => {
  let simulator: Simulator;
  let caller: RawCaller;

  beforeAll(async () => {
    simulator = await startSimulator();
    caller = new RawCaller(simulator);
  });

  afterAll(() => simulator.stop());
  afterEach(() => resetWithoutBreach(simulator.control));

  const begin = async (jobId: string) => (await caller.register(simulator.agentToken)).start(jobId);

  it('makes numbered builds of a pipeline and finds them by id and by number', async () => {
    const request = { pipeline: { slug: 'site', repository: 'https://git.example.com/site.git' }, yaml: 'steps: [{command: a}]' };
    const first = await simulator.control.createBuild({
      ...request,
      branch: 'x',
      commit: 'abc',
      message: 'm',
      env: { A: '1' },
      metaData: { k: 'v' },
    });
    const second = await simulator.control.createBuild({ ...request, pipeline: { slug: 'site' } });

    expect(first).toMatchObject({ number: 1, state: 'scheduled', branch: 'x', commit: 'abc', message: 'm', metaData: { k: 'v' } });
    expect(second).toMatchObject({ number: 2, branch: 'main', repository: 'https://git.example.com/site.git' });
    expect(await simulator.control.build('site/2')).toEqual(second);
    expect(await simulator.control.builds()).toHaveLength(2);
    expect(await (await fetch(first.url)).json()).toMatchObject({ id: first.id });
  });

  it('shows the environment and the course of a job in time', async () => {
    const { id } = await simulator.control.createJob('a', { env: { A: '1' } });
    const job = await begin(id);
    await job.chunk(1, 0, 'out');
    await job.finish(3);

    const detail = await simulator.control.job(id);
    expect(detail).toMatchObject({
      exitStatus: 3,
      env: { A: '1', BUILDKITE_JOB_ID: id },
      logChunks: [{ sequence: 1, offset: 0, size: 3 }],
    });
    const { createdAt, scheduledAt = 0, acquiredAt = 0, startedAt = 0, firstLogChunkAt = 0, finishedAt = 0 } = detail.timeline;
    const times = [createdAt, scheduledAt, acquiredAt, startedAt, firstLogChunkAt, finishedAt];
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(createdAt).toBeGreaterThan(0);
  });

  it('waits for a state, and says how the job stands when it does not come', async () => {
    const { id } = await simulator.control.createJob('a');
    const waiting = simulator.control.waitForJob(id, ['finished'], 10_000);
    const job = await begin(id);
    await expect(simulator.control.waitForJob(id, 'ended', 20)).rejects.toThrow(`job ${id} is running, not ended, after 20 ms`);
    await expect(simulator.control.waitForJob(id, 'ended', 20)).rejects.toBeInstanceOf(WaitTimeout);
    await job.finish();

    expect(await waiting).toMatchObject({ state: 'finished' });
    expect(await simulator.control.waitForBuild((await simulator.control.job(id)).buildId, ['passed'])).toMatchObject({ state: 'passed' });
  });

  it('gives up a wait when it is asked to', async () => {
    const { id } = await simulator.control.createJob('a');
    const stop = new AbortController();
    const waiting = simulator.control.waitForJob(id, 'ended', 60_000, stop.signal);
    stop.abort();

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('follows a log to its end, with and without time codes', async () => {
    const { id } = await simulator.control.createJob('a');
    const job = await begin(id);
    const read = async (strip: boolean) => {
      const pieces: Buffer[] = [];
      for await (const piece of simulator.control.followJobLog(id, { strip })) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    };
    const [plain, raw] = [read(true), read(false)];
    const seen = simulator.control.waitForLog(id, 'line two');
    await job.chunk(1, 0, '\u001b_bk;t=17');
    await job.chunk(2, 9, '000\u0007line one\n');
    await job.chunk(3, 22, '\u001b_bk;t=17001\u0007line two\n');
    await job.finish();

    expect(await plain).toBe('line one\nline two\n');
    expect(await raw).toBe('\u001b_bk;t=17000\u0007line one\n\u001b_bk;t=17001\u0007line two\n');
    expect((await seen).log.toString()).toBe('line one\nline two\n');
    expect((await simulator.control.jobLog(id, { from: 22 })).toString()).toBe('\u001b_bk;t=17001\u0007line two\n');
    await expect(simulator.control.waitForLog(id, 'line three')).rejects.toThrow('and the job has ended');
  });

  it('changes settings, within their limits', async () => {
    expect(await simulator.control.changeSettings({ lostAgentAfterMs: 1234 })).toMatchObject({ lostAgentAfterMs: 1234, minuteMs: 60_000 });
    await expect(simulator.control.changeSettings({ heartbeatIntervalSeconds: 0 })).rejects.toThrow('heartbeatIntervalSeconds');
    await simulator.control.changeSettings({ lostAgentAfterMs: 30_000 });
  });

  it('hands out faults and takes them away', async () => {
    const fault = await simulator.control.addFault({
      match: { route: 'register' },
      action: { type: 'status', status: 503, headers: { 'Retry-After': '2' } },
      times: 1,
    });
    const refused = await caller.call('POST', 'register', simulator.agentToken, {});
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await simulator.control.faults()).toMatchObject([{ id: fault.id, hit: 1 }]);
    expect((await caller.call('POST', 'register', simulator.agentToken, {})).status).toBe(200);
    await simulator.control.removeFault(fault.id);
    await expect(simulator.control.removeFault(fault.id)).rejects.toMatchObject({ status: 404 });

    await simulator.control.addFault({ action: { type: 'drop' } });
    await expect(caller.call('GET', 'ping', 'x')).rejects.toThrow('fetch failed');
    await simulator.control.clearFaults();
    expect(await simulator.control.faults()).toEqual([]);
  });

  it('loses an answer only after the act', async () => {
    const { id } = await simulator.control.createJob('a');
    const job = await (await caller.register(simulator.agentToken)).acquire(id);
    await simulator.control.addFault({ match: { route: 'jobs/*/start', jobId: id }, action: { type: 'lost-answer' } });

    await expect(job.start()).rejects.toThrow('fetch failed');

    expect(await simulator.control.job(id)).toMatchObject({ state: 'running' });
    await simulator.control.clearFaults();
    await job.finish();
  });

  it('keeps secrets apart by cluster', async () => {
    const cluster = await simulator.control.createCluster('apart', 'bkct_apart_token');
    await simulator.control.setSecret('key', 'here');
    await simulator.control.setSecret('key', 'there', 'apart');
    const request = { pipeline: { slug: 'apart', cluster: cluster.id } };
    const job = await (await caller.register('bkct_apart_token')).start((await simulator.control.createJob('a', request)).id);

    expect((await job.call('GET', 'secrets?key=key')).body).toMatchObject({ key: 'key', value: 'there' });
    expect((await job.call('GET', 'secrets?key=none')).status).toBe(404);
    await job.finish();
    await expect(simulator.control.createCluster('apart')).rejects.toMatchObject({ status: 409 });
    await expect(simulator.control.setSecret('key', 'x', 'nowhere')).rejects.toMatchObject({ status: 404 });
  });

  it('forgets everything but tokens, secrets and settings on a reset', async () => {
    const { id, buildId } = await simulator.control.createJob('a');
    const job = await begin(id);
    await simulator.control.addFault({ action: { type: 'delay', ms: 1 } });

    await simulator.control.reset();

    await expect(simulator.control.job(id)).rejects.toMatchObject({ status: 404 });
    await expect(simulator.control.build(buildId)).rejects.toMatchObject({ status: 404 });
    expect([await simulator.control.agents(), await simulator.control.faults(), await simulator.control.jobs()]).toEqual([[], [], []]);
    expect((await job.call('GET', '')).status).toBe(401);
    await simulator.control.clearReferee();
    await begin((await simulator.control.createJob('a')).id).then(next => next.finish());
  });

  it.each([
    ['GET', 'jobs/none', undefined, 404],
    ['GET', 'nowhere', undefined, 404],
    ['POST', 'builds', {}, 400],
    ['POST', 'builds', { yaml: 'steps: [{trigger: x}]' }, 422],
    ['POST', 'builds', { yaml: 'steps: [{command: a}]', pipeline: { slug: 'Not A Slug' } }, 400],
    [
      'POST',
      'builds',
      {
        yaml: 'steps: [{command: a, parallelism: 999}, {command: a, parallelism: 999}, {command: a, parallelism: 999}, {command: a, parallelism: 999}, {command: a, parallelism: 999}]',
      },
      422,
    ],
    ['POST', 'faults', { action: { type: 'explode' } }, 400],
    ['POST', 'faults', { action: { type: 'status', status: 42 } }, 400],
    ['PATCH', 'settings', { pipelineUpload: 'sometimes' }, 400],
    ['PUT', 'secrets/x', { value: '' }, 400],
  ])('answers %s %s with %j by %i and a message', async (method, path, body, status) => {
    const response = await fetch(`${simulator.origin}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ message: expect.stringMatching(/\w/) });
  });

  it('throws errors that carry the status and the message of the answer', async () => {
    const attempt = simulator.control.job('none');

    await expect(attempt).rejects.toBeInstanceOf(SimulatorRequestError);
    await expect(attempt).rejects.toMatchObject({ status: 404, message: 'no job none' });
  });

  it('outlives any rubbish: no call makes a fault of the simulator', async () => {
    const { id } = await simulator.control.createJob('a');
    const job = await begin(id);
    const { buildId, stepId } = await simulator.control.job(id);
    const path = fc.constantFrom(
      ...[
        'start',
        'finish',
        'chunks?sequence=1&offset=0&size=1',
        'chunks',
        'header_times',
        'artifacts',
        'annotations',
        'pipelines',
        'pipelines?async=true',
        'data/set',
        'data/set-batch',
        'data/get',
        'oidc/tokens',
        'repository_access_token',
        'promise_failure',
        'secrets',
        '',
      ].map(each => `jobs/${id}/${each}`),
      `steps/${stepId}`,
      `steps/${stepId}/export`,
      `steps/%00/cancel`,
      `builds/${buildId}/data/get`,
      `builds/${buildId}/artifacts/search?query=[(`,
      'register',
      'heartbeat',
      'ping',
      'stop',
      '%E0%A4%A',
    );
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array(),
      fc.object().map(value => JSON.stringify(value)),
    );
    const type = fc.constantFrom('application/json', 'text/plain', 'multipart/form-data', 'application/x-nonsense');
    const token = fc.constantFrom(job.token, job.token, simulator.agentToken, 'bkct_none');
    const call = fc.record({ method: fc.constantFrom('POST', 'PUT', 'DELETE'), path, body, type, token });
    await fc.assert(
      fc.asyncProperty(call, async ({ method, path: where, body: content, type: contentType, token: holder }) => {
        const { status } = await caller.call(method, where, holder, content, { 'Content-Type': contentType });
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
    await simulator.control.clearReferee();
    expect(await simulator.control.info()).toMatchObject({ endpoint: simulator.url });
  });
});
