import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { withLock } from './lock.ts';
import { cacheDirectory, repositoryRoot } from './paths.ts';
import { type Step, step } from './progress.ts';

/** A go.mod whose `tool` lines are built into one folder of binaries. */
export interface GoToolSet {
  readonly name: string;
  /** Folder of the go.mod, relative to the repository. */
  readonly directory: string;
  /** Further folders whose Go sources go into the build, e.g. the target of a `replace`. */
  readonly sources?: readonly string[];
  readonly ldflags?: string;
}

const kubernetesVersion = 'v1.35.4';

/** Everything that is built from Go source, by what it is for. */
export const goToolSets = {
  kubernetes: {
    name: 'kubernetes',
    directory: 'e2e/cluster/tools/kubernetes',
    ldflags: `-s -w -X k8s.io/component-base/version.gitVersion=${kubernetesVersion} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35`,
  },
  coredns: { name: 'coredns', directory: 'e2e/cluster/tools/coredns', ldflags: '-s -w' },
  pause: { name: 'pause', directory: 'e2e/cluster/tools/pause', ldflags: '-s -w' },
  registry: { name: 'registry', directory: 'e2e/cluster/tools/registry', ldflags: '-s -w' },
  agent: { name: 'agent', directory: 'services/agent/buildkite-agent', sources: ['services/agent/zzglob'], ldflags: '-s -w' },
  environmentFilter: { name: 'environment-filter', directory: 'services/agent/environment-filter', ldflags: '-s -w' },
} as const satisfies Record<string, GoToolSet>;

/**
 * Builds the set if the cache does not hold it yet, and returns the folder with its binaries.
 * The cache key is the content of go.mod, go.sum and the named sources.
 */
export async function ensureGoTools(set: GoToolSet): Promise<string> {
  const target = join(cacheDirectory(), 'go-tools', `${set.name}-${cacheKey(set)}`);
  if (existsSync(target)) return target;
  await withLock(join(cacheDirectory(), 'locks', `go-tools-${set.name}`), async () => {
    if (!existsSync(target)) await step(`Build ${set.name} from Go source`, running => build(set, target, running));
  });
  return target;
}

function cacheKey(set: GoToolSet): string {
  const hash = createHash('sha256').update(set.ldflags ?? '');
  const files = [set.directory, ...(set.sources ?? [])].flatMap(folder => globSync(`${folder}/*.{mod,sum,go}`, { cwd: repositoryRoot }));
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(repositoryRoot, file)));
  return hash.digest('hex').slice(0, 16);
}

async function build(set: GoToolSet, target: string, { logPath, progress }: Step): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true });
  // Whoever holds the lock builds alone: these are of a build that was killed.
  for (const left of globSync(`${target}.building-*`)) rmSync(left, { recursive: true, force: true });
  const scratch = mkdtempSync(`${target}.building-`);
  // By path, since a stream that is given beside 'pipe' is ended with its first process.
  const log = { file: logPath, append: true } as const;
  const options = {
    cwd: join(repositoryRoot, set.directory),
    env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'auto', GOFLAGS: '-buildvcs=false' },
  } as const;
  try {
    progress('loading modules');
    const { stdout } = await execa('go', ['list', '-deps', 'tool'], { ...options, stderr: [log, 'pipe'] });
    const total = stdout.split('\n').length;
    const [program, ...guard] = dyingWithUs('go');
    const child = execa(program, [...guard, 'build', '-v', '-trimpath', '-ldflags', set.ldflags ?? '', '-o', `${scratch}/`, 'tool'], {
      ...options,
      stdout: log,
      stderr: [log, 'pipe'],
    });
    let compiled = 0;
    createInterface({ input: child.stderr }).on('line', () => progress(`${(compiled += 1)} of at most ${total} packages`));
    await child;
    renameSync(scratch, target);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

/** A compilation of minutes must not go on when whoever waits for it is killed. */
function dyingWithUs(program: string): [string, ...string[]] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'TERM', program] : [program];
}
