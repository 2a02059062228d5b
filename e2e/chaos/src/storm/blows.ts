import { setTimeout as delay } from 'node:timers/promises';
import { say } from '@buildkite-operator/e2e-setup';
import { LedDeployment, restartApiServer, ServiceDeployment, type TestbedSession } from '@buildkite-operator/e2e-testbed';
import { errorMessage } from '@buildkite-operator/service';
import type { Blow, Victim } from '../plan/storm-plan.ts';

/** How long a blow waits for its victim to be there, in milliseconds: a leader that nobody has replaced yet, or the API server. */
const patienceMs = 20_000;

/** Deals blows at their times, each by itself, so that one that has to wait for its victim holds up no other. */
export class Blows {
  readonly dealt: Readonly<Record<Victim, number>> = { jobspawner: 0, controller: 0, webhooks: 0, 'api-server': 0 };
  readonly #counts: Record<Victim, number> = this.dealt;
  readonly #led: Readonly<Record<'jobspawner' | 'controller', LedDeployment>>;
  readonly #webhooks: ServiceDeployment;

  constructor(session: TestbedSession) {
    this.#led = { jobspawner: new LedDeployment(session, 'jobspawner'), controller: new LedDeployment(session, 'controller') };
    this.#webhooks = new ServiceDeployment(session, 'webhooks');
  }

  /** Goes on until the signal is aborted and every blow that had begun is over. */
  async deal(blows: readonly Blow[], startedAt: number, signal: AbortSignal): Promise<void> {
    await Promise.all(blows.map(blow => this.#dealAtItsTime(blow, startedAt, signal)));
  }

  /** Waits until every replica is well again. */
  async waitForCalm(): Promise<void> {
    await Promise.all([...Object.values(this.#led), this.#webhooks].map(deployment => deployment.waitForRollout()));
  }

  async #dealAtItsTime(blow: Blow, startedAt: number, signal: AbortSignal): Promise<void> {
    await delay(startedAt + blow.atMs - Date.now(), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(1);
    try {
      const whom = await this.#strike(blow);
      this.#counts[blow.victim] += 1;
      say(`  ${seconds()} s: SIGKILL to ${whom}`);
    } catch (error) {
      say(`  ${seconds()} s: ${blow.victim} not struck: ${errorMessage(error).split('\n', 1)[0]}`);
    }
  }

  /** Gives who was struck. */
  async #strike({ victim, draw }: Blow): Promise<string> {
    switch (victim) {
      case 'api-server':
        await restartApiServer();
        return 'the API server; it is back';
      case 'webhooks': {
        const replicas = await patiently(() => this.#webhooks.pods());
        const name = replicas[Math.floor(draw * replicas.length)]?.metadata.name;
        if (name === undefined) throw new Error('no replica of the webhooks is there');
        await this.#webhooks.replace(name);
        return name;
      }
      case 'jobspawner':
      case 'controller': {
        const leader = await patiently(() => this.#led[victim].waitForLeader(undefined, patienceMs));
        await this.#led[victim].replace(leader);
        return `${leader}, which leads`;
      }
    }
  }
}

/** Asks again while the API server is away. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(500);
    }
  }
}
