import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import { findCgroupProblem } from './cgroup-problem.ts';
import { cacheDirectory } from './paths.ts';

/** A reason why this machine cannot run the local cluster, with its remedy. */
export interface SystemProblem {
  readonly missing: string;
  readonly remedy: string;
}

const neededGiB = 12;

/** Everything that a local cluster needs of the machine and that our scripts cannot install by themselves. */
export async function findSystemProblems(): Promise<SystemProblem[]> {
  const problems: SystemProblem[] = [];
  if (process.platform !== 'linux') {
    problems.push({
      missing: `Linux (this is ${process.platform})`,
      remedy: 'use a Debian 12 machine, or an existing cluster: pnpm demo --context NAME',
    });
    return problems;
  }
  if (!isDebian())
    problems.push({
      missing: 'Debian 12 with apt-get',
      remedy: 'use a Debian 12 machine or container, or an existing cluster: pnpm demo --context NAME',
    });
  if (process.getuid?.() !== 0)
    problems.push({
      missing: 'root',
      remedy: 'run as root (namespaces, cgroups and routes are set up), or use an existing cluster: pnpm demo --context NAME',
    });
  const go = await execa('go', ['version'], { reject: false });
  const version = /go(\d+)\.(\d+)/.exec(go.stdout ?? '');
  if (version === null) problems.push({ missing: 'Go 1.26 or newer', remedy: 'install Go and put it on the PATH' });
  else if (Number(version[1]) === 1 && Number(version[2]) < 26)
    problems.push({ missing: `Go 1.26 or newer (found ${version[0]})`, remedy: 'install a newer Go' });
  const cgroups = findCgroupProblem();
  if (cgroups !== undefined) problems.push(cgroups);
  const free = await freeGiB();
  if (free < neededGiB)
    problems.push({
      missing: `${neededGiB} GiB free disk for the cache (found ${free.toFixed(1)})`,
      remedy: 'free some, or set BUILDKITE_OPERATOR_CACHE to a folder on a larger disk',
    });
  return problems;
}

/** Throws one error that lists every problem with its remedy; returns where there is none. */
export async function requireLocalClusterSystem(): Promise<void> {
  const problems = await findSystemProblems();
  if (problems.length === 0) return;
  const lines = problems.map(({ missing, remedy }) => `  - missing: ${missing}\n    remedy:  ${remedy}`);
  throw new Error(`this machine cannot run the local cluster:\n${lines.join('\n')}`);
}

function isDebian(): boolean {
  return (
    existsSync('/usr/bin/apt-get') &&
    existsSync('/etc/os-release') &&
    /^(ID|ID_LIKE)=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

async function freeGiB(): Promise<number> {
  await mkdir(cacheDirectory(), { recursive: true });
  const { bavail, bsize } = statfsSync(cacheDirectory());
  return (bavail * bsize) / 2 ** 30;
}
