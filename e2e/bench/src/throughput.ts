import { setTimeout as delay } from 'node:timers/promises';
import { say } from '@buildkite-operator/e2e-setup';
import { hasEnded, type StackView } from '@buildkite-operator/e2e-simulator';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { ServiceObserver } from './service-observer.ts';
import type { ServiceUsage } from './service-usage.ts';

/** What many jobs at once came to. */
export interface Throughput {
  readonly jobs: number;
  /** From the moment they were there until the last was over in Buildkite. */
  readonly seconds: number;
  readonly usage: readonly ServiceUsage[];
  /** Calls to Buildkite's stacks API, by the scope of their limits. */
  readonly stackCalls: Readonly<Record<string, number>>;
}

const longestMs = 900_000;
const sayEveryMs = 10_000;

/** Lets so many small jobs wait in the queue at once, without a checkout, and waits until all have ended well. */
export async function measureThroughput(session: TestbedSession, count: number, queue: string): Promise<Throughput> {
  const { simulator, info } = session;
  await using observer = await ServiceObserver.start(session);
  const callsBefore = stackCalls(await simulator.stacks());
  const step = { command: 'echo done', plugins: [{ 'buildkite-operator': { image: info.images.dash, checkout: { skip: true } } }] };
  const startedAt = Date.now();
  const build = await simulator.createBuild({
    pipeline: { slug: 'throughput', repository: 'http://git.invalid/unused.git' },
    yaml: JSON.stringify({ agents: { queue }, steps: Array.from({ length: count }, () => step) }),
  });
  let nextSay = sayEveryMs;
  for (;;) {
    const { jobs } = await simulator.build(build.id);
    const ended = jobs.filter(({ state }) => hasEnded(state)).length;
    const elapsed = Date.now() - startedAt;
    if (ended === count) break;
    if (elapsed > longestMs) throw new Error(`${ended} of ${count} jobs were over after ${longestMs / 1000} s`);
    if (elapsed > nextSay) {
      say(`  ${ended} of ${count} jobs over after ${(elapsed / 1000).toFixed(0)} s`);
      nextSay += sayEveryMs;
    }
    await delay(250);
  }
  const { jobs } = await simulator.build(build.id);
  const ends = jobs.map(({ timeline }) => timeline.finishedAt ?? Number.NaN);
  const failed = jobs.filter(({ passed }) => passed !== true);
  if (failed.length > 0) throw new Error(`${failed.length} jobs failed, the first with ${JSON.stringify(failed[0])}`);
  await session.waitForNothingLeft(
    jobs.map(({ id }) => id),
    120_000,
  );
  const callsAfter = stackCalls(await simulator.stacks());
  return {
    jobs: count,
    seconds: (Math.max(...ends) - startedAt) / 1000,
    usage: await observer.usage(),
    stackCalls: Object.fromEntries(Object.entries(callsAfter).map(([scope, calls]) => [scope, calls - (callsBefore[scope] ?? 0)])),
  };
}

function stackCalls(stacks: readonly StackView[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { calls } of stacks) for (const [scope, { calls: count }] of Object.entries(calls)) total[scope] = (total[scope] ?? 0) + count;
  return total;
}

/** Prints jobs per minute, calls per job, and the memory of every service. */
export function reportThroughput({ jobs, seconds, usage, stackCalls: calls }: Throughput): void {
  const perJob = (count: number) => (count / jobs).toFixed(2);
  say(`\n${jobs} jobs at once: ${seconds.toFixed(1)} s, ${((jobs / seconds) * 60).toFixed(1)} jobs per minute`);
  const titles = ['Kubernetes calls per job', 'CPU seconds per job', 'started anew', 'peak memory of its processes, MiB'];
  say(`\n${'service'.padEnd(14)}${titles.join('   ')}`);
  for (const { service, kubeRequests, cpuSeconds, starts, peakBytes } of usage) {
    const peaks = peakBytes.map(bytes => (bytes / 2 ** 20).toFixed(0)).join(' ');
    const cells = [perJob(kubeRequests), perJob(cpuSeconds), String(starts), peaks];
    say(`${service.padEnd(14)}${cells.map((cell, index) => cell.padStart(titles[index]?.length ?? 0)).join('   ')}`);
  }
  say(
    `\ncalls of the stacks API per job: ${Object.entries(calls)
      .map(([scope, count]) => `${scope} ${perJob(count)}`)
      .join(', ')}`,
  );
}
