import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import type { JobView } from '../control-api/contract.ts';
import type { Simulator } from '../simulator.ts';
import { type AgentRun, type AgentYard, findRealAgent } from './real-agent.ts';

/** How a client process ended: its code, or the signal that it died of. */
export type ClientEnd = number | string | undefined;

/** A process in the place of a container. */
export interface Client {
  readonly end: Promise<ClientEnd>;
  readonly output: () => string;
  /** To the first process, as Kubernetes does. */
  kill(signal: NodeJS.Signals): void;
  /** Takes the whole container away. */
  destroy(): void;
}

/** The processes of a pod that runs a job by the agent's kubernetes-exec protocol, on a folder in the place of its volume. */
export interface AgentPod {
  readonly directory: string;
  readonly agent: AgentRun;
  readonly checkout: Client;
  readonly command: Client;
}

export interface AgentPodOptions {
  /** Whether the clients run under the environment filter. */
  readonly filtered: boolean;
  /** Where the job's command is a script in a file, as for a long one. */
  readonly script?: string;
}

/** Starts an agent for the job, and its two clients. */
export async function startAgentPod(
  yard: AgentYard,
  simulator: Pick<Simulator, 'url' | 'agentToken'>,
  job: Pick<JobView, 'id'> & { readonly command?: string | undefined },
  { filtered, script }: AgentPodOptions,
): Promise<AgentPod> {
  const directory = await mkdtemp(join(yard.directory, 'pod-'));
  const folder = (name: string) => join(directory, name);
  for (const name of ['build', 'hooks', 'plugins', 'sockets']) await mkdir(folder(name));
  if (script !== undefined) await writeFile(folder('command'), script);
  const program = await findRealAgent();
  const filter = filtered ? [join(await ensureGoTools(goToolSets.environmentFilter), 'environment-filter')] : [];
  const agent = yard.start(simulator, job.id, {
    BUILDKITE_KUBERNETES_EXEC: 'true',
    BUILDKITE_CONTAINER_COUNT: '2',
    BUILDKITE_JOB_CONTEXT_DIR: directory,
    BUILDKITE_BUILD_PATH: folder('build'),
    BUILDKITE_HOOKS_PATH: folder('hooks'),
    BUILDKITE_PLUGINS_PATH: folder('plugins'),
    BUILDKITE_SOCKETS_PATH: folder('sockets/agent'),
    BUILDKITE_SHELL: '/bin/sh -ec',
    BUILDKITE_CANCEL_GRACE_PERIOD: '10',
    BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS: '5',
  });
  const client = (name: string, env: Record<string, string>) =>
    startClient([...filter, program, 'kubernetes-bootstrap'], directory, {
      PATH: process.env['PATH'] ?? '',
      HOME: yard.directory,
      BUILDKITE_JOB_CONTEXT_DIR: directory,
      BUILDKITE_SOCKETS_PATH: folder(`sockets/${name}`),
      BUILDKITE_KUBERNETES_BOOTSTRAP_CONNECTION_TIMEOUT: '60s',
      ...env,
    });
  return {
    directory,
    agent,
    checkout: client('checkout', { BUILDKITE_CONTAINER_ID: '0', BUILDKITE_BOOTSTRAP_PHASES: 'plugin,checkout' }),
    command: client('container-0', {
      BUILDKITE_CONTAINER_ID: '1',
      BUILDKITE_BOOTSTRAP_PHASES: 'plugin,command',
      BUILDKITE_COMMAND: script === undefined ? (job.command ?? '') : `. ${folder('command')}`,
    }),
  };
}

/** Ends what is left of it. */
export async function removeAgentPod({ agent, checkout, command }: AgentPod): Promise<void> {
  agent.kill('SIGKILL');
  for (const client of [checkout, command]) client.destroy();
  await Promise.all([agent.end, checkout.end, command.end]);
}

function startClient([program = '', ...args]: readonly string[], cwd: string, env: Record<string, string>): Client {
  const child = execa(program, args, { cwd, env, extendEnv: false, reject: false, all: true });
  let output = '';
  child.all.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    end: child.then(({ exitCode, signal }) => exitCode ?? signal),
    output: () => output,
    kill: signal => child.kill(signal),
    destroy: () => {
      for (const pid of processesWith(`BUILDKITE_SOCKETS_PATH=${env['BUILDKITE_SOCKETS_PATH']}`)) kill(pid);
    },
  };
}

/** The processes of a container are those that it gave this variable; some have a session of their own. */
function processesWith(variable: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      return false;
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or with another of them.
  }
}
