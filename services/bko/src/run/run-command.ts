import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport, loadClusterAccess } from '@buildkite-operator/kube';
import { PipelineSettingsError } from '@buildkite-operator/pipeline-settings';
import { createLogger, errorMessage, OperatorError } from '@buildkite-operator/service';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Command, Input, Surroundings } from '../cli/command.ts';
import { UsageError } from '../cli/usage-error.ts';
import { scriptOf } from './command-words.ts';
import { type Ending, exitCodes } from './ending.ts';
import { type JobEnvironment, JobEnvironmentError, jobEnvironment } from './job-environment.ts';
import { type OutsideJob, outsideJob } from './outside-job.ts';
import { runJob } from './run-job.ts';

/** `bko run`. */
export const runCommand: Command = {
  name: 'run',
  operands: '[-- COMMAND...]',
  summary: "runs the Buildkite job that this is part of in the cluster, and ends with the job's exit code",
  options: {
    environment: { type: 'string', value: 'NAME', help: 'BuildEnvironment that the command runs in' },
    image: { type: 'string', value: 'IMAGE', help: 'image that the command runs in' },
    spec: { type: 'string', value: 'FILE', help: 'YAML with further settings, as a buildkite-operator block has them' },
    env: { type: 'string', value: 'NAME', multiple: true, help: 'variable that the job gets, too, e.g. one that a hook sets' },
    namespace: {
      type: 'string',
      value: 'NAME',
      help: "the operator's job namespace; default: that of the kubeconfig's context, or of this pod",
    },
    context: { type: 'string', value: 'NAME', help: 'context of the kubeconfig instead of its current one' },
  },
  details: [
    "An agent runs it as the step's command, with the job's own command behind --, or from its command hook without one.",
    'SIGTERM, SIGINT and SIGHUP stop the job and wait for its end; a second one of the first two does not wait.',
    `Exit code: the job's own; ${exitCodes.cancelled} cancelled, ${exitCodes.infrastructure} ended by the cluster, ${exitCodes.notMade} not made, ${exitCodes.alreadyThere} made already by another run; 2 wrong arguments.`,
  ],
  run,
};

async function run(input: Input, surroundings: Surroundings): Promise<number> {
  const { write, signal, environment: own } = surroundings;
  const tell = (line: string) => void write(`bko: ${line}\n`);
  if (input.words.length > 0) throw new UsageError(`does not know "${input.words[0]}"; write the job's command behind --`);
  const settings = await settingsOf(input);
  const logger = createLogger('bko', 'silent');
  const prepared = await prepare(own, input);
  if ('exitCode' in prepared) return report(prepared, surroundings);
  const transport = createTransport({ access: prepared.access, logger });
  try {
    const job = make({ ...prepared, settings });
    if ('exitCode' in job) return report(job, surroundings);
    for (const name of prepared.job.leftOut) tell(`variable ${JSON.stringify(name)} is left out: no container can have one of that name`);
    for (const notice of job.notices) tell(notice);
    return report(await runJob(job, { transport, write, tell, logger }, signal), surroundings);
  } finally {
    await transport.close();
  }
}

interface Prepared {
  readonly job: JobEnvironment;
  readonly command: string | undefined;
  readonly access: Awaited<ReturnType<typeof loadClusterAccess>>;
  readonly namespace: string;
}

/** What the job is and where it shall run, or why there is none. */
async function prepare(own: Surroundings['environment'], input: Input): Promise<Ending | Prepared> {
  const words = input.passedOn ?? [];
  const command = words.length === 0 ? undefined : scriptOf(words);
  if (command === undefined && /\bbko\b[^\n]*\brun\b/.test(own['BUILDKITE_COMMAND'] ?? ''))
    throw new UsageError("is the step's command itself: write the job's own command behind --");
  try {
    const job = await jobEnvironment(own, input.texts('env'));
    const access = await loadClusterAccess({ context: input.text('context'), environment: { ...own } });
    const namespace = input.text('namespace') ?? access.namespace;
    if (namespace === undefined) throw new UsageError("which namespace? Give --namespace the operator's job namespace");
    return { job, command, access, namespace };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof OperatorError)) throw error;
    return { exitCode: exitCodes.notMade, message: errorMessage(error) };
  }
}

function make({
  job,
  command,
  namespace,
  settings,
}: Prepared & { readonly settings: readonly Record<string, unknown>[] }): Ending | OutsideJob {
  try {
    return outsideJob({ jobId: job.jobId, namespace, runId: randomUUID(), variables: job.variables, command, settings });
  } catch (error) {
    if (error instanceof PipelineSettingsError || error instanceof JobEnvironmentError)
      return { exitCode: exitCodes.notMade, message: error.message };
    throw error;
  }
}

async function settingsOf(input: Input): Promise<Record<string, unknown>[]> {
  const file = input.text('spec');
  const options = Object.fromEntries(
    ['environment', 'image'].flatMap(name => {
      const value = input.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return [...(file === undefined ? [] : [await readSpec(file)]), ...(Object.keys(options).length === 0 ? [] : [options])];
}

async function readSpec(file: string): Promise<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown(), 'must be a map of settings').parse(parse(await readFile(file, 'utf8')));
  } catch (error) {
    const problem = error instanceof z.ZodError ? 'it must be a map of settings' : errorMessage(error);
    throw new UsageError(`--spec ${file} cannot be used: ${problem}`, error);
  }
}

async function report({ exitCode, message }: Ending, { write }: Surroundings): Promise<number> {
  if (message !== undefined) await write(`bko: ${message}\n`);
  return exitCode;
}
