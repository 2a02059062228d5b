import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { member, type RawAgent, RawCaller, type RawJob } from '../testing/raw-agent.ts';
import { resetWithoutBreach, takeBreaches } from '../testing/referee-check.ts';

describe('the agent API', () => {
  let simulator: Simulator;
  let caller: RawCaller;

  beforeAll(async () => {
    simulator = await startSimulator();
    caller = new RawCaller(simulator);
  });

  afterAll(() => simulator.stop());
  afterEach(() => resetWithoutBreach(simulator.control));

  const agent = () => caller.register(simulator.agentToken);
  const newJob = async () => (await simulator.control.createJob('true')).id;
  const breaches = () => takeBreaches(simulator.control);

  async function started(): Promise<{ agent: RawAgent; job: RawJob }> {
    const one = await agent();
    return { agent: one, job: await one.start(await newJob()) };
  }

  describe('in a good run', () => {
    it('tells a new agent positive intervals and its endpoint', async () => {
      const { status, body } = await caller.call('POST', 'register', simulator.agentToken, {
        name: 'n',
        hostname: 'h',
        meta_data: ['queue=q'],
      });

      expect(status).toBe(200);
      expect(body).toMatchObject({
        name: 'n',
        endpoint: simulator.url,
        ping_interval: 1,
        job_status_interval: 1,
        heartbeat_interval: 10,
        meta_data: ['queue=q'],
      });
    });

    it('says whose the registration token is', async () => {
      const { body } = await caller.call('GET', 'token', simulator.agentToken);

      expect(body).toMatchObject({ organization_slug: 'simulated', cluster_name: 'default', token_type: 'cluster' });
      expect(member(body, 'cluster_uuid')).not.toBe('');
    });

    it('answers with a JSON body wherever the agent needs one', async () => {
      const one = await agent();
      expect((await one.call('POST', 'connect')).status).toBe(200);
      expect((await one.call('GET', 'ping')).body).toEqual({});
      expect((await one.call('POST', 'heartbeat', { sent_at: 'now' })).body).toMatchObject({ sent_at: 'now' });
      const job = await one.acquire(await newJob());
      expect(await job.start()).toMatchObject({ status: 200 });
      expect((await job.call('GET', '')).body).toEqual({ state: 'running' });
      expect(await job.chunk(1, 0, 'hello')).toMatchObject({ status: 201 });
      expect((await job.call('POST', 'header_times', { header_times: { 0: 't' } })).status).toBe(200);
      expect((await job.finish()).status).toBe(200);
      expect((await one.call('POST', 'disconnect')).status).toBe(200);
    });

    it('answers StreamPings with 404, which is no breach', async () => {
      const response = await fetch(`${simulator.origin}/agentedge.v1.AgentEdgeService/StreamPings`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/grpc' },
        body: 'x',
      });

      expect(response.status).toBe(404);
    });

    it('takes repetitions of acquire, start, chunk and finish, as after a lost answer', async () => {
      const one = await agent();
      const id = await newJob();
      const job = await one.acquire(id);
      expect((await one.acquire(id)).token).toBe(job.token);
      await job.start();
      expect((await job.start()).status).toBe(200);
      await job.chunk(1, 0, 'hello');
      expect((await job.chunk(1, 0, 'hello')).status).toBe(201);
      await job.finish(3);
      expect((await job.finish(3)).status).toBe(200);
      expect((await job.chunk(1, 0, 'hello')).status).toBe(201);

      expect((await simulator.control.jobLog(id)).toString()).toBe('hello');
      expect(await simulator.control.job(id)).toMatchObject({ exitStatus: 3 });
    });

    it('puts a log together from chunks in any order', async () => {
      const { job } = await started();
      await job.chunk(3, 6, 'three');
      expect((await simulator.control.jobLog(job.id)).toString()).toBe('');
      await job.chunk(1, 0, 'one');
      await job.chunk(2, 3, 'two');

      expect((await simulator.control.jobLog(job.id)).toString()).toBe('onetwothree');
      await job.finish();
    });

    it('refuses an acquire with 422 when the job is over, 423 while it waits, 404 when it is not there', async () => {
      const build = await simulator.control.createBuild({ yaml: 'steps: [{command: a}, wait, {command: b}]' });
      const [first, wait, second] = build.jobs;
      const one = await agent();
      await simulator.control.cancelJob(first?.id ?? '');

      expect((await one.call('PUT', `jobs/${first?.id}/acquire`)).status).toBe(422);
      expect((await one.call('PUT', `jobs/${wait?.id}/acquire`)).status).toBe(422);
      expect((await one.call('PUT', `jobs/${second?.id}/acquire`)).status).toBe(422);
      expect((await one.call('PUT', 'jobs/none/acquire')).status).toBe(404);
      const { jobs } = await simulator.control.createBuild({ yaml: 'steps: [{command: a}, wait, {command: b}]' });
      expect((await one.call('PUT', `jobs/${jobs[2]?.id}/acquire`)).status).toBe(423);
    });

    it('hides a job from agents of another cluster', async () => {
      const other = await simulator.control.createCluster(`other-${Date.now()}`);
      const foreign = await caller.register(other.registrationTokens[0] ?? '');

      expect((await foreign.call('PUT', `jobs/${await newJob()}/acquire`)).status).toBe(404);
    });

    it('refuses to start a job that was cancelled after it was acquired', async () => {
      const one = await agent();
      const job = await one.acquire(await newJob());
      await simulator.control.cancelJob(job.id);

      expect((await job.start()).status).toBe(422);
      expect(await simulator.control.job(job.id)).toMatchObject({ state: 'canceled' });
    });

    it('holds a promised failure: once, while the job runs', async () => {
      const { job } = await started();
      expect((await job.call('PUT', 'promise_failure', { exit_status: 4, reason: 'flaky' })).status).toBe(204);
      expect((await job.call('PUT', 'promise_failure', { exit_status: 4 })).status).toBe(204);
      expect((await job.call('PUT', 'promise_failure', { exit_status: 5 })).status).toBe(409);
      const { buildId } = await simulator.control.job(job.id);
      expect(await simulator.control.build(buildId)).toMatchObject({ state: 'failing' });
      await job.finish(4);
      expect((await job.call('PUT', 'promise_failure', { exit_status: 4 })).status).toBe(422);
      expect(await simulator.control.job(job.id)).toMatchObject({ promisedFailure: { exitStatus: 4, reason: 'flaky' } });
    });

    it('sets a batch of meta-data all or not at all', async () => {
      const { job } = await started();
      const batch = {
        items: [
          { key: 'a', value: '1' },
          { key: 'b', value: '' },
        ],
      };
      expect((await job.call('POST', 'data/set-batch', batch)).status).toBe(400);
      expect(await breaches()).toEqual(['malformed-body']);
      expect((await job.call('POST', 'data/keys')).body).toEqual([]);

      await job.call('POST', 'data/set-batch', {
        items: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      });

      expect((await job.call('POST', 'data/get', { key: 'b' })).body).toEqual({ key: 'b', value: '2' });
      const { buildId } = await simulator.control.job(job.id);
      expect((await caller.call('POST', `builds/${buildId}/data/exists`, job.token, { key: 'a' })).body).toEqual({ exists: true });
      expect((await caller.call('POST', `builds/${buildId}/data/get`, job.token, { key: 'z' })).status).toBe(404);
      await job.finish();
    });

    it('stops, pauses and resumes an agent by its own wish', async () => {
      const one = await agent();
      await one.call('POST', 'pause', { note: 'lunch', timeout_in_minutes: 5 });
      expect((await one.call('GET', 'ping')).body).toEqual({ action: 'pause', message: 'lunch' });
      await one.call('POST', 'resume');
      expect((await one.call('GET', 'ping')).body).toEqual({});
      await one.call('POST', 'stop', { force: true });
      expect((await one.call('GET', 'ping')).body).toMatchObject({ action: 'disconnect' });
    });

    it('gives a repository token if one is set', async () => {
      await simulator.control.setRepositoryToken('https://git.example.com/a.git', 'tok');
      const { job } = await started();

      expect((await job.call('POST', 'repository_access_token', { repo_url: 'https://git.example.com/a.git' })).body).toEqual({
        token: 'tok',
      });
      expect((await job.call('POST', 'repository_access_token', { repo_url: 'https://git.example.com/b.git' })).status).toBe(404);
      await job.finish();
    });

    it('cancels a step and the build from inside a job', async () => {
      const build = await simulator.control.createBuild({ yaml: 'steps: [{command: a}, {command: b, key: b}, {command: c}]' });
      const job = await (await agent()).start(build.jobs[0]?.id ?? '');

      expect(
        (await caller.call('POST', 'steps/b/cancel', job.token, { build_id: build.id, force: false, force_grace_period: 0 })).status,
      ).toBe(200);
      expect((await simulator.control.build(build.id)).jobs.map(({ state }) => state)).toEqual(['running', 'canceled', 'scheduled']);
      expect((await caller.call('POST', `builds/${build.id}/cancel`, job.token)).body).toEqual({ uuid: build.id });
      expect((await simulator.control.build(build.id)).jobs.map(({ state }) => state)).toEqual(['canceling', 'canceled', 'canceled']);
      await job.finish(-1);
    });
  });

  describe('has a referee that notes', () => {
    it.each([
      ['no token', undefined],
      ['an invented token', 'bkct_invented'],
    ])('%s, on every kind of call', async (_name, token) => {
      for (const [method, path] of [
        ['POST', 'register'],
        ['GET', 'ping'],
        ['GET', `jobs/${await newJob()}`],
      ] as const) {
        expect((await caller.call(method, path, token)).status).toBe(401);
        expect(await breaches()).toEqual(['unknown-token']);
      }
    });

    it('a token of the wrong kind, on every kind of call', async () => {
      const { agent: one, job } = await started();
      const wrong = [
        ['POST', 'register', one.token],
        ['POST', 'register', job.token],
        ['GET', 'ping', simulator.agentToken],
        ['GET', 'ping', job.token],
        ['PUT', `jobs/${job.id}/acquire`, simulator.agentToken],
        ['PUT', `jobs/${job.id}/finish`, one.token],
        ['GET', `jobs/${job.id}`, simulator.agentToken],
      ] as const;
      for (const [method, path, token] of wrong) {
        expect((await caller.call(method, path, token)).status).toBe(401);
        expect(await breaches()).toEqual(['wrong-token']);
      }
      await job.finish();
    });

    it("another job's token, and a token that reaches for another build", async () => {
      const { job } = await started();
      const { job: other } = await started();
      expect((await caller.call('PUT', `jobs/${other.id}/finish`, job.token, {})).status).toBe(401);
      expect(await breaches()).toEqual(['another-jobs-token']);
      const { buildId } = await simulator.control.job(other.id);
      expect((await caller.call('POST', `builds/${buildId}/cancel`, job.token)).status).toBe(401);
      expect(await breaches()).toEqual(['another-jobs-token']);
      await job.finish();
      await other.finish();
    });

    it('a second agent that asks for a taken job, and for one that another has run', async () => {
      const { job } = await started();
      expect((await (await agent()).call('PUT', `jobs/${job.id}/acquire`)).status).toBe(422);
      const [entry] = await simulator.control.referee();
      expect(entry).toMatchObject({ kind: 'acquired-twice-attempt', jobId: job.id, request: { method: 'PUT' } });
      expect(await breaches()).toEqual(['acquired-twice-attempt']);
      await job.finish();
      expect((await (await agent()).call('PUT', `jobs/${job.id}/acquire`)).status).toBe(422);
      expect(await breaches()).toEqual(['acquired-twice-attempt']);
    });

    it('a job finished twice with different results', async () => {
      const { job } = await started();
      await job.finish(0);
      expect((await job.finish(1)).status).toBe(422);
      expect(await breaches()).toEqual(['finished-twice']);
      expect(await simulator.control.job(job.id)).toMatchObject({ exitStatus: 0 });
    });

    it('a job that an agent starts with its own token, without having acquired it', async () => {
      const one = await agent();
      const id = await newJob();
      expect((await one.call('PUT', `jobs/${id}/start`, { started_at: 'now' })).status).toBe(401);
      expect(await breaches()).toEqual(['started-without-acquire']);
      expect(await simulator.control.job(id)).toMatchObject({ state: 'scheduled' });
    });

    it('a job started twice, finished without start, or logged to before its start', async () => {
      const { job } = await started();
      expect((await job.start('2026-01-01T00:00:09Z')).status).toBe(422);
      expect(await breaches()).toEqual(['started-twice']);
      await job.finish();
      const early = await (await agent()).acquire(await newJob());
      expect((await early.chunk(1, 0, 'x')).status).toBe(422);
      expect(await breaches()).toEqual(['log-before-start']);
      expect((await early.finish()).status).toBe(422);
      expect(await breaches()).toEqual(['finished-without-start']);
    });

    it('a log with a gap, an overlap, a reused sequence number, or bytes after the end', async () => {
      const { job } = await started();
      await job.chunk(1, 0, 'abc');
      expect((await job.chunk(2, 2, 'xyz')).status).toBe(422);
      expect(await breaches()).toEqual(['log-overlap']);
      expect((await job.chunk(1, 0, 'abd')).status).toBe(422);
      expect(await breaches()).toEqual(['log-overlap']);
      await job.chunk(3, 10, 'end');
      expect((await job.finish()).status).toBe(200);
      const [gap] = await simulator.control.referee();
      expect(gap?.explanation).toContain('bytes 3 to 10');
      expect(await breaches()).toEqual(['log-gap']);
      expect((await job.chunk(4, 13, 'more')).status).toBe(422);
      expect(await breaches()).toEqual(['log-after-finish']);
    });

    it('a chunk that is not gzip, or not as long as it says, or too large', async () => {
      const { job } = await started();
      const post = (query: string, bytes: Uint8Array) =>
        caller.call('POST', `jobs/${job.id}/chunks?${query}`, job.token, bytes, {
          'Content-Type': 'text/plain',
          'Content-Encoding': 'gzip',
        });
      expect((await post('sequence=1&offset=0&size=3', Buffer.from('abc'))).status).toBe(422);
      expect(await breaches()).toEqual(['log-malformed']);
      expect((await job.chunk(1, 0, 'abc', 4)).status).toBe(422);
      expect(await breaches()).toEqual(['log-malformed']);
      expect((await job.chunk(1, 0, 'x'.repeat(102_401))).status).toBe(422);
      expect(await breaches()).toEqual(['log-malformed']);
      expect((await post('sequence=0&offset=-1', Buffer.from('abc'))).status).toBe(400);
      expect(await breaches()).toEqual(['malformed-body']);
      await job.finish();
    });

    it('not a beat that was sent before the disconnect and came after it', async () => {
      const one = await agent();
      const sentAt = new Date().toISOString();
      await one.call('POST', 'disconnect');
      expect((await one.call('POST', 'heartbeat', { sent_at: sentAt })).status).toBe(401);
      expect(await breaches()).toEqual([]);
    });

    it('a beat or a call after the disconnect', async () => {
      const one = await agent();
      await one.call('POST', 'disconnect');
      const later = new Date(Date.now() + 1000).toISOString();
      expect((await one.call('POST', 'heartbeat', { sent_at: later })).status).toBe(401);
      expect(await breaches()).toEqual(['heartbeat-after-disconnect']);
      expect((await one.call('POST', 'heartbeat', { sent_at: 'no time' })).status).toBe(401);
      expect(await breaches()).toEqual(['heartbeat-after-disconnect']);
      expect((await one.call('PUT', `jobs/${await newJob()}/acquire`)).status).toBe(401);
      expect(await breaches()).toEqual(['agent-call-after-disconnect']);
    });

    it('an agent that leaves with its job', async () => {
      const { agent: one, job } = await started();
      await one.call('POST', 'disconnect');
      expect(await breaches()).toEqual(['disconnected-with-job']);
      expect(await simulator.control.job(job.id)).toMatchObject({ endedBy: 'agent-disconnected' });
    });

    it('a change by a job that is over', async () => {
      const { job } = await started();
      await job.finish();
      expect((await job.call('POST', 'annotations', { body: 'late' })).status).toBe(422);
      expect(await breaches()).toEqual(['call-after-finish']);
    });

    it('bytes of an artifact that are not those announced, and an artifact never finished', async () => {
      const { job } = await started();
      const announce = async (id: string, content: string) => {
        const file = { path: `${id}.txt`, file_size: content.length, sha256sum: createHash('sha256').update(content).digest('hex') };
        const { body } = await job.call('POST', 'artifacts', { id, artifacts: [file] });
        const { artifact_ids: ids, upload_instructions: how } = body as {
          artifact_ids: string[];
          upload_instructions: { action: { url: string; path: string } };
        };
        return { id: ids[0] ?? '', url: how.action.url + how.action.path };
      };
      const upload = async (url: string, content: string) => {
        const form = new FormData();
        form.append('key', 'x');
        form.append('file', new Blob([content]), 'name');
        return (await fetch(url, { method: 'POST', body: form })).status;
      };
      const good = await announce('good', 'right');
      expect(await upload(good.url, 'right')).toBe(204);
      expect((await job.call('PUT', 'artifacts', { artifacts: [{ id: good.id, state: 'finished' }] })).status).toBe(200);
      expect(await upload(good.url, 'right')).toBe(409);
      expect((await simulator.control.artifactBytes(good.id)).toString()).toBe('right');
      const bad = await announce('bad', 'right');
      expect(await upload(bad.url, 'wrong')).toBe(204);
      expect((await job.call('PUT', 'artifacts', { artifacts: [{ id: bad.id, state: 'finished' }] })).status).toBe(422);
      expect(await breaches()).toEqual(['artifact-mismatch']);
      const long = await announce('long', 'right');
      expect(await upload(long.url, 'right and more')).toBe(413);
      await job.finish();
      expect(await breaches()).toEqual(['artifact-never-finished']);
    });

    it('calls to where nothing is', async () => {
      expect((await caller.call('GET', 'nowhere')).status).toBe(404);
      expect(await breaches()).toEqual(['unknown-route']);
    });

    it.each([
      ['no JSON', '{', 400],
      ['JSON of the wrong form', '{"exit_status": 0}', 400],
      ['a body of another type', 'text', 400],
    ])('%s', async (_name, text, status) => {
      const { job } = await started();
      const type = text === 'text' ? 'text/plain' : 'application/json';
      const answer = await caller.call('PUT', `jobs/${job.id}/finish`, job.token, text, { 'Content-Type': type });
      expect(answer.status).toBe(status);
      expect(member(answer.body, 'message')).not.toBe('');
      expect(await breaches()).toEqual(['malformed-body']);
      await job.finish();
    });
  });
});
