import { clusterStatus, stopCluster } from '@buildkite-operator/e2e-cluster';
import { requireLocalClusterSystem, say } from '@buildkite-operator/e2e-setup';
import { startTestbed, TestbedSession } from '@buildkite-operator/e2e-testbed';
import { builtin, createTransport, loadClusterAccess, type Pod, Reflector } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { measureHostAgent } from './host-agent.ts';
import { type JobTimeline, measureJob, PodObserver, stations, stepNames } from './job-timeline.ts';
import { percentile } from './percentile.ts';

const helpText = `Usage: pnpm bench [--jobs N]

Measures how long a job takes from its BuildJob to the first output of its command at Buildkite, step by step, N (20) jobs one after
another on the local cluster; and, as a control in the same run, the same jobs by the same agent as a plain process.
`;

async function bench(count: number): Promise<void> {
  await requireLocalClusterSystem();
  const wasUp = (await clusterStatus()).health !== 'down';
  const testbed = await startTestbed();
  const session = await TestbedSession.connect(testbed.info);
  try {
    const { name } = await session.createRepository('bench', { 'README.md': 'A small repository.\n' });
    const repository = `${testbed.info.gitHttp.origin}/${name}.git`;
    const { timelines, control } = await measure(session, repository, count);
    report(timelines, control);
  } finally {
    await session.close();
    await testbed.close();
    if (!wasUp) await stopCluster();
  }
}

async function measure(session: TestbedSession, repository: string, count: number) {
  const logger = createLogger('bench', 'silent');
  const transport = createTransport({ access: await loadClusterAccess({ kubeconfig: session.info.kubeconfigPath }), logger });
  const stop = new AbortController();
  const reflector = new Reflector<Pod>({ transport, resource: builtin.pods, namespace: session.info.namespace, logger });
  const observer = new PodObserver();
  reflector.store.onChange(({ object }) => observer.observe(object));
  const running = reflector.run(stop.signal);
  const timelines: JobTimeline[] = [];
  const control: number[] = [];
  try {
    await reflector.store.waitForSync(stop.signal);
    // The first job pulls the images to its node and is not counted.
    for (let index = -2; index < count; index += 1) {
      const timeline = await measureJob(session, observer, repository);
      if (index < 0) continue;
      timelines.push(timeline);
      control.push(await measureHostAgent(session, repository));
      say(`  job ${index + 1} of ${count}: first output after ${(timeline.outputArrived / 1000).toFixed(2)} s`);
    }
  } finally {
    stop.abort();
    await running;
    await transport.close();
  }
  return { timelines, control };
}

function report(timelines: readonly JobTimeline[], control: readonly number[]): void {
  const row = (name: string, values: readonly number[]) => {
    const cells = [0.5, 0.95, 0, 1].map(share => (percentile(values, share) / 1000).toFixed(3).padStart(9));
    say(`${name.padEnd(52)}${cells.join('')}`);
  };
  say(`\n${'step, in seconds'.padEnd(52)}${['p50', 'p95', 'least', 'most'].map(title => title.padStart(9)).join('')}`);
  for (const [index, station] of stations.entries()) {
    const before = stations[index - 1];
    row(
      stepNames[station],
      timelines.map(timeline => timeline[station] - (before === undefined ? 0 : timeline[before])),
    );
  }
  const whole = timelines.map(timeline => timeline.outputArrived);
  row('BuildJob created -> first output at Buildkite', whole);
  row('control: the same agent as a plain process', control);
  say(`\nThe pod costs ${(percentile(whole, 0.5) / percentile(control, 0.5)).toFixed(1)} times the plain process (p50).`);
}

const args = process.argv.slice(2).filter(argument => argument !== '--');
const count = args[0] === '--jobs' ? Number(args[1]) : 20;
if (args.includes('--help')) say(helpText);
else if (!Number.isInteger(count) || count < 1) {
  say(`error: --jobs is ${args[1] ?? 'not given'}; give a whole number from 1`);
  process.exitCode = 1;
} else await bench(count);
