import { say } from '@buildkite-operator/e2e-setup';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { benchAdmission } from './admission-bench.ts';
import { observeCluster } from './cluster-observer.ts';
import { measureHostAgent } from './host-agent.ts';
import { type JobTimeline, measureJob, stepNames } from './job-timeline.ts';
import { benchJobspawner } from './jobspawner-bench.ts';
import { onTestbed } from './on-testbed.ts';
import { reportSteps } from './report-steps.ts';

const helpText = `Usage: pnpm bench [--jobs N] | pnpm bench admission [--seconds N] | pnpm bench jobspawner [--jobs N]

Measures how long a job takes from its BuildJob to the first output of its command at Buildkite, step by step, N (20) jobs one after
another on the local cluster; and, as a control in the same run, the same jobs by the same agent as a plain process.
With admission: how long the admission of a BuildJob takes at 50 per second for N (30) seconds, with and without the webhook's dry run.
With jobspawner: how long a job takes from being scheduled in Buildkite to its first output, step by step, N (20) jobs one after another
beside the same control; then 200 jobs at once: jobs per minute, calls to both APIs per job, and the memory of each service.
`;

async function bench(count: number): Promise<void> {
  await onTestbed({}, async session => {
    const { name } = await session.createRepository('bench', { 'README.md': 'A small repository.\n' });
    const repository = `${session.info.gitHttp.origin}/${name}.git`;
    const { timelines, control } = await measure(session, repository, count);
    reportSteps(stepNames, timelines, { whole: 'BuildJob created -> first output at Buildkite', control });
  });
}

async function measure(session: TestbedSession, repository: string, count: number) {
  await using observer = await observeCluster(session);
  const timelines: JobTimeline[] = [];
  const control: number[] = [];
  // The first job of a node pulls the images and is not counted.
  for (let index = -2; index < count; index += 1) {
    const timeline = await measureJob(session, observer.pods, repository);
    if (index < 0) continue;
    timelines.push(timeline);
    control.push(await measureHostAgent(session, repository));
    say(`  job ${index + 1} of ${count}: first output after ${(timeline.outputArrived / 1000).toFixed(2)} s`);
  }
  return { timelines, control };
}

/** What can be measured, with the option that says how much and what it is when not given. */
const benches = {
  job: { option: '--jobs', preset: 20, run: bench },
  admission: { option: '--seconds', preset: 30, run: benchAdmission },
  jobspawner: { option: '--jobs', preset: 20, run: benchJobspawner },
} as const;

const args = process.argv.slice(2).filter(argument => argument !== '--');
const named = (['admission', 'jobspawner'] as const).find(name => name === args[0]);
const { option, preset, run } = benches[named ?? 'job'];
const [name, value] = named === undefined ? args : args.slice(1);
const count = name === option ? Number(value) : preset;
if (args.includes('--help')) say(helpText);
else if (!Number.isInteger(count) || count < 1 || (name !== undefined && name !== option)) {
  say(`error: ${name ?? option} is ${value ?? 'not given'}; give ${option} a whole number from 1`);
  process.exitCode = 1;
} else await run(count);
