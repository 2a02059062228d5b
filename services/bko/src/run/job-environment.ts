import { readFile } from 'node:fs/promises';
import { errorMessage, OperatorError } from '@buildkite-operator/service';
import { z } from 'zod';

/** Variables of the agent's machine; in the pod they would lead nowhere, or to what the pod must not have. */
const ofTheMachine: ReadonlySet<string> = new Set([
  'BUILDKITE_ADDITIONAL_HOOKS_PATHS',
  'BUILDKITE_AGENT_JOB_API_SOCKET',
  'BUILDKITE_AGENT_JOB_API_TOKEN',
  'BUILDKITE_AGENT_JOB_TIMEOUT_FILE',
  'BUILDKITE_AGENT_JWKS_FILE',
  'BUILDKITE_AGENT_JWKS_KEY_ID',
  'BUILDKITE_AGENT_PID',
  'BUILDKITE_AGENT_TOKEN',
  'BUILDKITE_BIN_PATH',
  'BUILDKITE_BOOTSTRAP_PHASES',
  'BUILDKITE_BUILD_CHECKOUT_PATH',
  'BUILDKITE_BUILD_PATH',
  'BUILDKITE_CHECKOUT_PATH',
  'BUILDKITE_COMMAND_EXIT_STATUS',
  'BUILDKITE_CONFIG_PATH',
  'BUILDKITE_ENV_FILE',
  'BUILDKITE_ENV_JSON_FILE',
  'BUILDKITE_GIT_MIRRORS_PATH',
  'BUILDKITE_HOOKS_PATH',
  'BUILDKITE_JOB_LOG_TMPFILE',
  'BUILDKITE_KUBERNETES_EXEC',
  'BUILDKITE_LAST_HOOK_EXIT_STATUS',
  'BUILDKITE_PLUGINS_PATH',
  'BUILDKITE_REPO_MIRROR',
  'BUILDKITE_SHELL',
  'BUILDKITE_SOCKETS_PATH',
  'HOME',
  'PATH',
  'PWD',
  'SHELL',
  'TMPDIR',
  'USER',
]);

/** What hooks and plugins get is made anew in the pod. */
const madeAnew = /^BUILDKITE_(HOOK|PLUGIN)_/;

const required = ['BUILDKITE_JOB_ID', 'BUILDKITE_AGENT_ACCESS_TOKEN', 'BUILDKITE_AGENT_ENDPOINT'] as const;

/** This is not a job, or one whose variables cannot be had. The message says what to do. */
export class JobEnvironmentError extends OperatorError<'InvalidJobEnvironment'> {
  override readonly name = 'JobEnvironmentError';

  constructor(message: string, cause?: unknown) {
    super('InvalidJobEnvironment', message, { cause });
  }
}

export interface JobEnvironment {
  readonly jobId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names that no container can have. */
  readonly leftOut: readonly string[];
}

/**
 * The job's environment out of the process's own: what Buildkite gave the job (the agent lists it in `BUILDKITE_ENV_JSON_FILE`, with the values
 * that hooks have given since), every `BUILDKITE_` variable, `CI`, and those that are asked for by name; but nothing of the agent's machine.
 * Throws JobEnvironmentError.
 */
export async function jobEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  further: readonly string[],
): Promise<JobEnvironment> {
  const missing = required.filter(name => (own[name] ?? '') === '');
  if (missing.length > 0)
    throw new JobEnvironmentError(
      `${missing.join(', ')} not set: run this within a Buildkite job, as its command or from the agent's command hook`,
    );
  const unset = further.filter(name => own[name] === undefined);
  if (unset.length > 0) throw new JobEnvironmentError(`--env ${unset.join(', ')}: not set here`);
  const given = await variablesOfJob(own['BUILDKITE_ENV_JSON_FILE']);
  const ofTheJob = Object.keys(own).filter(name => name.startsWith('BUILDKITE_') || name === 'CI');
  const names = [...Object.keys(given), ...ofTheJob].filter(name => !ofTheMachine.has(name) && !madeAnew.test(name));
  const wanted = [...new Set([...names, ...further])].toSorted();
  const usable = wanted.filter(name => /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name));
  return {
    jobId: own['BUILDKITE_JOB_ID'] ?? '',
    variables: Object.fromEntries(usable.map(name => [name, own[name] ?? given[name] ?? ''])),
    leftOut: wanted.filter(name => !usable.includes(name)),
  };
}

async function variablesOfJob(file: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (file === undefined || file === '') return {};
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new JobEnvironmentError(`the job's variables cannot be read from BUILDKITE_ENV_JSON_FILE: ${errorMessage(error)}`, error);
  }
}
