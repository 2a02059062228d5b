import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCgroupProblem } from './cgroup-problem.ts';

describe('the cgroups of a machine', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cgroups-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const mount = (...names: string[]) => {
    for (const name of names) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'cgroup.procs'), '');
    }
  };
  const all = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'];

  it('are fine in version 1, also with version 2 beside it', () => {
    mount(...all, 'systemd', 'unified');
    expect(findCgroupProblem(root)).toBeUndefined();
  });

  it('are refused in version 2, with the remedy', () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory');
    expect(findCgroupProblem(root)?.missing).toContain('version 1');
    expect(findCgroupProblem(root)?.remedy).toContain('unified_cgroup_hierarchy=false');
  });

  it('are refused when controllers are missing, which are named', () => {
    mount('cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'blkio');
    expect(findCgroupProblem(root)?.missing).toMatch(/: memory, pids$/);
  });
});
