import type { BuildView, JobView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { sleep } from '@buildkite-operator/service';
import { PhasePrinter } from './phase-printer.ts';
import { printLog } from './print-log.ts';
import type { DemoTarget } from './target.ts';

/** How long the demo's build may take. */
const timeoutMs = 240_000;

/** How often the build is looked at for jobs that have come or begun. */
const lookMs = 200;

/**
 * Prints what becomes of a build until it has ended: each phase of each BuildJob that is made for it, and the logs as Buildkite receives
 * them. Throws when it takes too long, and the signal's reason when that is aborted.
 */
export async function followBuild(
  target: DemoTarget,
  simulator: SimulatorClient,
  { id }: BuildView,
  signal: AbortSignal,
): Promise<BuildView> {
  const phases = new PhasePrinter(target);
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const running = phases.run(until);
  const logs = new Map<string, Promise<void>>();
  const follow = (job: JobView) => {
    phases.name(job.id, nameOf(job));
    if (job.timeline.startedAt !== undefined && !logs.has(job.id)) logs.set(job.id, printLog(simulator, job.id, nameOf(job), until));
  };
  const deadline = Date.now() + timeoutMs;
  try {
    for (;;) {
      const build = await simulator.build(id);
      for (const job of build.jobs) follow(job);
      if (build.finishedAt !== undefined) {
        await Promise.all(logs.values());
        return build;
      }
      if (Date.now() > deadline) throw new Error(`the build is still ${build.state} after ${timeoutMs / 1000} s`);
      await sleep(lookMs, until);
    }
  } finally {
    stop.abort();
    await Promise.allSettled([running, ...logs.values()]);
  }
}

/** What a job is called in the output: `test 2/2, again`. */
export function nameOf({ stepKey = 'job', parallel, retriesCount }: JobView): string {
  const part = parallel === undefined ? '' : ` ${parallel.index + 1}/${parallel.count}`;
  return `${stepKey}${part}${retriesCount > 0 ? ', again' : ''}`;
}
