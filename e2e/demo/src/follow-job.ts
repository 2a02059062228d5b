import { type BuildJob, buildJobResource, isFinal } from '@buildkite-operator/crds';
import { say } from '@buildkite-operator/e2e-setup';
import type { JobView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { BuildJobWatch } from '@buildkite-operator/e2e-testbed';
import { createTransport, defineResource, Reflector, ResourceClient } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import type { DemoTarget } from './target.ts';

/** How long the demo's job may take. */
const timeoutMs = 180_000;

/** Makes the BuildJob, prints each phase and each line of the log as they come, and returns the last state of the BuildJob. */
export async function followJob(target: DemoTarget, simulator: SimulatorClient, job: JobView, buildJob: BuildJob): Promise<BuildJob> {
  const logger = createLogger('demo', 'silent');
  const resource = defineResource<BuildJob>(buildJobResource);
  const transport = createTransport({ access: target.access, logger });
  const stop = new AbortController();
  const reflector = new Reflector<BuildJob>({ transport, resource, namespace: buildJob.metadata.namespace, logger });
  const watch = new BuildJobWatch(reflector.store);
  const running = reflector.run(stop.signal);
  try {
    await reflector.store.waitForSync(AbortSignal.timeout(15_000));
    const started = performance.now();
    let shown = '';
    reflector.store.onChange(({ object }) => {
      const { phase, nodeName, reason } = object.status ?? {};
      if (object.metadata.name !== buildJob.metadata.name || phase === undefined || phase === shown) return;
      shown = phase;
      const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
      say(`  ${seconds} s  ${phase.padEnd(13)}${reason ?? (phase === 'Initializing' ? `on ${nodeName}` : '')}`);
    });
    const created = await new ResourceClient(transport, resource).create(buildJob, {}, stop.signal);
    const log = printLog(simulator, job, AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]));
    const { last } = await watch.waitFor(created.metadata.uid, 'finished', record => isFinal(record.last.status?.phase), timeoutMs);
    await log;
    return last;
  } finally {
    stop.abort();
    await running;
    await transport.close();
  }
}

async function printLog(simulator: SimulatorClient, job: JobView, signal: AbortSignal): Promise<void> {
  let rest = '';
  for await (const piece of simulator.followJobLog(job.id, { strip: true }, signal)) {
    const lines = (rest + Buffer.from(piece).toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) say(`    │ ${lastState(line)}`);
  }
  if (rest !== '') say(`    │ ${lastState(rest)}`);
}

/** What a terminal would show of a line that a program has rewritten with carriage returns. */
function lastState(line: string): string {
  return line.split('\r').findLast(part => part !== '') ?? '';
}
