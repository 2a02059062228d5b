import { attachCluster } from '@buildkite-operator/e2e-cluster';
import { formatDuration, runSeed, say } from '@buildkite-operator/e2e-setup';
import { LedDeployment, TestbedSession } from '@buildkite-operator/e2e-testbed';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { badShare } from './plan/buildkite-faults.ts';
import { describePlan } from './plan/describe-plan.ts';
import { longestStormMs, planStorm } from './plan/storm-plan.ts';
import { namesOf } from './storm/names-of.ts';
import { runStorm, type StormRecord } from './storm/run-storm.ts';
import { judgeJobs } from './verdict/judge-jobs.ts';

const plan = planStorm(runSeed(), 300);

describe(`given 300 jobs in a storm of seed ${plan.seed}: services and the API server killed by SIGKILL, every fifth answer of Buildkite bad`, () => {
  let session: TestbedSession;
  let storm: StormRecord;
  let before: readonly string[];

  beforeAll(async () => {
    session = await TestbedSession.connect(inject('testbed'));
    return () => session.close();
  });

  beforeAll(async () => {
    for (const line of describePlan(plan)) say(line);
    const leaders = (['controller', 'jobspawner'] as const).map(service => new LedDeployment(session, service));
    await Promise.all(leaders.map(deployment => deployment.waitForLeader()));
    before = await namesOf(session);
    storm = await runStorm(session, (await attachCluster()).hostAddress, plan);
    say(`  all over after ${formatDuration(storm.durationMs)}`);
  }, longestStormMs + 180_000);

  it('then each ran exactly once, and ended as it must', () => {
    expect(judgeJobs(storm.facts)).toEqual([]);
  });

  it('then nothing of them is left in the cluster', async () => {
    const added = async () => (await namesOf(session)).filter(name => !before.includes(name));
    await expect.poll(added, { timeout: 90_000, interval: 1000 }).toEqual([]);
  });

  it('then nothing of them is left in Buildkite, and every agent has said goodbye', async () => {
    const { simulator } = session;
    // One whose registration got no answer came again as another, and was never heard itself.
    const there = async () =>
      (await simulator.agents()).filter(({ state, lastSeenAt, registeredAt }) => state !== 'disconnected' && lastSeenAt > registeredAt);
    await expect.poll(there, { timeout: 30_000, interval: 1000 }).toEqual([]);
    expect(await simulator.reservations()).toEqual([]);
  });

  it('then the referee has no entry', async () => {
    expect(await session.simulator.refereeReport()).toEqual({ entries: [], dropped: 0 });
  });

  it('then it was a storm indeed', () => {
    const { blows, calls } = storm;
    expect(blows['api-server']).toBe(2);
    expect(blows.jobspawner).toBeGreaterThanOrEqual(4);
    expect(blows.controller).toBeGreaterThanOrEqual(4);
    expect(blows.webhooks).toBeGreaterThanOrEqual(10);
    expect(calls.hit / calls.matched).toBeCloseTo(badShare, 1);
  });
});
