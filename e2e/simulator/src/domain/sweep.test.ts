import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed, statesOf } from '../testing/fake-world.ts';
import { seeAgent } from './agents.ts';
import { acquireJob } from './job-lifecycle.ts';

const request = { method: 'TEST', url: '/' } as const;

describe('what time brings', () => {
  it('gives up an agent after its silence, not before; its job fails with -1 and no signal reason', () => {
    const fake = new FakeWorld({ lostAgentAfterMs: 1000 });
    const build = fake.build('steps: [{command: a}]');
    const agent = fake.begin(jobNamed(build, 'a'));

    fake.pass(1000);
    expect(agent.state).not.toBe('lost');
    seeAgent(fake.world, agent);
    fake.pass(1000);
    expect(agent.state).not.toBe('lost');
    fake.pass(1);

    expect(agent.state).toBe('lost');
    expect(jobNamed(build, 'a')).toMatchObject({ state: 'finished', exitStatus: -1, signalReason: undefined, endedBy: 'agent-lost' });
    expect(build.state).toBe('failed');
    expect(fake.world.referee.entries.map(({ kind }) => kind)).toEqual(['agent-vanished']);
  });

  it('fails a job that a lost agent had acquired but not started', () => {
    const fake = new FakeWorld({ lostAgentAfterMs: 1000 });
    const build = fake.build('steps: [{command: a}]');
    acquireJob(fake.world, fake.agent(), jobNamed(build, 'a'), request);

    fake.pass(1001);

    expect(jobNamed(build, 'a')).toMatchObject({ state: 'finished', endedBy: 'agent-lost' });
  });

  it('times a job out by its timeout; what it reports then is no success', () => {
    const fake = new FakeWorld({ minuteMs: 100, lostAgentAfterMs: 1_000_000 });
    const build = fake.build('steps: [{command: a, timeout_in_minutes: 5}, {command: b}]');
    fake.begin(jobNamed(build, 'a'));
    fake.begin(jobNamed(build, 'b'));

    fake.pass(499);
    expect(statesOf(build)).toEqual(['a running', 'b running']);
    fake.pass(1);
    expect(statesOf(build)).toEqual(['a timing_out', 'b running']);
    fake.finish(jobNamed(build, 'a'), 0);

    expect(jobNamed(build, 'a')).toMatchObject({ state: 'timed_out', passed: false });
  });

  it('lets a job expire that no agent takes', () => {
    const fake = new FakeWorld({ scheduledJobExpiryMs: 1000 });
    const build = fake.build('steps: [{command: a}]');

    fake.pass(1000);

    expect(jobNamed(build, 'a')).toMatchObject({ state: 'expired', endedBy: 'expiry' });
    expect(build.state).toBe('failed');
  });

  it('forgets the oldest finished builds beyond the limit, with their jobs and tokens', () => {
    const fake = new FakeWorld({ maxFinishedBuilds: 2 });
    const builds = Array.from({ length: 4 }, () => fake.build('steps: [{command: a}]'));
    const forgotten: string[] = [];
    fake.world.events.on('forgotten', jobIds => forgotten.push(...jobIds));
    const [first, second, third, open] = builds;
    if (first === undefined || second === undefined || third === undefined || open === undefined) throw new Error('four builds were made');

    for (const build of [first, second, third]) fake.run(jobNamed(build, 'a'), 0);
    const token = jobNamed(first, 'a').token ?? '';
    const last = fake.build('steps: [{command: a}]');

    expect([...fake.world.builds.values()]).toEqual([second, third, open, last]);
    expect(forgotten).toEqual([jobNamed(first, 'a').id]);
    expect(fake.world.tokens.has(token)).toBe(false);
  });
});
