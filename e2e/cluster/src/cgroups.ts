import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterError } from './cluster-error.ts';
import { killNow } from './process-table.ts';
import { waitUntil } from './wait-until.ts';

const root = '/sys/fs/cgroup';
const needed = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'];

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

/** Throws `unsupported` where the cgroups are not laid out as the nodes need them. */
export function requireCgroupV1(): void {
  if (existsSync(join(root, 'cgroup.controllers')))
    throw new ClusterError(
      'unsupported',
      'this machine has cgroup v2 only, and the local cluster needs version 1 (also beside version 2, as systemd calls "hybrid"): ' +
        'boot with systemd.unified_cgroup_hierarchy=false, or use an existing cluster: pnpm demo --context NAME',
    );
  const missing = needed.filter(controller => !existsSync(join(root, controller, 'cgroup.procs')));
  if (missing.length > 0)
    throw new ClusterError(
      'unsupported',
      `cgroup controllers are not mounted under ${root}: ${missing.join(', ')}; mount them (mount -t cgroup -o NAME cgroup ${root}/NAME), ` +
        'or use an existing cluster: pnpm demo --context NAME',
    );
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
