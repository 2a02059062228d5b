import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cgroup } from './cgroups.ts';
import { ClusterError } from './cluster-error.ts';
import { identifyProcess, isRunning, killNow, type ProcessIdentity } from './process-table.ts';
import { waitUntil } from './wait-until.ts';

/** A program that goes on when the process that started it ends. */
export interface ProcessPlan {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
  readonly cgroup: Cgroup;
  /** File of the network namespace that it runs in. */
  readonly networkNamespace: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const identitySchema = z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() });

/** Enters the cgroups named before `--`, then becomes the program after it: the pid stays the same all the way. */
const enterAndBecome = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 125; shift; done; shift; exec "$@"';

/** Starts the processes of one cluster and finds them again, also from another process. */
export class ProcessRegistry {
  readonly #identities: string;
  readonly #logs: string;

  constructor(directory: string) {
    this.#identities = join(directory, 'processes');
    this.#logs = join(directory, 'logs');
  }

  logPath(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  /** Starts the program unless it runs. */
  async start(plan: ProcessPlan): Promise<void> {
    if (this.find(plan.name) !== undefined) return;
    mkdirSync(this.#identities, { recursive: true });
    mkdirSync(this.#logs, { recursive: true });
    const log = openSync(this.logPath(plan.name), 'a');
    try {
      const enter = ['-c', enterAndBecome, 'enter', ...plan.cgroup.entrances(), '--'];
      const child = spawn('sh', [...enter, 'nsenter', `--net=${plan.networkNamespace}`, plan.program, ...plan.parameters], {
        detached: true,
        stdio: ['ignore', log, log],
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...plan.environment },
      });
      child.unref();
      const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
      if (identity === undefined) throw new ClusterError('start-failed', `${plan.name} did not start\n${await this.logTail(plan.name)}`);
      await writeFile(this.#path(plan.name), JSON.stringify(identity));
    } finally {
      closeSync(log);
    }
  }

  /** The process of that name, if it runs. */
  find(name: string): ProcessIdentity | undefined {
    try {
      const identity = identitySchema.parse(JSON.parse(readFileSync(this.#path(name), 'utf8')));
      return isRunning(identity) ? identity : undefined;
    } catch {
      return undefined;
    }
  }

  /** SIGKILL, and waits until it is gone. A process that does not run is no error. */
  async kill(name: string): Promise<void> {
    const identity = this.find(name);
    if (identity !== undefined) {
      killNow(identity.pid);
      await waitUntil(async () => !isRunning(identity), { what: `${name} (pid ${identity.pid}) to end`, timeoutMs: 20_000, everyMs: 20 });
    }
    await rm(this.#path(name), { force: true });
  }

  /** The last lines it wrote, for an error message. */
  async logTail(name: string, lines = 15): Promise<string> {
    const text = await readFile(this.logPath(name), 'utf8').catch(() => '');
    return `last lines of ${this.logPath(name)}:\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`;
  }

  #path(name: string): string {
    return join(this.#identities, `${name}.json`);
  }
}
