import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killNow } from './process-table.ts';
import { waitUntil } from './wait-until.ts';

const root = '/sys/fs/cgroup';

/**
 * A folder of processes in every cgroup hierarchy. Membership is inherited and cannot be lost by a fork, so this
 * finds every process of a cluster, also one whose pid was never written down.
 */
export class Cgroup {
  /** As the kubelet wants it, e.g. `/bkop-1a2b3c4d/node-1`. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  create(): void {
    for (const hierarchy of hierarchies()) {
      let folder = hierarchy;
      for (const part of this.path.split('/').filter(Boolean)) {
        const parent = folder;
        folder = join(folder, part);
        if (!existsSync(folder)) createChild(parent, folder);
      }
    }
  }

  /** The files that a process writes its pid to in order to become a member. */
  entrances(): string[] {
    return this.#folders().map(folder => join(folder, 'cgroup.procs'));
  }

  /** Everything in this group and below it. */
  processes(): number[] {
    return [...new Set(this.#folders().flatMap(subtree).flatMap(members))];
  }

  /** Kills every member until there is none, then removes the group and all below it. */
  async destroy(): Promise<void> {
    await waitUntil(
      async () => {
        const left = this.processes();
        for (const pid of left) killNow(pid);
        return left.length === 0;
      },
      { what: `the processes in ${this.path} to end`, timeoutMs: 30_000, everyMs: 30, explain: () => this.processes().join(' ') },
    );
    await waitUntil(async () => this.#removeFolders(), {
      what: `cgroup ${this.path} to be removed`,
      timeoutMs: 10_000,
      everyMs: 30,
    });
  }

  #removeFolders(): boolean {
    for (const folder of this.#folders().flatMap(subtree).toReversed()) {
      try {
        rmdirSync(folder);
      } catch {
        // Its last process is a zombie for another moment, or the folder is gone already.
      }
    }
    return this.#folders().length === 0;
  }

  #folders(): string[] {
    return hierarchies()
      .map(hierarchy => join(hierarchy, this.path))
      .filter(folder => existsSync(folder));
  }
}

/** A new cpuset is empty, and no process can enter it before it has processors and memory. */
function createChild(parent: string, folder: string): void {
  mkdirSync(folder);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(parent, file))) writeFileSync(join(folder, file), readFileSync(join(parent, file)));
  }
}

/** Every mounted hierarchy, also systemd's and the one of version 2, in which runc makes folders as well; some are mere links to another, e.g. cpu to cpu,cpuacct. */
function hierarchies(): string[] {
  const seen = new Set<number>();
  return readdirSync(root)
    .map(name => join(root, name))
    .filter(folder => {
      if (!existsSync(join(folder, 'cgroup.procs'))) return false;
      const device = statSync(folder).dev;
      return !seen.has(device) && seen.add(device) !== undefined;
    });
}

/** The folder and all below it, parents first. */
function subtree(folder: string): string[] {
  try {
    const children = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory());
    return [folder, ...children.flatMap(child => subtree(join(folder, child.name)))];
  } catch {
    return [];
  }
}

function members(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
