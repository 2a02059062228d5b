import type { BuildJobStatus } from '@buildkite-operator/crds';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { holds } from './testing/reported-job.ts';
import { isLetGo, ReportingBed } from './testing/reporting-bed.ts';

let bed: ReportingBed;

beforeAll(async () => {
  bed = await ReportingBed.start();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});
afterEach(async () => {
  await bed.settle();
});

const finishedTime = '2026-01-01T00:10:00Z';
const pullFailed: BuildJobStatus = { phase: 'Failed', reason: 'ImagePull', message: 'cannot pull nginx:nope', finishedTime };
const stackFailed = { state: 'finished', endedBy: 'stack', signalReason: 'stack_error' };

describe('Buildkite hears', () => {
  it('how a job ended that no agent had, with the reason, and its BuildJob is let go', async () => {
    bed.startReporting();
    const id = await bed.takeJob();
    await bed.setStatus(id, pullFailed);
    const detail = expect.stringMatching(/^ImagePull: cannot pull nginx:nope\n/) as string;
    expect(await bed.simulator.control.waitForJob(id, 'ended')).toMatchObject({ ...stackFailed, exitStatus: -1, detail });
    await bed.whenJob(id, isLetGo);
  });

  it('that a BuildJob was deleted before its agent started, and only then is it gone', async () => {
    const id = await bed.takeJob();
    await bed.deleteJob(id);
    expect(isLetGo(await bed.whenJob(id, () => true))).toBe(false);
    bed.startReporting();
    await bed.whenJob(id, job => job === undefined);
    const detail = expect.stringMatching(/^Deleted: /) as string;
    expect(await bed.simulator.control.job(id)).toMatchObject({ ...stackFailed, detail });
  });

  it('from its agent how a BuildJob ended that was deleted while it ran, and does not hold it', async () => {
    bed.startReporting();
    const id = await bed.takeJob();
    const job = await bed.startAgent(id);
    await bed.setStatus(id, { phase: 'Running', runningTime: finishedTime });
    await bed.deleteJob(id);
    await bed.whenJob(id, found => found === undefined);
    expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'running' });
    await job.finish(143);
    expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'finished', exitStatus: 143 });
  });

  it('nothing of a job that an agent has, whatever became of the BuildJob; the agent tells it', async () => {
    bed.startReporting();
    const id = await bed.takeJob();
    const job = await bed.startAgent(id);
    await bed.setStatus(id, { phase: 'Failed', reason: 'AgentLost', message: 'no answer', runningTime: finishedTime, finishedTime });
    await bed.whenJob(id, isLetGo);
    expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'running' });
    expect(await bed.whenTold(id, 1)).toStrictEqual(['Agent lost: no answer']);
    await job.finish(3);
    expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'finished', exitStatus: 3 });
  });

  it('nothing of a BuildJob that was made by hand', async () => {
    bed.startReporting();
    const byHand = await bed.takeJob({ finalizers: [] });
    const other = await bed.takeJob();
    await bed.setStatus(byHand, pullFailed);
    await bed.simulator.control.cancelJob(byHand);
    await bed.setStatus(other, pullFailed);
    await bed.whenJob(other, isLetGo);
    expect((await bed.whenJob(byHand, () => true))?.spec.cancelled).toBe(false);
    expect(await bed.simulator.control.job(byHand)).toMatchObject({ state: 'canceled' });
  });

  it('each end once, though a fifth of its answers are failures or get lost, and the reporting is killed again and again', async () => {
    const { control } = bed.simulator;
    const failures = [
      { type: 'status', status: 500 },
      { type: 'status', status: 429, headers: { 'Retry-After': '0' } },
      { type: 'status', status: 503 },
      { type: 'lost-answer' },
      { type: 'drop' },
    ] as const;
    for (const [seed, action] of failures.entries())
      await control.addFault({ match: { route: 'stacks/*/jobs/**' }, action, probability: 0.06, seed });
    const ids = await Promise.all(Array.from({ length: 30 }, () => bed.takeJob()));
    bed.startReporting();
    await Promise.all(ids.map((id, index) => (index % 3 === 0 ? bed.deleteJob(id) : bed.setStatus(id, pullFailed))));
    for (const id of ids.slice(0, 5)) {
      await control.waitForJob(id, 'ended');
      await bed.stopReporting();
      bed.startReporting();
    }
    await Promise.all(ids.map(id => bed.whenJob(id, isLetGo)));
    const jobs = await Promise.all(ids.map(id => control.job(id)));
    expect(jobs.filter(({ endedBy, exitStatus }) => endedBy !== 'stack' || exitStatus !== -1)).toStrictEqual([]);
  });
});

describe('a BuildJob whose agent has not started', () => {
  it('is stopped when its job is cancelled in Buildkite, and stays while its job is wanted', async () => {
    bed.startReporting();
    const [cancelled, wanted] = [await bed.takeJob(), await bed.takeJob()];
    await bed.setStatus(cancelled, { phase: 'Scheduling' });
    await bed.simulator.control.cancelJob(cancelled);
    await bed.whenJob(cancelled, job => job?.spec.cancelled === true);
    expect((await bed.whenJob(wanted, () => true))?.spec.cancelled).toBe(false);
    await bed.setStatus(cancelled, { phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled', finishedTime });
    await bed.whenJob(cancelled, isLetGo);
    expect(await bed.simulator.control.job(cancelled)).toMatchObject({ state: 'canceled' });
    await bed.deleteJob(wanted);
    await bed.whenJob(wanted, job => job === undefined);
  });

  it('is stopped when another agent runs its job', async () => {
    bed.startReporting();
    const id = await bed.takeJob();
    const elsewhere = await bed.startAgent(id);
    await bed.whenJob(id, job => job?.spec.cancelled === true);
    expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'running' });
    await elsewhere.finish(0);
  });

  it('tells why it waits, once, also while calls fail', async () => {
    await bed.simulator.control.addFault({ match: { route: 'stacks/*/notifications' }, action: { type: 'status', status: 503 }, times: 3 });
    bed.startReporting();
    const id = await bed.takeJob();
    const conditions = [holds('Blocked', 'Unschedulable', `0/2 nodes are available: ${'ü'.repeat(400)}`)];
    await bed.setStatus(id, { phase: 'Scheduling', conditions });
    const [line = ''] = await bed.whenTold(id, 1);
    expect(line).toMatch(/^Waiting for a node: 0\/2 nodes are available: ü+…$/);
    expect(Array.from(line)).toHaveLength(256);
    await bed.setStatus(id, { phase: 'Scheduling', conditions: [...conditions, holds('PodReplaced', 'Evicted', 'pod 1 of at most 3')] });
    expect(await bed.whenTold(id, 2)).toStrictEqual([line, 'Another pod is made (Evicted): pod 1 of at most 3']);
    await bed.deleteJob(id);
    await bed.whenJob(id, job => job === undefined);
  });
});
