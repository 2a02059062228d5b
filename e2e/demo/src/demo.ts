import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration, interruptionSignal, say, step } from '@buildkite-operator/e2e-setup';
import type { BuildView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { demoServices, repositoryUrl } from './demo-services.ts';
import { followBuild, nameOf } from './follow-build.ts';
import { helpText, parseOptions } from './options.ts';
import { column } from './print-log.ts';
import { type DemoTarget, existingTarget, localTarget } from './target.ts';

/** `pnpm demo`. Returns whether everything went well. */
async function demo(args: readonly string[]): Promise<boolean> {
  const options = parseOptions(args, process.env);
  if (options.help) {
    say(helpText);
    return true;
  }
  const started = performance.now();
  const target = options.cluster === undefined ? await localTarget() : await existingTarget(options.cluster);
  try {
    return await runServices(target, options.keep, started);
  } finally {
    await target.release(options.keep);
    if (options.keep)
      say('\nKept: look around with `pnpm local kubectl get buildjobs,pods -A`; `pnpm local down` removes the local cluster.');
  }
}

async function runServices(target: DemoTarget, keep: boolean, started: number): Promise<boolean> {
  const services = demoServices(target);
  const signal = interruptionSignal();
  try {
    const title = `Install the operator, the simulator and a git server on ${target.description}`;
    if (await services.areLeft()) await step('Remove what an earlier demo left', () => services.remove());
    // Not left halfway: what went on installing would come after the removal.
    const connection = await step(title, () => services.install());
    try {
      signal.throwIfAborted();
      return await runBuild(target, connection.simulator, started, signal);
    } finally {
      await connection.disconnect();
    }
  } finally {
    if (!keep) await step('Remove what the demo installed', () => services.remove());
  }
}

async function runBuild(target: DemoTarget, simulator: SimulatorClient, started: number, signal: AbortSignal): Promise<boolean> {
  const yaml = readFileSync(join(import.meta.dirname, '../manifests/repository/.buildkite/pipeline.yml'), 'utf8');
  say(`\nA pipeline, as its author wrote it to .buildkite/pipeline.yml:\n\n${indent(yaml)}`);
  const build = await simulator.createBuild({
    yaml: JSON.stringify({ steps: [uploadStep] }),
    pipeline: { slug: 'demo' },
    branch: 'main',
    commit: 'HEAD',
    message: 'A first build',
    repository: repositoryUrl,
  });
  say(
    `\nA build of it is made in Buildkite, and nothing else. Its first job uploads the pipeline; each job that comes becomes a BuildJob by itself.\n\nPhases of the BuildJobs, and the logs as Buildkite receives them:\n`,
  );
  return summarise(simulator, await followBuild(target, simulator, build, signal), started);
}

/** What every pipeline in Buildkite begins with. */
const uploadStep = { label: ':pipeline:', key: 'upload', command: 'buildkite-agent pipeline upload', agents: { queue: 'bk-operator' } };

async function summarise(simulator: SimulatorClient, build: BuildView, started: number): Promise<boolean> {
  const jobs = build.jobs.filter(({ type }) => type === 'script');
  const artifacts = await simulator.artifacts(build.id);
  const annotations = await simulator.annotations(build.id);
  const breaches = await simulator.referee();
  const passed = build.state === 'passed' && breaches.length === 0;
  say(`\nThe build in Buildkite: ${build.state}\n`);
  for (const job of jobs) {
    const { createdAt, scheduledAt = createdAt, firstLogChunkAt } = job.timeline;
    const output = firstLogChunkAt === undefined ? 'no output' : `first output after ${formatDuration(firstLogChunkAt - scheduledAt)}`;
    say(`  ${column(nameOf(job))}${job.state}, exit status ${job.exitStatus}, ${output}`);
  }
  say(`\n  artifacts    ${artifacts.map(({ path }) => path).join(', ')}`);
  for (const { body } of annotations) say(`  annotation   ${body.trim()}`);
  say(`  breaches of protocol seen by the simulator: ${breaches.length}`);
  say(`  whole demo   ${formatDuration(performance.now() - started)} so far`);
  say(passed ? '\nThe build passed.' : '\nThe build did not pass.');
  return passed;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}

try {
  process.exitCode = (await demo(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
