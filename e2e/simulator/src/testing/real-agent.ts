import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import type { Simulator } from '../simulator.ts';

/** Path of the real buildkite-agent, built if need be. */
export async function findRealAgent(): Promise<string> {
  const folder = await ensureGoTools(goToolSets.agent);
  const [binary] = readdirSync(folder);
  if (binary === undefined) throw new Error(`${folder} is empty; remove it, and it is built again`);
  return join(folder, binary);
}

/** How an agent process ended. */
export interface AgentEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly output: string;
}

/** A running agent process. */
export interface AgentRun {
  readonly end: Promise<AgentEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** A folder with a git repository and the places that agents need; removed by `remove`, after every agent in it has ended. */
export class AgentYard {
  readonly directory: string;
  readonly repository: string;
  readonly #binary: string;
  readonly #running = new Set<AgentRun>();

  private constructor(directory: string, binary: string) {
    this.directory = directory;
    this.repository = join(directory, 'repository');
    this.#binary = binary;
  }

  static async create(): Promise<AgentYard> {
    const yard = new AgentYard(await mkdtemp(join(tmpdir(), 'agent-yard-')), await findRealAgent());
    await mkdir(yard.repository);
    // Scripts call it by its real name.
    await mkdir(join(yard.directory, 'bin'));
    await symlink(yard.#binary, join(yard.directory, 'bin', 'buildkite-agent'));
    await yard.git('init', '--quiet', '--initial-branch=main');
    await yard.git('commit', '--quiet', '--allow-empty', '--message=first');
    return yard;
  }

  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    const { stdout } = await execa('git', [...identity, ...args], { cwd: this.repository });
    return stdout;
  }

  /** Writes a file of the repository, without committing it. */
  async writeFile(path: string, content: string, mode = 0o644): Promise<void> {
    await mkdir(dirname(join(this.repository, path)), { recursive: true });
    await writeFile(join(this.repository, path), content, { mode });
  }

  /** Puts a program on the PATH of the agents that are started after it. */
  async addProgram(name: string, script: string): Promise<void> {
    await writeFile(join(this.directory, 'bin', name), script, { mode: 0o755 });
  }

  /** Gives the agents a hook of their own. */
  async addHook(name: string, script: string): Promise<void> {
    await mkdir(join(this.directory, 'hooks'), { recursive: true });
    await writeFile(join(this.directory, 'hooks', name), script, { mode: 0o755 });
  }

  /** Starts `buildkite-agent start` for one job, or with `jobId` undefined one that polls for work. */
  start(
    simulator: Pick<Simulator, 'url' | 'agentToken'>,
    jobId: string | undefined,
    env: Record<string, string> = {},
    args: readonly string[] = [],
  ): AgentRun {
    const acquire = jobId === undefined ? [] : ['--acquire-job', jobId];
    const child = execa(this.#binary, ['start', ...acquire, '--no-color', ...args], {
      cwd: this.directory,
      extendEnv: false,
      reject: false,
      all: true,
      env: {
        PATH: `${join(this.directory, 'bin')}:${process.env['PATH'] ?? ''}`,
        HOME: this.directory,
        BUILDKITE_AGENT_TOKEN: simulator.agentToken,
        BUILDKITE_AGENT_ENDPOINT: simulator.url,
        BUILDKITE_BUILD_PATH: join(this.directory, 'builds'),
        BUILDKITE_PLUGINS_PATH: join(this.directory, 'plugins'),
        BUILDKITE_SOCKETS_PATH: join(this.directory, 'sockets'),
        BUILDKITE_HOOKS_PATH: join(this.directory, 'hooks'),
        ...env,
      },
    });
    const run: AgentRun = {
      end: child.then(({ exitCode, signal, all }) => {
        this.#running.delete(run);
        return { exitCode, signal, output: all };
      }),
      kill: signal => child.kill(signal),
    };
    this.#running.add(run);
    return run;
  }

  /** Runs an agent for one job to its end. */
  run(simulator: Pick<Simulator, 'url' | 'agentToken'>, jobId: string, env: Record<string, string> = {}): Promise<AgentEnd> {
    return this.start(simulator, jobId, env).end;
  }

  /** Ends the agents that are left, e.g. by a test that failed. */
  async endAll(): Promise<void> {
    const runs = [...this.#running];
    for (const run of runs) run.kill('SIGKILL');
    await Promise.all(runs.map(({ end }) => end));
  }

  async remove(): Promise<void> {
    await this.endAll();
    await rm(this.directory, { recursive: true, force: true });
  }
}
