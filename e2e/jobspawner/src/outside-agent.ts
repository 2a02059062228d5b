import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { type AgentRun, AgentYard } from '@buildkite-operator/e2e-simulator/testing/real-agent';
import type { CurrentTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { z } from 'zod';

const example = join(repositoryRoot, 'deploy/examples/outside-agent/rbac.yaml');

const kubeconfig = z.object({ clusters: z.tuple([z.object({ name: z.string(), cluster: z.record(z.string(), z.unknown()) })]) });

/** A job, and the agent that runs it. */
export interface OutsideRun {
  readonly job: JobView;
  readonly agent: AgentRun;
}

/** A machine outside of the cluster with a real agent, `bko` on its PATH, and a kubeconfig with no more rights than the example gives. */
export class OutsideMachine implements AsyncDisposable {
  readonly #testbed: CurrentTestbed;
  readonly #yard: AgentYard;
  readonly #account: ClusterAccount;

  private constructor(testbed: CurrentTestbed, yard: AgentYard, account: ClusterAccount) {
    this.#testbed = testbed;
    this.#yard = yard;
    this.#account = account;
  }

  static async create(testbed: CurrentTestbed): Promise<OutsideMachine> {
    const yard = await AgentYard.create();
    const bko = join(repositoryRoot, 'services/bko/src/main.ts');
    await yard.addProgram('bko', `#!/bin/sh\nexec '${process.execPath}' '${bko}' "$@"\n`);
    const account = await makeAccount(testbed);
    await mkdir(join(yard.directory, '.kube'));
    await writeFile(join(yard.directory, '.kube/config'), account.kubeconfig, { mode: 0o600 });
    return new OutsideMachine(testbed, yard, account);
  }

  /** Path of the home folder. */
  get home(): string {
    return this.#yard.directory;
  }

  /** A file of this machine, by its name in the home folder; gives its path. */
  async writeFile(name: string, content: string): Promise<string> {
    const path = join(this.#yard.directory, name);
    await writeFile(path, content);
    return path;
  }

  addHook(name: string, script: string): Promise<void> {
    return this.#yard.addHook(name, script);
  }

  /** A job of a queue that the operator does not follow, and the agent of this machine that has come for it. */
  async start(command: string, repository: string): Promise<OutsideRun> {
    const { agentEndpoint, agentToken } = this.#testbed.session.info;
    const job = await this.#testbed.createJob(command, { commit: 'HEAD', repository });
    const env = {
      BUILDKITE_SHELL: '/bin/sh -ec',
      BUILDKITE_AGENT_NAME: `outside-${job.id}`,
    };
    return { job, agent: this.#yard.start({ url: agentEndpoint, agentToken }, job.id, env) };
  }

  /** Kills every agent with all that it runs, as when the machine loses its power. */
  async cutPower(): Promise<void> {
    for (const pid of await processesAt(this.#yard.directory)) kill(pid);
    await this.#yard.endAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower();
    await this.#yard.remove();
    await this.#account.remove();
  }
}

/** The processes whose home is this folder. */
async function processesAt(home: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
  const homes = await Promise.all(pids.map(async pid => ({ pid, variables: (await environmentOf(pid)).split('\0') })));
  return homes.filter(({ variables }) => variables.includes(`HOME=${home}`)).map(({ pid }) => pid);
}

/** Empty where the process is gone. */
function environmentOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface ClusterAccount {
  readonly kubeconfig: string;
  remove(): Promise<void>;
}

/** A copy of the example's account in the operator's job namespace. */
async function makeAccount({ session: { kubectl, info } }: CurrentTestbed): Promise<ClusterAccount> {
  const name = `outside-agent-${randomUUID().slice(0, 8)}`;
  const objects = (await readFile(example, 'utf8')).replaceAll('name: outside-agent', `name: ${name}`);
  const namespace = ['--namespace', info.namespace];
  await kubectl(['apply', ...namespace, '-f', '-'], { input: objects });
  const token = (await kubectl(['create', 'token', name, ...namespace])).trim();
  const [{ cluster }] = kubeconfig.parse(JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '--output=json']))).clusters;
  return {
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'cluster', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'context', context: { cluster: 'cluster', user: name, namespace: info.namespace } }],
      'current-context': 'context',
    }),
    remove: async () => void (await kubectl(['delete', ...namespace, '-f', '-'], { input: objects })),
  };
}
