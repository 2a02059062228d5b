import { describe, expect, it } from 'vitest';
import { RawCaller } from './testing/raw-agent.ts';
import { RawStack } from './testing/raw-stack.ts';
import { takeBreaches } from './testing/referee-check.ts';
import { useRealAgent } from './testing/use-real-agent.ts';

describe('control over jobs of the real agent', () => {
  const real = useRealAgent({ heartbeatIntervalSeconds: 1, lostAgentAfterMs: 4000, minuteMs: 1000 });

  const source = () => ({ repository: real.yard.repository, branch: 'main' });

  it('cancels a running job: the agent ends the command and reports signal reason cancel', async () => {
    const job = await real.simulator.control.createJob('echo begun; sleep 60', source());
    const run = real.yard.start(real.simulator, job.id);
    await real.simulator.control.waitForLog(job.id, '\nbegun', 20_000);

    expect(await real.simulator.control.cancelJob(job.id)).toMatchObject({ state: 'canceling' });

    expect(await real.simulator.control.waitForJob(job.id, 'ended', 20_000)).toMatchObject({
      state: 'canceled',
      passed: false,
      signalReason: 'cancel',
    });
    expect(await run.end).toMatchObject({ exitCode: 0 });
    const { timeline } = await real.simulator.control.job(job.id);
    const order = [
      timeline.createdAt,
      timeline.scheduledAt,
      timeline.acquiredAt,
      timeline.startedAt,
      timeline.firstLogChunkAt,
      timeline.finishedAt,
    ];
    expect(order).toEqual(order.toSorted((left = 0, right = 0) => left - right));
  });

  it('cancels a build with a running and a waiting job', async () => {
    const build = await real.simulator.control.createBuild({
      ...source(),
      yaml: 'steps: [{command: "echo begun; sleep 60"}, wait, {command: "true"}]',
    });
    const [running] = build.jobs;
    if (running === undefined) throw new Error('no job');
    const run = real.yard.start(real.simulator, running.id);
    await real.simulator.control.waitForLog(running.id, '\nbegun', 20_000);

    expect(await real.simulator.control.cancelBuild(build.id)).toMatchObject({ state: 'canceling' });

    expect(await real.simulator.control.waitForBuild(build.id, 'canceled', 20_000)).toMatchObject({
      jobs: [{ state: 'canceled' }, { state: 'canceled' }, { state: 'canceled' }],
    });
    await run.end;
  });

  it('ends a job that takes longer than its timeout', async () => {
    const job = await real.simulator.control.createJob('trap "" INT; sleep 60', { ...source(), step: { timeout_in_minutes: 1 } });

    await real.yard.run(real.simulator, job.id, { BUILDKITE_CANCEL_GRACE_PERIOD: '3', BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS: '1' });

    expect(await real.simulator.control.job(job.id)).toMatchObject({ state: 'timed_out', passed: false, signalReason: 'cancel' });
    expect(await real.simulator.control.build(job.buildId)).toMatchObject({ state: 'failed' });
  });

  it('refuses the second agent for a job with 422, and that agent exits 27', async () => {
    const job = await real.simulator.control.createJob('echo begun; sleep 60', source());
    const first = real.yard.start(real.simulator, job.id);
    await real.simulator.control.waitForLog(job.id, '\nbegun', 20_000);

    const second = await real.yard.run(real.simulator, job.id);

    expect(second.exitCode).toBe(27);
    expect(await takeBreaches(real.simulator.control)).toEqual(['acquired-twice-attempt']);
    expect(await real.simulator.control.job(job.id)).toMatchObject({ state: 'running' });
    await real.simulator.control.cancelJob(job.id);
    await first.end;
  });

  it('refuses a job that was cancelled before an agent came, and that is no breach', async () => {
    const job = await real.simulator.control.createJob('true', source());
    expect(await real.simulator.control.cancelJob(job.id)).toMatchObject({ state: 'canceled' });

    expect(await real.yard.run(real.simulator, job.id)).toMatchObject({ exitCode: 27 });
  });

  it('gives up an agent that was killed, and retries its job by the rule for lost agents', async () => {
    const job = await real.simulator.control.createJob('echo begun; test "$BUILDKITE_RETRY_COUNT" = 1 || sleep 60', {
      ...source(),
      step: { retry: { automatic: [{ exit_status: -1, signal_reason: 'none', limit: 1 }] } },
    });
    const run = real.yard.start(real.simulator, job.id, { BUILDKITE_AGENT_TAGS: 'queue=default' });
    await real.simulator.control.waitForLog(job.id, '\nbegun', 20_000);

    run.kill('SIGKILL');

    const lost = await real.simulator.control.waitForJob(job.id, 'ended', 20_000);
    expect(lost).toMatchObject({ state: 'finished', exitStatus: -1, endedBy: 'agent-lost', passed: false });
    expect(lost.signalReason).toBeUndefined();
    expect(await real.simulator.control.agents()).toMatchObject([{ state: 'lost' }]);
    expect(await takeBreaches(real.simulator.control)).toEqual(['agent-vanished']);
    if (lost.retriedIn === undefined) throw new Error('the job was not retried');
    await real.yard.run(real.simulator, lost.retriedIn);
    expect(await real.simulator.control.job(lost.retriedIn)).toMatchObject({ passed: true, retryType: 'automatic', retriesCount: 1 });
    expect(await real.simulator.control.build(job.buildId)).toMatchObject({ state: 'passed' });
  });

  it('hears of an agent that is stopped in the middle: exit status -1, signal reason agent_stop', async () => {
    const job = await real.simulator.control.createJob('echo begun; sleep 60', source());
    const run = real.yard.start(real.simulator, job.id);
    await real.simulator.control.waitForLog(job.id, '\nbegun', 20_000);

    run.kill('SIGQUIT');
    await run.end;

    expect(await real.simulator.control.job(job.id)).toMatchObject({ state: 'finished', passed: false, signalReason: 'agent_stop' });
    expect(await real.simulator.control.agents()).toMatchObject([{ state: 'disconnected' }]);
  });

  it('gives work to an agent that asks for it, if its tags fit', async () => {
    const run = real.yard.start(real.simulator, undefined, { BUILDKITE_AGENT_TAGS: 'queue=mine,os=linux' }, ['--disconnect-after-job']);
    const other = await real.simulator.control.createJob('exit 1', { ...source(), step: { agents: { queue: 'mine', os: 'plan9' } } });
    const job = await real.simulator.control.createJob('echo found', { ...source(), step: { agents: { queue: 'mine', os: 'linux' } } });

    await run.end;

    expect(await real.simulator.control.job(job.id)).toMatchObject({ state: 'finished', passed: true });
    expect(await real.simulator.control.job(other.id)).toMatchObject({ state: 'scheduled' });
  });

  it('keeps a locked job from an agent until its turn comes', async () => {
    const { jobs, id } = await real.simulator.control.createBuild({
      ...source(),
      yaml: 'steps: [{block: go on?, fields: [{text: Who, key: who}]}, {command: buildkite-agent meta-data get who}]',
    });
    const [block, command] = jobs;
    if (block === undefined || command === undefined) throw new Error('two jobs were expected');
    expect(await real.simulator.control.build(id)).toMatchObject({ state: 'blocked' });

    const run = real.yard.start(real.simulator, command.id);
    await expect.poll(() => real.simulator.control.agents(), { timeout: 20_000 }).toHaveLength(1);
    await real.simulator.control.unblockJob(block.id, { who: 'Grace' });
    await run.end;

    expect(await real.simulator.control.job(command.id)).toMatchObject({ passed: true });
    expect((await real.simulator.control.jobLog(command.id)).toString()).toContain('Grace');
    expect(await real.simulator.control.build(id)).toMatchObject({ state: 'passed' });
  });

  it('runs a job that a stack has reserved, and keeps one from it that the stack has finished: exit 27', async () => {
    const stack = new RawStack(new RawCaller(real.simulator), real.simulator.agentToken);
    await stack.register();
    const reserved = await real.simulator.control.createJob('true', source());
    const finished = await real.simulator.control.createJob('true', source());
    const ids = [reserved.id, finished.id];
    expect((await stack.reserve(ids)).body).toEqual({ reserved: ids, not_reserved: [] });
    await stack.finish(finished.id);

    await real.yard.run(real.simulator, reserved.id);
    expect((await real.yard.run(real.simulator, finished.id)).exitCode).toBe(27);

    expect((await stack.states(ids)).body).toEqual({ states: { [reserved.id]: 'finished', [finished.id]: 'finished' } });
    expect(await real.simulator.control.job(reserved.id)).toMatchObject({ passed: true });
    expect(await real.simulator.control.job(finished.id)).toMatchObject({ passed: false, endedBy: 'stack' });
    await real.simulator.control.forgetStack(stack.key);
  });
});
