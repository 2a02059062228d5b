import { setTimeout as delay } from 'node:timers/promises';
import { say } from '@buildkite-operator/e2e-setup';
import { hasEnded, type JobView, SimulatorRequestError } from '@buildkite-operator/e2e-simulator';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { stepOf } from '../plan/job-kinds.ts';
import { longestStormMs, type PlannedBuild, type PlannedStep, type StormPlan, type Victim } from '../plan/storm-plan.ts';
import type { StepFacts } from '../verdict/judge-jobs.ts';
import { Blows } from './blows.ts';
import { gatherFacts, type MadeBuild } from './gather-facts.ts';
import { startRunLedger } from './run-ledger.ts';
import { stormProgress } from './storm-progress.ts';

/** What came of a storm. */
export interface StormRecord {
  readonly facts: readonly StepFacts[];
  readonly blows: Readonly<Record<Victim, number>>;
  /** Calls to Buildkite that could have been spoiled, and those that were. */
  readonly calls: { readonly matched: number; readonly hit: number };
  /** How long it took until every job was over, or until nobody waited any more. */
  readonly durationMs: number;
}

/** The queue that the jobspawner serves. */
export const chaosQueue = 'bk-operator';
const progressEveryMs = 10_000;
const lookEveryMs = 1000;

/** Sends the planned jobs through the operator while the planned blows and faults come; ends when every job is over, at the latest after `longestStormMs`. */
export async function runStorm(session: TestbedSession, host: string, plan: StormPlan): Promise<StormRecord> {
  const { simulator } = session;
  await using ledger = await startRunLedger(host);
  for (const fault of plan.faults) await simulator.addFault(fault);
  const over = new AbortController();
  const startedAt = Date.now();
  const elapsed = () => Date.now() - startedAt;
  const blows = new Blows(session);
  const dealing = blows.deal(plan.blows, startedAt, over.signal);
  try {
    const place = { image: session.info.images.busybox, ledgerUrl: ledger.url };
    const builds = await Promise.all(
      plan.builds.map(async (planned): Promise<MadeBuild> => {
        await delay(planned.atMs);
        const yaml = JSON.stringify({
          agents: { queue: chaosQueue },
          steps: planned.steps.map(({ key, kind, seconds }) => stepOf(key, kind, seconds, place)),
        });
        const build = await simulator.createBuild({
          pipeline: { slug: planned.pipeline, repository: 'http://git.invalid/unused.git' },
          yaml,
        });
        cancelInTime(session, build.jobs, planned, over.signal);
        return { planned, id: build.id };
      }),
    );
    const ids = new Set(builds.map(({ id }) => id));
    let nextProgress = 0;
    for (;;) {
      const jobs = (await simulator.jobs()).filter(({ buildId }) => ids.has(buildId));
      if (elapsed() >= nextProgress) {
        say(stormProgress({ elapsedMs: elapsed(), jobs, blows: blows.dealt, faults: await simulator.faults() }));
        nextProgress = elapsed() + progressEveryMs;
      }
      if (jobs.every(({ state }) => hasEnded(state)) || elapsed() > longestStormMs) break;
      await delay(lookEveryMs);
    }
    const durationMs = elapsed();
    over.abort();
    await dealing;
    const faults = await simulator.faults();
    const sum = (count: 'matched' | 'hit') => faults.reduce((total, fault) => total + fault[count], 0);
    return {
      facts: await gatherFacts(simulator, ledger, builds),
      blows: blows.dealt,
      calls: { matched: sum('matched'), hit: sum('hit') },
      durationMs,
    };
  } finally {
    over.abort();
    await dealing;
    await blows.waitForCalm();
  }
}

/** Cancels each of the build's jobs that is to be cancelled, when its moment has come. */
function cancelInTime({ simulator }: TestbedSession, jobs: readonly JobView[], { steps }: PlannedBuild, signal: AbortSignal): void {
  const cancel = async ({ key, cancelAfterMs }: PlannedStep) => {
    await delay(cancelAfterMs, undefined, { signal });
    const job = jobs.find(({ stepKey }) => stepKey === key);
    if (job === undefined) throw new Error(`no job was made of step ${key}`);
    await simulator.cancelJob(job.id);
  };
  for (const step of steps.filter(({ cancelAfterMs }) => cancelAfterMs !== undefined)) {
    cancel(step).catch((error: unknown) => {
      // One that is over can no longer be cancelled.
      if (!signal.aborted && !(error instanceof SimulatorRequestError)) say(`  ${step.key} not cancelled: ${String(error)}`);
    });
  }
}
