import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed } from '../testing/fake-world.ts';
import { disconnectAgent, pauseAgent, pingAgent, resumeAgent, stopAgent } from './agents.ts';
import { acceptJob } from './job-lifecycle.ts';

describe('an agent that asks for work', () => {
  it('gets the job of the highest priority, then the oldest, of its queue and tags', () => {
    const fake = new FakeWorld();
    const build = fake.build(`
      agents: { queue: q }
      steps:
        - {command: old}
        - {command: urgent, priority: 5}
        - {command: elsewhere, priority: 9, agents: {queue: other}}
        - {command: picky, priority: 8, agents: {queue: q, gpu: "*"}}
    `);
    const order = Array.from({ length: 3 }, () => pingAgent(fake.world, fake.agent(['queue=q'])).job?.variant?.command);

    expect(order).toEqual(['urgent', 'old', undefined]);
    expect(pingAgent(fake.world, fake.agent(['queue=q', 'gpu=a100'])).job).toBe(jobNamed(build, 'picky'));
  });

  it('is offered the same job again until it accepts it', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}]');
    const agent = fake.agent();

    expect(pingAgent(fake.world, agent).job?.id).toBe(jobNamed(build, 'a').id);
    expect(pingAgent(fake.world, agent).job?.id).toBe(jobNamed(build, 'a').id);

    expect(acceptJob(fake.world, agent, jobNamed(build, 'a'))).toMatchObject({ state: 'accepted' });
    expect(pingAgent(fake.world, agent)).toEqual({});
  });

  it('gives back a job that it has not accepted when it leaves', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}]');
    const agent = fake.agent();
    pingAgent(fake.world, agent);

    disconnectAgent(fake.world, agent);

    expect(jobNamed(build, 'a')).toMatchObject({ state: 'scheduled', agent: undefined });
  });

  it('fails the job that it leaves behind, and the referee notes it', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}]');
    const agent = fake.begin(jobNamed(build, 'a'));

    disconnectAgent(fake.world, agent);

    expect(jobNamed(build, 'a')).toMatchObject({ state: 'finished', exitStatus: -1, endedBy: 'agent-disconnected' });
    expect(fake.world.referee.entries).toMatchObject([{ kind: 'disconnected-with-job', agentId: agent.id }]);
  });

  it('is told to pause until its pause is over or it is resumed, and to go when it is stopped', () => {
    const fake = new FakeWorld({ minuteMs: 100 });
    const agent = fake.agent();
    pauseAgent(fake.world, agent, 'lunch', 1);
    expect(pingAgent(fake.world, agent)).toEqual({ action: 'pause', message: 'lunch' });
    fake.pass(100);
    expect(pingAgent(fake.world, agent)).toEqual({});

    pauseAgent(fake.world, agent, undefined, undefined);
    fake.pass(10_000);
    expect(pingAgent(fake.world, agent).action).toBe('pause');
    resumeAgent(agent);
    expect(pingAgent(fake.world, agent)).toEqual({});

    stopAgent(fake.world, agent, false);
    expect(pingAgent(fake.world, agent).action).toBe('disconnect');
  });

  it('gets nothing from a queue whose dispatch is paused', () => {
    const fake = new FakeWorld();
    fake.build('steps: [{command: a}]');
    const [cluster] = fake.world.clusters.values();
    const queue = cluster?.queues.get('default');
    if (queue === undefined) throw new Error('no queue');
    queue.dispatchPaused = true;

    expect(pingAgent(fake.world, fake.agent())).toEqual({});
  });
});
