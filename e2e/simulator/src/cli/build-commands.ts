import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { isAbort } from '@buildkite-operator/service';
import type { SimulatorClient } from '../client/simulator-client.ts';
import type { BuildView } from '../control-api/contract.ts';
import { hasEnded } from '../domain/job-state.ts';
import { type Command, type Input, UsageError, urlOption } from './command.ts';
import { buildLines, jobLine } from './describe.ts';

const finalStates: ReadonlySet<string> = new Set(['passed', 'failed', 'canceled']);

const createBuildCommand: Command = {
  name: 'build create',
  args: 'PIPELINE.YML',
  summary:
    'Makes a build from a pipeline file (- for standard input). With --follow, shows logs as they come and exits 0 if the build passes.',
  options: {
    ...urlOption,
    pipeline: { type: 'string', value: 'SLUG', help: 'pipeline of the build, made if need be; default: demo' },
    branch: { type: 'string', value: 'NAME', help: 'default: main' },
    commit: { type: 'string', value: 'SHA', help: 'default: HEAD' },
    message: { type: 'string', value: 'TEXT', help: 'what the build is about' },
    repository: { type: 'string', value: 'URL', help: 'git repository to check out; default: that of the pipeline' },
    env: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'environment of the build' },
    'meta-data': { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'meta-data of the build' },
    follow: { type: 'boolean', short: 'f', help: 'show the logs of its jobs until the build has ended' },
  },
  run: async (input, print) => {
    const file = input.positional(0, 'PIPELINE.YML');
    const slug = input.text('pipeline');
    const build = await input.client.createBuild({
      yaml: await readPipeline(file),
      ...(slug === undefined ? {} : { pipeline: { slug } }),
      branch: input.text('branch'),
      commit: input.text('commit'),
      message: input.text('message'),
      repository: input.text('repository'),
      env: input.pairs('env'),
      metaData: input.pairs('meta-data'),
    });
    for (const line of buildLines(build)) print(line);
    return input.flag('follow') ? followBuild(input, build, print) : 0;
  },
};

async function readPipeline(path: string): Promise<string> {
  try {
    return await (path === '-' ? text(process.stdin) : readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read the pipeline ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Shows the log of one job after the other, as they begin, until the build has ended. */
async function followBuild({ client, signal }: Input, { id }: BuildView, print: (line: string) => void): Promise<number> {
  const shown = new Set<string>();
  while (!signal.aborted) {
    const build = await client.build(id);
    const next = build.jobs.find(job => job.type === 'script' && !shown.has(job.id) && job.timeline.startedAt !== undefined);
    if (next !== undefined) {
      shown.add(next.id);
      print(`--- ${jobLine(next)}`);
      await copyLog(client, next.id, true, false, signal);
      print(`--- ${jobLine(await client.job(next.id))}`);
      continue;
    }
    if (finalStates.has(build.state)) {
      print(`build ${build.pipelineSlug}/${build.number} ${build.state}`);
      return build.state === 'passed' ? 0 : 1;
    }
    const blocked = build.jobs.find(({ state }) => state === 'blocked');
    if (build.state === 'blocked' && blocked !== undefined && !shown.has(blocked.id)) {
      shown.add(blocked.id);
      print(`--- blocked; go on with: simulator unblock ${blocked.id}`);
    }
    await delay(200);
  }
  return 130;
}

/** Copies a job's log to standard output, as it is. */
export async function copyLog(client: SimulatorClient, jobId: string, follow: boolean, raw: boolean, signal: AbortSignal): Promise<void> {
  if (!follow) {
    process.stdout.write(await client.jobLog(jobId, { strip: !raw }));
    return;
  }
  try {
    for await (const piece of client.followJobLog(jobId, { strip: !raw }, signal)) process.stdout.write(piece);
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
}

const showBuildCommand: Command = {
  name: 'build show',
  args: 'BUILD',
  summary: 'Shows a build (its id, or PIPELINE/NUMBER) and its jobs.',
  options: { ...urlOption, json: { type: 'boolean', help: 'print everything as JSON' } },
  run: async (input, print) => {
    const build = await input.client.build(input.positional(0, 'BUILD'));
    if (input.flag('json')) print(JSON.stringify(build, undefined, 2));
    else for (const line of buildLines(build)) print(line);
  },
};

const listBuildsCommand: Command = {
  name: 'build list',
  summary: 'Lists all builds.',
  options: urlOption,
  run: async (input, print) => {
    for (const { pipelineSlug, number, state, id, message } of await input.client.builds()) {
      print(`${pipelineSlug}/${number}  ${state}  ${id}  ${message.split('\n')[0]}`);
    }
  },
};

const jobsCommand: Command = {
  name: 'jobs',
  summary: 'Lists jobs, the oldest first.',
  options: { ...urlOption, open: { type: 'boolean', help: 'only those that have not ended' } },
  run: async (input, print) => {
    for (const job of await input.client.jobs()) if (!input.flag('open') || !hasEnded(job.state)) print(jobLine(job));
  },
};

const jobCommand: Command = {
  name: 'job',
  args: 'JOB',
  summary: 'Shows everything about a job as JSON: command, environment, state, exit status, agent, times.',
  options: urlOption,
  run: async (input, print) => print(JSON.stringify(await input.client.job(input.positional(0, 'JOB')), undefined, 2)),
};

const logCommand: Command = {
  name: 'log',
  args: 'JOB',
  summary: 'Prints the log of a job.',
  options: {
    ...urlOption,
    follow: { type: 'boolean', short: 'f', help: 'go on until the job has ended' },
    raw: { type: 'boolean', help: "leave the agent's time codes in" },
  },
  run: input => copyLog(input.client, input.positional(0, 'JOB'), input.flag('follow'), input.flag('raw'), input.signal),
};

/** Commands about builds and jobs. */
export const buildCommands: readonly Command[] = [
  createBuildCommand,
  showBuildCommand,
  listBuildsCommand,
  jobsCommand,
  jobCommand,
  logCommand,
];
