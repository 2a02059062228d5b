import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemProblem } from './system.ts';

const controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'];

/** Why the nodes of a local cluster could not use the cgroups of this machine; undefined when they can. */
export function findCgroupProblem(root = '/sys/fs/cgroup'): SystemProblem | undefined {
  if (existsSync(join(root, 'cgroup.controllers')))
    return {
      missing: 'cgroup version 1 (this machine has version 2 only)',
      remedy: 'boot with systemd.unified_cgroup_hierarchy=false, or use an existing cluster: pnpm demo --context NAME',
    };
  const missing = controllers.filter(name => !existsSync(join(root, name, 'cgroup.procs')));
  if (missing.length === 0) return undefined;
  return {
    missing: `cgroup controllers under ${root}: ${missing.join(', ')}`,
    remedy: `mount them (mkdir ${root}/NAME; mount -t cgroup -o NAME cgroup ${root}/NAME), or run on the host instead of an unprivileged container`,
  };
}
