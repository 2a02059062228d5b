import { setTimeout as delay } from 'node:timers/promises';
import { LedDeployment, ServiceDeployment, TestbedSession } from '@buildkite-operator/e2e-testbed';
import { seededRandom, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { endingCases } from '../endings/index.ts';
import { produceEnding } from '../produce-ending.ts';

const testbed = useTestbed();

/** What the webhooks let pass: the others are refused when they are made. The slowest cause is left out. */
const admitted = endingCases.filter(({ pods, takesMinutes }) => pods !== 0 && takesMinutes !== true);

/** How often the controller that leads is killed at most: each time the other one waits for the lease to run out. */
const leaderKills = 6;

/** Kills replicas until it is told to stop; gives how many. */
async function killInTurn(session: TestbedSession, stop: AbortSignal): Promise<{ controllers: number; webhooks: number }> {
  const random = seededRandom(4);
  const controllers = new LedDeployment(session, 'controller');
  const webhooks = new ServiceDeployment(session, 'webhooks');
  const kills = { controllers: 0, webhooks: 0 };
  while (!stop.aborted) {
    await delay(1000 + random() * 3000);
    const replicas = await webhooks.pods();
    const victim = replicas[Math.floor(random() * replicas.length)];
    if (victim !== undefined) {
      await webhooks.replace(victim.metadata.name);
      kills.webhooks += 1;
    }
    await delay(1000 + random() * 3000);
    if (kills.controllers < leaderKills) {
      await controllers.replace(await controllers.waitForLeader());
      kills.controllers += 1;
    }
  }
  await Promise.all([controllers.waitForRollout(), webhooks.waitForRollout()]);
  return kills;
}

describe('given controller and webhooks are killed by SIGKILL in turn, every few seconds', () => {
  const over = new AbortController();
  let session: TestbedSession | undefined;
  let killing: ReturnType<typeof killInTurn> | undefined;

  beforeAll(async () => {
    session = await TestbedSession.connect(inject('testbed'));
    killing = killInTurn(session, over.signal);
  });

  afterAll(async () => {
    over.abort();
    await killing;
    await session?.close();
  });

  describe.concurrent(`when ${admitted.length} jobs run meanwhile, then each ends with its own reason`, () => {
    it.each(admitted)('$reason: $cause', async ending => {
      expect(await produceEnding(testbed, ending)).toBe(true);
    });
  });

  it('when they have ended, then the kills were many, and all replicas are well again', async () => {
    over.abort();
    const kills = await killing;
    expect(kills?.controllers).toBeGreaterThanOrEqual(3);
    expect(kills?.webhooks).toBeGreaterThanOrEqual(5);
  });
});
