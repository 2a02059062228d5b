import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildJob } from '@buildkite-operator/crds';
import { operatorNamespace } from '@buildkite-operator/e2e-operator';
import { formatDuration, say, step } from '@buildkite-operator/e2e-setup';
import type { JobView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { stringify } from 'yaml';
import { demoServices, repositoryUrl } from './demo-services.ts';
import { followJob } from './follow-job.ts';
import { helpText, parseOptions } from './options.ts';
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
  const interruption = interrupted();
  try {
    const title = `Install the operator, the simulator and a git server on ${target.description}`;
    const connection = await Promise.race([step(title, () => services.install()), interruption]);
    try {
      return await Promise.race([runBuild(target, connection.simulator, started), interruption]);
    } finally {
      await connection.disconnect();
    }
  } finally {
    if (!keep) await step('Remove what the demo installed', () => services.remove());
  }
}

/** Fails once somebody asks the demo to end, so that it removes what it has installed. */
function interrupted(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => reject(new Error(`interrupted by ${name}`)));
  });
}

async function runBuild(target: DemoTarget, simulator: SimulatorClient, started: number): Promise<boolean> {
  const yaml = readFileSync(join(import.meta.dirname, '../manifests/pipeline.yml'), 'utf8');
  say(`\nA pipeline, as its author wrote it:\n\n${indent(yaml)}`);
  const build = await simulator.createBuild({
    yaml,
    pipeline: { slug: 'demo' },
    branch: 'main',
    commit: 'HEAD',
    message: 'A first build',
    repository: repositoryUrl,
  });
  const job = build.jobs.find(candidate => candidate.type === 'script');
  if (job === undefined) throw new Error('the pipeline of the demo has no command step');
  const buildJob = buildJobFor(job);
  say(
    `\nIts job waits in Buildkite; this BuildJob runs it:\n\n${indent(stringify(buildJob))}\nPhases of the BuildJob, and the log as Buildkite receives it:\n`,
  );
  const last = await followJob(target, simulator, job, buildJob);
  return summarise(simulator, job, last, started);
}

function buildJobFor(job: JobView): BuildJob {
  return {
    apiVersion: 'buildkite-operator.io/v1alpha1',
    kind: 'BuildJob',
    metadata: { name: `bk-${job.id}`, namespace: operatorNamespace },
    spec: {
      buildkite: {
        jobId: job.id,
        queue: job.queue,
        pipeline: job.pipelineSlug,
        branch: 'main',
        ...(job.stepKey !== undefined && { stepKey: job.stepKey }),
      },
      command: job.command,
      resources: { requests: { cpu: '100m', memory: '64Mi' } },
      timeoutSeconds: 300,
      ttlSecondsAfterFinished: 5,
      cancelled: false,
    },
  };
}

async function summarise(simulator: SimulatorClient, job: JobView, last: BuildJob, started: number): Promise<boolean> {
  const finished = await simulator.waitForJob(job.id, 'ended', 30_000);
  const artifacts = await simulator.artifacts(job.buildId);
  const breaches = await simulator.referee();
  const { phase, reason, exitCode } = last.status ?? {};
  const { createdAt, firstLogChunkAt } = finished.timeline;
  const passed = finished.passed === true && phase === 'Succeeded' && breaches.length === 0;
  say('\nSummary');
  say(`  BuildJob            ${phase} (${reason}), exit code ${exitCode}`);
  say(
    `  Buildkite           job ${finished.state}, exit status ${finished.exitStatus}, ${artifacts.length} artifact: ${artifacts.map(({ path }) => path).join(', ')}`,
  );
  say(`  first output after  ${firstLogChunkAt === undefined ? 'never' : formatDuration(firstLogChunkAt - createdAt)}`);
  say(`  breaches of protocol seen by the simulator: ${breaches.length}`);
  say(`  whole demo          ${formatDuration(performance.now() - started)} so far`);
  say(passed ? '\nThe job passed.' : '\nThe job did not pass.');
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
